"""The detector architectures by name, and a detector rebuilt from the facts of its model directory."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import tensorflow as tf
import tf_keras

from pipeline.models.backbones import build_backbone
from pipeline.models.ssd import Ssd


class Detector(Protocol):
    """A network, an encoder, a loss and a decoder; :class:`pipeline.models.ssd.Ssd` says what each takes."""

    network: tf_keras.Model
    backbone: tf_keras.Model

    def encode(
        self, gt_boxes: tf.Tensor, gt_labels: tf.Tensor, gt_ignored: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Turn the unpadded ground truth of one image into dense targets."""

    def loss(
        self, outputs: Mapping[str, tf.Tensor], targets: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Give named scalar losses."""

    def decode(
        self, outputs: Mapping[str, tf.Tensor], *, score_threshold: float, nms_iou: float, max_detections: int
    ) -> dict[str, tf.Tensor]:
        """Turn raw outputs into boxes, scores, classes and num_detections."""


def _build_ssd(backbone: tf_keras.Model, facts: Mapping[str, Any]) -> Detector:
    return Ssd(backbone, classes=len(facts["classes"]), image_size=facts["image_size"], **facts["ssd"])


DETECTORS: dict[str, Callable[[tf_keras.Model, Mapping[str, Any]], Detector]] = {"ssd": _build_ssd}


def build_detector(facts: Mapping[str, Any]) -> Detector:
    """Build the detector that a model directory describes, with random weights.

    Args:
        facts: "architecture", "classes", "image_size", "backbone" and "alpha", and the architecture's own section
            under its name.
    """
    backbone = build_backbone(facts["backbone"], facts["alpha"])
    return DETECTORS[facts["architecture"]](backbone, facts)
