"""The detector architectures by name, and a detector rebuilt from the facts of its model directory."""

from collections.abc import Callable, Mapping
from typing import Any

import tf_keras

from pipeline.models.backbones import build_backbone
from pipeline.models.detector import Detector
from pipeline.models.ssd import Ssd


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
