"""What exported models return becomes COCO results and rows of class scores."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from pycocotools import mask as oracle

from pipeline.errors import PipelineError
from pipeline.inputs.examples import Example
from pipeline.ops.nms import Suppression
from pipeline.serving.classifier import ClassifierService
from pipeline.serving.detector import DetectorService
from pipeline.serving.exported_config import ExportedDetector
from pipeline.serving.loading import load_predictor
from pipeline.serving.predict import Detection, classified_crops, detections
from pipeline.serving.predictor import Predictor
from pipeline.serving.saved_model import load, save
from tests.support.exports import export
from tests.support.networks import OneBox, colour_classifier

SIZES_PX = [(40, 60), (52, 32)]
IMAGE_IDS = [4, 9]
CONFIG = ExportedDetector(
    architecture="gfl",
    classes=["cat"],
    image_size=32,
    export=export(),
)


def no_progress(done: int) -> None:
    """Report nothing."""


def examples() -> tf.data.Dataset:
    """Make a red and a green image. Each has one object in the middle, and an ignored one."""

    def example(image_id: tf.Tensor, size_px: tf.Tensor, colour: tf.Tensor) -> Example:
        pixels = tf.zeros([*tf.unstack(size_px), 3], tf.uint8) + colour
        return Example(
            encoded=tf.io.encode_png(pixels),
            image_id=image_id,
            size_px=size_px,
            boxes=tf.constant([[0.0, 0.0, 1.0, 1.0], [0.25, 0.25, 0.75, 0.75]]),
            labels=tf.constant([1, 2]),
            ignored=tf.constant([True, False]),
        )

    colours = tf.constant([[255, 0, 0], [0, 255, 0]], tf.uint8)
    rows = (tf.constant(IMAGE_IDS, tf.int64), tf.constant(SIZES_PX), colours)
    return tf.data.Dataset.from_tensor_slices(rows).map(example)


def predictor(folder: Path, *, masks: bool = False) -> Predictor:
    service = DetectorService(
        OneBox(masks=masks), CONFIG.classes, CONFIG.image_size, Suppression(0.1, 0.5, 3)
    )
    save(service, folder, CONFIG)
    return load_predictor(folder)


def detect(folder: Path, *, masks: bool) -> list[Detection]:
    return list(detections(predictor(folder, masks=masks), examples(), 2, no_progress))


def test_each_mask_lies_within_its_own_image(tmp_path: Path) -> None:
    results = detect(tmp_path / "model", masks=True)
    assert [result["image_id"] for result in results] == IMAGE_IDS
    for result, (height, width) in zip(results, SIZES_PX, strict=True):
        assert result["segmentation"]["size"] == [height, width]
        assert isinstance(result["segmentation"]["counts"], str)
        expected = np.zeros((height, width), np.uint8)
        rows, columns = (np.arange(side) + 0.5 for side in (height, width))
        inside = (rows[:, None] > height / 4) & (rows[:, None] < 3 * height / 4)
        expected[inside & (columns > width / 2) & (columns < 3 * width / 4)] = 1
        np.testing.assert_array_equal(oracle.decode(result["segmentation"]), expected)
        assert result["bbox"] == pytest.approx([width / 2, height / 4, width / 2, height / 2])


def test_without_masks_there_is_no_segmentation(tmp_path: Path) -> None:
    results = detect(tmp_path / "model", masks=False)
    assert [set(result) for result in results] == [{"image_id", "category_id", "bbox", "score"}] * 2
    assert [(result["category_id"], result["score"]) for result in results] == [(1, 0.75)] * 2


@pytest.mark.parametrize("batch_size", [1, 5])
def test_objects_that_are_not_ignored_are_classified_in_order(tmp_path: Path, batch_size: int) -> None:
    save(ClassifierService(colour_classifier(), ["red", "green", "blue"], 32), tmp_path / "model")
    model = load(tmp_path / "model")
    crops = list(classified_crops(model, examples(), batch_size, no_progress))
    assert [(crop.image_id, crop.label) for crop in crops] == [(image_id, 2) for image_id in IMAGE_IDS]
    assert [int(crop.scores.argmax()) for crop in crops] == [0, 1]
    for crop in crops:
        assert crop.scores.sum() == pytest.approx(1.0, abs=1e-5)
        np.testing.assert_array_equal(crop.scores, crop.scores.round(6))


def test_no_examples_have_no_predictions(tmp_path: Path) -> None:
    save(ClassifierService(colour_classifier(), ["red", "green", "blue"], 32), tmp_path / "model")
    model = load(tmp_path / "model")
    assert not list(classified_crops(model, examples().take(0), 2, no_progress))


def test_progress_counts_images_and_crops(tmp_path: Path) -> None:
    done: list[int] = []
    list(detections(predictor(tmp_path / "model"), examples(), 1, done.append))
    assert done == [1, 1]


def test_a_folder_without_a_saved_model_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"detector.1: holds no SavedModel; run the export stage first"):
        load(tmp_path / "detector")


def test_an_image_that_the_model_cannot_decode_is_named(tmp_path: Path) -> None:
    broken = examples().map(lambda example: example._replace(encoded=tf.constant(b"broken")))
    with pytest.raises(PipelineError, match=r"image 4 of images.csv cannot be decoded by the exported model"):
        list(detections(predictor(tmp_path / "model"), broken, 2, no_progress))
