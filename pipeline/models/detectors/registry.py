"""The detector architectures by name, and a detector built from its configuration."""

from collections.abc import Callable
from pathlib import Path

from pipeline.models.backbones.folding import fold_batchnorm
from pipeline.models.backbones.registry import build_backbone
from pipeline.models.detectors.base import Detector
from pipeline.models.detectors.faster_rcnn import FasterRcnn
from pipeline.models.detectors.gfl import Gfl
from pipeline.models.detectors.keypoints import Keypoints
from pipeline.models.detectors.localizer import Localizer
from pipeline.models.detectors.mask_rcnn import MaskRcnn
from pipeline.models.detectors.retinanet import RetinaNet
from pipeline.models.detectors.ssd import Ssd
from pipeline.models.detectors.yolo_v1 import YoloV1
from pipeline.models.weights.config import DetectorConfig, section_names

_LOADED: dict[str, type[Detector]] = {
    "gfl": Gfl,
    "ssd": Ssd,
    "retinanet": RetinaNet,
    "faster_rcnn": FasterRcnn,
    "mask_rcnn": MaskRcnn,
    "yolo_v1": YoloV1,
    "localizer": Localizer,
    "keypoints": Keypoints,
}

ARCHITECTURES = (*_LOADED, "yolo_v8")
"""The values of ``train.architecture``."""


def detector_class(architecture: str) -> type[Detector]:
    """Return the class of an architecture.

    It is called as ``(backbone, section, ..., classes=K, image_size=S)`` with its sections of ``params.yaml``.
    """
    if architecture == "yolo_v8":  # keras-cv takes seconds to import, and no other architecture needs it
        from pipeline.models.detectors.yolo_v8 import YoloV8

        return YoloV8
    return _LOADED[architecture]


def build_detector(config: DetectorConfig, backbone_weights: Path | None = None) -> Detector:
    """Build a detector with random weights.

    Args:
        backbone_weights: A Keras weights file of the backbone, which is loaded before BatchNorm is folded. None leaves
            the backbone's weights random.
    """
    backbone = build_backbone(config.backbone, config.alpha, layers=config.layers)
    if backbone_weights is not None:
        backbone.load_weights(backbone_weights)
    if config.folded:
        backbone = fold_batchnorm(backbone)
    sections = [getattr(config, name) for name in section_names(config.architecture)]
    build: Callable[..., Detector] = detector_class(config.architecture)
    sizes = {"classes": len(config.classes), "image_size": config.image_size}
    if config.keypoint_names is not None:
        sizes["keypoints"] = len(config.keypoint_names)
    return build(backbone, *sections, **sizes)
