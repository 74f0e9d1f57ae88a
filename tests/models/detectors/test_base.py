"""The base class of the detectors: its default behaviour."""

import pytest
import tensorflow as tf
import tf_keras

from pipeline.models.detectors.base import Candidates, Detector, Targets, Tensors
from pipeline.ops.nms import Suppression
from pipeline.ops.truth import Truth


class Doubler(Detector):
    """A detector whose network multiplies the images by 2 in training, and by 1 otherwise."""

    def __init__(self) -> None:
        self.backbone = tf_keras.Sequential([tf_keras.layers.Rescaling(1.0)])

    def network(self, images: tf.Tensor, training: bool) -> dict[str, tf.Tensor]:
        return {"images": images * (2.0 if training else 1.0)}

    def encode(self, truth: Truth) -> Targets:
        return truth

    def loss(self, outputs: Tensors, targets: Targets) -> dict[str, tf.Tensor]:
        return {"loss": tf.reduce_sum(outputs["images"])}

    def candidates(self, outputs: Tensors) -> Candidates:
        return Candidates(outputs["boxes"], outputs["scores"])


def test_a_detector_must_define_its_parts() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Detector()  # type: ignore[abstract]


def test_by_default_the_forward_pass_ignores_the_targets() -> None:
    detector, images = Doubler(), tf.ones([1, 2, 2, 3])
    assert float(detector.loss(detector.forward(images, {}, training=True), {})["loss"]) == 24
    assert float(detector.loss(detector.forward(images, {}, training=False), {})["loss"]) == 12


def test_by_default_a_checkpoint_fills_the_backbone_only_and_there_are_no_masks() -> None:
    detector = Doubler()
    assert detector.garden_parts == {"backbone": detector.backbone}
    assert (detector.uses_masks, detector.mask_crop) == (False, 0)


def test_decoding_suppresses_the_candidates() -> None:
    box = tf.constant([[[[0.1, 0.1, 0.4, 0.4]], [[0.1, 0.1, 0.4, 0.41]]]])
    outputs = {"boxes": box, "scores": tf.constant([[[0.9], [0.8]]])}
    found = Doubler().decode(outputs, Suppression(score_threshold=0.1, nms_iou=0.5, max_detections=3))
    assert found["num_detections"].numpy().tolist() == [1]
