"""What an earlier model and the one to be trained must share. This module does not import TensorFlow."""

from collections.abc import Iterable, Mapping
from typing import Any

_NETWORK = ("backbone", "alpha", "layers")

_HEADS = {
    "gfl": ("gfl.filters", "gfl.convolutions", "gfl.min_level", "gfl.max_level"),
    "ssd": ("ssd.variant",),
    "retinanet": ("retinanet.filters", "retinanet.convolutions", "retinanet.max_level"),
    "faster_rcnn": (
        "faster_rcnn.filters",
        "faster_rcnn.max_level",
        "faster_rcnn.head_units",
        "faster_rcnn.roi_size",
    ),
    "yolo_v8": ("yolo_v8.width", "yolo_v8.fpn_depth"),
    "yolo_v1": ("yolo_v1.boxes", "yolo_v1.filters"),
    "localizer": ("localizer.classify", "localizer.units"),
    "keypoints": ("keypoints.level", "keypoints.filters", "keypoints.convolutions"),
}
_HEADS["mask_rcnn"] = (*_HEADS["faster_rcnn"], "mask_rcnn.mask_filters", "mask_rcnn.mask_convolutions")

ANCHORS = {
    "gfl": ("gfl.anchor_size",),
    "ssd": ("ssd.min_scale", "ssd.max_scale"),
    "retinanet": ("retinanet.anchor_size", "retinanet.aspect_ratios", "retinanet.scales"),
    "faster_rcnn": ("faster_rcnn.anchor_size", "faster_rcnn.aspect_ratios", "faster_rcnn.scales"),
}
ANCHORS["mask_rcnn"] = ANCHORS["faster_rcnn"]
"""Architecture -> the keys of its anchors, whose boxes the weights have learnt to correct."""


def detector_keys(architecture: str) -> list[str]:
    """Return the keys of ``model.json`` on which the layers of a detector depend, besides the classes and anchors."""
    return ["architecture", *_NETWORK, *_HEADS[architecture]]


def classifier_keys(head: str | None) -> list[str]:
    """Return the keys of ``model.json`` on which the layers of a classifier depend, besides the classes.

    Args:
        head: "own" if the classifier has the fully connected layers of its backbone.
    """
    return [*_NETWORK, "head", *(["image_size"] if head == "own" else [])]


def misfit(earlier: Mapping[str, Any], needed: Mapping[str, Any], keys: Iterable[str]) -> str | None:
    """Return what is different in an earlier model, and what to do, as a part of a sentence; None if it fits.

    Args:
        earlier: The contents of the earlier model's ``model.json``.
        needed: The same of the model to be trained. More keys do no harm.
        keys: The keys to compare; "gfl.filters" is the key "filters" in the section "gfl". An absent key has the value
            None.
    """
    for key in keys:
        given, wanted = value_at(earlier, key), value_at(needed, key)
        if given != wanted:
            return (
                f"its {key} is {given}, but that of this training is {wanted}; make them equal in params.yaml"
            )
    return None


def value_at(values: Mapping[str, Any], key: str) -> Any:
    """Return the value at a dotted key, or None if there is none."""
    section, _, rest = key.partition(".")
    value = values.get(section)
    return value_at(value or {}, rest) if rest else value
