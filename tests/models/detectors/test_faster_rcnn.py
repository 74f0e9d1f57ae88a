import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from official.vision.ops.box_ops import encode_boxes

from pipeline.models.backbones.registry import build_backbone
from pipeline.models.detectors.faster_rcnn import IGNORED, FasterRcnn
from pipeline.ops.boxes import pairwise_iou
from pipeline.ops.matching import BOX_CODE_WEIGHTS
from pipeline.ops.nms import Suppression
from pipeline.ops.truth import Truth, concatenate_objects, select_objects
from pipeline.params import detectors as sections
from tests.support.detectors import SCENE, SMALL_FASTER_RCNN, assert_finds_scene, batch_of, batch_of_one

IMAGE = tf.constant(np.random.default_rng(0).uniform(0, 255, (1, 128, 128, 3)).astype(np.float32))


@pytest.fixture(scope="module")
def faster_rcnn() -> FasterRcnn:
    tf_keras.utils.set_random_seed(0)
    return FasterRcnn(
        build_backbone("mobilenet", 0.25), sections.FasterRcnn(**SMALL_FASTER_RCNN), classes=3, image_size=128
    )


def test_the_second_stage_sees_sampled_proposals_in_training_and_all_after(faster_rcnn: FasterRcnn) -> None:
    training = faster_rcnn.forward(IMAGE, batch_of_one(faster_rcnn.encode(SCENE)), training=True)
    after = faster_rcnn.network(IMAGE, training=False)
    assert training["class_logits"].shape == (1, 32, 4)
    assert training["roi_classes"].shape == (1, 32)
    assert after["class_logits"].shape == (1, 50, 4)
    assert after["box_codes"].shape == (1, 50, 16)


def test_sampled_regions_are_labelled_by_what_they_overlap(faster_rcnn: FasterRcnn) -> None:
    outputs = faster_rcnn.forward(IMAGE, batch_of_one(faster_rcnn.encode(SCENE)), training=False)
    overlap = pairwise_iou(outputs["rois"][0] / 128.0, SCENE.boxes).numpy()
    classes = outputs["roi_classes"][0].numpy()
    assert {1, 2} <= set(classes)  # the truth is among the proposals
    for row, label in zip(overlap, classes, strict=True):
        expected = SCENE.labels.numpy()[row.argmax()] if row.max() >= 0.5 else 0
        assert label == expected


def test_perfect_second_stage_decodes_to_the_truth(faster_rcnn: FasterRcnn) -> None:
    rois = tf.constant([[[10.0, 16.0, 60.0, 50.0], [60.0, 60.0, 125.0, 110.0], [0.0, 90.0, 20.0, 120.0]]])
    truth = tf.concat([SCENE.boxes * 128.0, rois[0, 2:]], axis=0)[None]
    codes = encode_boxes(truth, rois, BOX_CODE_WEIGHTS)
    classes = tf.constant([[2, 1, 0]])
    outputs = {
        "rois": rois,
        "class_logits": 20.0 * tf.one_hot(classes, 4),
        "box_codes": tf.reshape(tf.tile(codes[:, :, None], [1, 1, 4, 1]), [1, 3, 16]),
    }
    found = faster_rcnn.decode(outputs, Suppression(0.5, 0.45, 10))
    assert_finds_scene(found)


def test_ignored_truth_counts_neither_way(faster_rcnn: FasterRcnn) -> None:
    scene = SCENE._replace(ignored=tf.constant([True, False]))
    targets = faster_rcnn.encode(scene)
    assert targets.truth.classes.numpy().tolist() == [IGNORED, 1]
    for level, scores in targets.rpn_scores.items():
        overlap = pairwise_iou(
            tf.reshape(faster_rcnn.network.anchors[level], [-1, 4]) / 128.0, SCENE.boxes[:1]
        )
        on_ignored = tf.reshape(overlap >= 0.3, scores.shape).numpy()
        assert not (scores.numpy()[on_ignored] == 0).any()
    outputs = faster_rcnn.forward(IMAGE, batch_of_one(targets), training=False)
    classes = outputs["roi_classes"][0].numpy()
    assert IGNORED in classes
    wrong = outputs | {"class_logits": outputs["class_logits"] + 50.0 * (classes == IGNORED)[None, :, None]}
    loss, same = (faster_rcnn.loss(each, batch_of_one(targets))["class_loss"] for each in (outputs, wrong))
    np.testing.assert_allclose(loss, same, rtol=1e-5)


def test_an_image_without_objects_is_all_background(faster_rcnn: FasterRcnn) -> None:
    targets = batch_of_one(faster_rcnn.encode(select_objects(SCENE, tf.zeros([0], tf.int64))))
    outputs = faster_rcnn.forward(IMAGE, targets, training=True)
    assert not outputs["roi_classes"].numpy().any()
    losses = faster_rcnn.loss(outputs, targets)
    assert all(np.isfinite(float(loss)) for loss in losses.values())
    assert float(losses["box_loss"]) == float(losses["rpn_box_loss"]) == 0.0


def test_all_objects_of_an_image_are_kept(faster_rcnn: FasterRcnn) -> None:
    many = concatenate_objects([SCENE] * 100)
    assert faster_rcnn.encode(many).truth.boxes.shape == (200, 4)


def test_the_padding_of_a_batch_is_no_object(faster_rcnn: FasterRcnn) -> None:
    one = faster_rcnn.encode(select_objects(SCENE, tf.constant([0], tf.int64)))
    many = faster_rcnn.encode(concatenate_objects([SCENE] * 50))
    images = tf.tile(IMAGE, [2, 1, 1, 1])
    padded = faster_rcnn.forward(images, batch_of(one, many), training=False)
    regions = zip(padded["roi_truth"][0].numpy(), padded["roi_classes"][0].numpy(), strict=True)
    assert {(-1, 0), (0, int(SCENE.labels[0]))} == {(int(truth), int(label)) for truth, label in regions}


def test_encoding_in_tf_data_leaves_only_the_number_of_objects_open(faster_rcnn: FasterRcnn) -> None:
    some = tf.data.Dataset.from_tensors(SCENE).map(
        lambda truth: select_objects(truth, tf.where(truth.labels > 1)[:, 0])
    )
    spec = some.map(faster_rcnn.encode).element_spec
    assert all(part.shape.is_fully_defined() for part in tf.nest.flatten((spec.rpn_scores, spec.rpn_codes)))
    assert spec.truth.boxes.shape.as_list() == [None, 4] and spec.truth.classes.shape.as_list() == [None]


def labelled(detector: FasterRcnn) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels of all anchors, and each one's greatest IoU with a true box."""
    labels = detector.encode(SCENE).rpn_scores
    overlaps = [
        pairwise_iou(tf.reshape(detector.network.anchors[level], [-1, 4]) / 128.0, SCENE.boxes)
        for level in labels
    ]
    flat = np.concatenate([np.ravel(scores) for scores in labels.values()])
    return flat, tf.reduce_max(tf.concat(overlaps, axis=0), axis=1).numpy()


@pytest.mark.parametrize(("match_iou", "unmatched_iou", "sampled"), [(0.7, 0.3, 256), (0.4, 0.2, 64)])
def test_anchors_are_labelled_by_the_parameters(match_iou: float, unmatched_iou: float, sampled: int) -> None:
    changes = {"match_iou": match_iou, "unmatched_iou": unmatched_iou, "sampled_anchors": sampled}
    backbone = build_backbone("mobilenet", 0.25)
    detector = FasterRcnn(
        backbone, sections.FasterRcnn(**SMALL_FASTER_RCNN | changes), classes=3, image_size=128
    )
    labels, overlaps = labelled(detector)
    assert (labels >= 0).sum() == sampled and 0 < (labels == 1).sum() <= sampled / 2
    assert (overlaps[labels == 0] < unmatched_iou).all()
    positive = np.sort(overlaps[labels == 1])
    assert (positive >= match_iou).sum() >= len(positive) - len(
        SCENE.labels
    )  # but for an object's best anchor


def test_regions_are_labelled_and_sampled_by_the_parameters() -> None:
    tf_keras.utils.set_random_seed(3)
    changes = {"roi_match_iou": 0.2, "roi_foreground": 0.1}
    backbone = build_backbone("mobilenet", 0.25)
    detector = FasterRcnn(
        backbone, sections.FasterRcnn(**SMALL_FASTER_RCNN | changes), classes=3, image_size=128
    )
    outputs = detector.forward(IMAGE, batch_of_one(detector.encode(SCENE)), training=False)
    overlap = pairwise_iou(outputs["rois"][0] / 128.0, SCENE.boxes).numpy().max(axis=1)
    found = outputs["roi_classes"][0].numpy() > 0
    assert (overlap[found] >= 0.2).all() and (overlap[~found] < 0.2).all()
    assert found.sum() == 3  # a tenth of 32


@pytest.mark.parametrize(
    "changes",
    [
        {"roi_foreground": 0.01},
        {"sampled_rois": 3},
        {"sampled_anchors": 1},
        {"sampled_rois": 150, "proposals": 20},
    ],
)
def test_samples_of_any_size_train(changes: dict) -> None:
    backbone = build_backbone("mobilenet", 0.25)
    detector = FasterRcnn(
        backbone, sections.FasterRcnn(**SMALL_FASTER_RCNN | changes), classes=3, image_size=128
    )
    targets = batch_of_one(detector.encode(SCENE))
    outputs = detector.forward(IMAGE, targets, training=True)
    assert outputs["roi_classes"].shape[1] <= changes.get("sampled_rois", 32)
    assert all(np.isfinite(float(loss)) for loss in detector.loss(outputs, targets).values())


def test_samples_depend_on_the_seed(faster_rcnn: FasterRcnn) -> None:
    """Without a seed the draws are those of a seed of zeros."""

    def samples(truth: Truth) -> bytes:
        targets = faster_rcnn.encode(truth)
        return b"".join(scores.numpy().tobytes() for scores in targets.rpn_scores.values())

    zeros, other = (SCENE._replace(seed=tf.constant(seed)) for seed in ([0, 0], [1, 2]))
    assert samples(SCENE) == samples(zeros) != samples(other)
    assert (faster_rcnn.encode(zeros).truth.seed != faster_rcnn.encode(other).truth.seed).numpy().any()
