"""The detector architectures by name, and a detector rebuilt from the facts of its model directory."""

from collections.abc import Callable, Mapping
from typing import Any

from pipeline.models.backbones.registry import build_backbone
from pipeline.models.detectors.base import Detector
from pipeline.models.detectors.faster_rcnn import FasterRcnn
from pipeline.models.detectors.mask_rcnn import MaskRcnn
from pipeline.models.detectors.retinanet import RetinaNet
from pipeline.models.detectors.ssd import Ssd
from pipeline.models.detectors.yolo_v8 import YoloV8

DETECTORS: dict[str, Callable[..., Detector]] = {
    "ssd": Ssd,
    "retinanet": RetinaNet,
    "faster_rcnn": FasterRcnn,
    "mask_rcnn": MaskRcnn,
    "yolo_v8": YoloV8,
}


def build_detector(facts: Mapping[str, Any]) -> Detector:
    """Build the detector that a model directory describes, with random weights.

    Args:
        facts: "architecture", "classes", "image_size", "backbone" and "alpha", and the architecture's own section
            under its name.
    """
    backbone = build_backbone(facts["backbone"], facts["alpha"])
    build = DETECTORS[facts["architecture"]]
    return build(
        backbone,
        classes=len(facts["classes"]),
        image_size=facts["image_size"],
        **facts[facts["architecture"]],
    )
