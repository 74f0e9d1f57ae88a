"""Every detector on every kind of backbone learns eight images by heart, and what is exported finds the same."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import tf_keras

from pipeline.evaluation.coco_scores import coco_evaluation, coco_scores
from pipeline.models.detectors.base import Detector
from pipeline.models.detectors.mask_rcnn import MaskRcnn
from pipeline.models.detectors.registry import ARCHITECTURES, build_detector
from pipeline.models.weights.config import DetectorConfig
from pipeline.ops.nms import Suppression
from pipeline.ops.truth import Truth
from pipeline.serving.detector import DetectorService
from pipeline.serving.saved_model import load, save
from pipeline.training.callbacks import StopOnBadLoss
from pipeline.training.learner import Learner
from pipeline.training.optimizers import adamw
from pipeline.training.precision import computing_in
from pipeline.training.schedules import cosine_schedule
from tests.support.detectors import batch_of, config_of
from tests.support.truths import found, truth_of

SIZE = 128
COLOURS = np.array([[220, 40, 40], [40, 200, 60], [40, 60, 220]], np.uint8)
CLASSES = ["red", "green", "blue"]
SUPPRESSION = Suppression(0.05, 0.45, 20)
MOST_STEPS = 240


def config(architecture: str, backbone: str, **changes: Any) -> DetectorConfig:
    scale = {"min_scale": 0.4} if architecture == "ssd" else {}
    return config_of(architecture, backbone, classes=tuple(CLASSES), image_size=SIZE, **scale, **changes)


QUICK = [config("ssd", "mobilenet")]
SLOW = [
    *[
        config(architecture, backbone)
        for architecture in ARCHITECTURES
        for backbone in ("resnet18", "resnet50", "inception_v3", "vgg16", "mobilenet")
    ],
    config("ssd", "mobilenet", variant="lite"),
    config("ssd", "vgg16", variant="vgg"),
]


def name_of(config: DetectorConfig) -> str:
    variant = config.ssd.variant if config.ssd else ""
    return "-".join(filter(None, [config.architecture, variant, config.backbone]))


CASES = [pytest.param(case, id=name_of(case)) for case in QUICK] + [
    pytest.param(case, id=name_of(case), marks=pytest.mark.slow) for case in SLOW if case not in QUICK
]


def scenes(count: int = 8) -> tuple[np.ndarray, list[Truth]]:
    """Draw pictures of one rectangle on the left and often one on the right, and give their ground truth."""
    rng = np.random.default_rng(3)
    images = rng.integers(118, 138, (count, SIZE, SIZE, 3), dtype=np.uint8)
    truths = []
    for index, image in enumerate(images):
        boxes, labels = [], []
        for slot in range(1 + index % 2):
            height, width = rng.integers(36, 60, 2)
            top, left = rng.integers(2, SIZE - height - 2), slot * SIZE // 2 + rng.integers(2, 62 - width)
            labels.append((index + slot) % len(CLASSES) + 1)
            boxes.append([top, left, top + height, left + width])
            image[top : top + height, left : left + width] = COLOURS[labels[-1] - 1]
        truths.append(
            Truth(
                boxes=tf.constant(np.array(boxes, np.float32) / SIZE),
                labels=tf.constant(labels),
                ignored=tf.zeros(len(boxes), tf.bool),
                masks=tf.ones([len(boxes), MaskRcnn.mask_crop, MaskRcnn.mask_crop]),
                has_mask=tf.ones(len(boxes), tf.bool),
                keypoints=corners(np.array(boxes, np.float32) / SIZE),
            )
        )
    return images, truths


def corners(boxes: np.ndarray) -> tf.Tensor:
    """Return the upper left and the lower right corner of boxes as visible keypoints, float32 [G, 2, 3]."""
    places = boxes.reshape(-1, 2, 2)
    return tf.constant(np.concatenate([places, np.full((*places.shape[:2], 1), 2.0)], axis=-1), tf.float32)


def learn_by_heart(detector: Detector, images: np.ndarray, truths: list[Truth]) -> None:
    """Train on all of the images at once, until each object is found or the steps run out."""
    targets = batch_of(*(detector.encode(truth) for truth in truths))
    steps = tf.data.Dataset.from_tensors((tf.constant(images, tf.float32), targets))
    # without BatchNorm, longer steps leave seven of ten channels of a VGG without a positive value within 15 steps
    rate = 3e-4 if detector.backbone.name.startswith("vgg") else 2e-3
    learner = Learner(detector.network, detector.loss, forward=detector.forward, clip_norm=10.0)
    schedule = cosine_schedule(rate, MOST_STEPS, warmup_steps=10)
    learner.compile_groups([(adamw(schedule, 1e-4), detector.network.trainable_variables)])
    for _ in range(0, MOST_STEPS, 20):
        learner.fit(steps.repeat(20), verbose=0, callbacks=[StopOnBadLoss("set a lower rate")])
        detections = detect(detector, images)
        if ap50(detections, truths) >= 0.99 and filled(detections) > 0.85:
            break


def detect(detector: Detector, images: np.ndarray) -> dict[str, np.ndarray]:
    """Run the network and its decoder in this process; boxes are normalised."""
    outputs = detector.network(tf.constant(images, tf.float32), training=False)
    return {name: value.numpy() for name, value in detector.decode(outputs, SUPPRESSION).items()}


def ap50(detections: dict[str, np.ndarray], truths: list[Truth]) -> float:
    """Score detections, in normalised coordinates, with the project's scorer."""
    boxes = [
        {"image_id": i, "label": int(label), **dict(zip(("ymin", "xmin", "ymax", "xmax"), box, strict=True))}
        for i, truth in enumerate(truths, start=1)
        for box, label in zip((truth.boxes * SIZE).numpy().tolist(), truth.labels, strict=True)
    ]
    rows = []
    for i in range(len(truths)):
        for k in range(detections["num_detections"][i]):
            y_min, x_min, y_max, x_max = detections["boxes"][i, k] * SIZE
            place = (x_min, y_min, x_max - x_min, y_max - y_min)
            rows.append((i + 1, detections["classes"][i, k], *place, detections["scores"][i, k]))
    if not rows:
        return 0.0
    table: pd.DataFrame = found(*rows)
    score = coco_scores(coco_evaluation(truth_of(boxes, len(truths), len(CLASSES)), table))["AP50"]
    assert score is not None
    return score


def filled(detections: dict[str, np.ndarray]) -> float:
    """Give the mean of the masks of what is surely found, 1 where they are right: a rectangle fills its box."""
    if "masks" not in detections:
        return 1.0
    sure = detections["scores"] >= 0.5
    return float(detections["masks"][sure].mean()) if sure.any() else 0.0


@pytest.mark.parametrize("case", CASES)
def test_it_learns_eight_images_by_heart_and_its_export_finds_the_same(
    case: DetectorConfig, tmp_path: Path
) -> None:
    tf_keras.backend.clear_session()
    tf_keras.utils.set_random_seed(1)
    images, truths = scenes()
    detector = build_detector(case)
    if detector.objects_per_image == 1:
        images, truths = images[::2], truths[::2]  # these have one object each
    learn_by_heart(detector, images, truths)
    expected = detect(detector, images)
    assert ap50(expected, truths) >= 0.95

    save(DetectorService(detector, CLASSES, SIZE, SUPPRESSION), tmp_path / "detector")
    served = load(tmp_path / "detector").signatures["from_tensor"](tf.constant(images))
    np.testing.assert_array_equal(served["num_detections"], expected["num_detections"])
    np.testing.assert_array_equal(served["classes"], expected["classes"])
    np.testing.assert_allclose(served["scores"], expected["scores"], atol=1e-4)
    np.testing.assert_allclose(served["boxes"] / SIZE, expected["boxes"], atol=1e-4)
    if detector.uses_masks:
        np.testing.assert_allclose(served["masks"], expected["masks"], atol=1e-4)
        assert filled(expected) > 0.8


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_losses_and_boxes_are_float32_where_the_network_computes_in_bfloat16(architecture: str) -> None:
    with computing_in("mixed_bfloat16"):
        detector = build_detector(config(architecture, "resnet18"))
    images, truths = scenes()
    images, truths = images[:4:2], truths[:4:2]  # these have one object each
    targets = batch_of(*(detector.encode(truth) for truth in truths))
    pixels = tf.constant(images, tf.float32)
    losses = detector.loss(detector.forward(pixels, targets, training=True), targets)
    assert all(loss.dtype == tf.float32 and np.isfinite(loss) for loss in losses.values())
    detections = detector.decode(detector.network(pixels, training=False), SUPPRESSION)
    assert detections["boxes"].dtype == detections["scores"].dtype == tf.float32
