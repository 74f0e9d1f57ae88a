"""Masks from a SavedModel to COCO results; what decides is whether the model gives any."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from pycocotools import mask as oracle

from pipeline.serving.detector import DetectorService
from pipeline.serving.saved_model import save
from pipeline.stages.detect import detections

SIZES = [(40, 60), (52, 32)]


class OneBox:
    """Finds one object an image, the middle of it; its mask is the box's left half."""

    def __init__(self, *, masks: bool) -> None:
        image = tf_keras.Input([32, 32, 3])
        self.network = tf_keras.Model(image, tf_keras.layers.GlobalAveragePooling2D()(image))
        self._masks = masks

    def decode(self, outputs, *, score_threshold, nms_iou, max_detections):
        count = tf.shape(outputs)[0]
        box = tf.constant([[[0.25, 0.5, 0.75, 1.0]] + [[0.0] * 4] * (max_detections - 1)])
        left = tf.concat(
            [tf.fill([1, max_detections, 4, 2], 0.9), tf.fill([1, max_detections, 4, 2], 0.1)], -1
        )
        found = {
            "boxes": tf.tile(box, [count, 1, 1]),
            "scores": tf.tile([[0.75] + [0.0] * (max_detections - 1)], [count, 1]),
            "classes": tf.tile([[1] + [0] * (max_detections - 1)], [count, 1]),
            "num_detections": tf.ones([count], tf.int32),
        }
        return found | ({"masks": tf.tile(left, [count, 1, 1, 1])} if self._masks else {})


def detect(folder: Path, *, masks: bool) -> list[dict]:
    thresholds = {"score_threshold": 0.1, "nms_iou": 0.5, "max_detections": 3}
    save(DetectorService(OneBox(masks=masks), ["cat"], 32, **thresholds), folder)
    model = tf.saved_model.load(str(folder))
    outputs = model.signatures["serving_default"].structured_outputs
    assert ("masks" in outputs) == masks
    if masks:
        assert outputs["masks"].dtype == tf.float32
    rows = {
        "encoded": [tf.io.encode_png(tf.zeros([*size, 3], tf.uint8)).numpy() for size in SIZES],
        "image_id": np.array([4, 9]),
        "size_px": np.array(SIZES, np.int32),
    }
    return list(detections(model, tf.data.Dataset.from_tensor_slices(rows), 2))


def test_each_mask_lies_within_its_own_image(tmp_path: Path) -> None:
    found = detect(tmp_path / "model", masks=True)
    assert [row["image_id"] for row in found] == [4, 9]
    for row, (height, width) in zip(found, SIZES, strict=True):
        assert row["segmentation"]["size"] == [height, width]
        assert isinstance(row["segmentation"]["counts"], str)
        expected = np.zeros((height, width), np.uint8)
        rows, columns = (np.arange(side) + 0.5 for side in (height, width))
        inside = (rows[:, None] > height / 4) & (rows[:, None] < 3 * height / 4)
        expected[inside & (columns > width / 2) & (columns < 3 * width / 4)] = 1
        np.testing.assert_array_equal(oracle.decode(row["segmentation"]), expected)
        assert row["bbox"] == pytest.approx([width / 2, height / 4, width / 2, height / 2])


def test_without_masks_there_is_no_segmentation(tmp_path: Path) -> None:
    found = detect(tmp_path / "model", masks=False)
    assert [set(row) for row in found] == [{"image_id", "category_id", "bbox", "score"}] * 2
