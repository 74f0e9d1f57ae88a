"""Anchors fitted to a dataset's boxes: what of the section of each architecture with anchors follows from them."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pipeline.models.detectors import retinanet, two_stage_network
from pipeline.models.detectors.ssd_features import level_sides
from pipeline.ops.anchors import (
    fit_anchors,
    fit_default_boxes,
    mean_best_iou,
    pyramid_anchors,
    thinned,
)
from pipeline.ops.default_boxes import default_anchors

Section = Mapping[str, Any]


def fitted(facts: Mapping[str, Any], boxes: np.ndarray) -> tuple[dict[str, Any], float, float]:
    """Fit the anchors that a detector's facts describe to boxes.

    Args:
        facts: As :func:`pipeline.models.detectors.registry.build_detector` takes them.
        boxes: float64 [N, 4], yxyx, normalised: those to be detected.

    Returns:
        The facts with other anchors, or as they are if those do not fit better; the mean best IoU of the boxes
        before; and after.
    """
    name, image_size = facts["architecture"], facts["image_size"]
    lay, fit = ANCHORS[name]
    section, boxes = facts[name], thinned(boxes)
    changed = {**section, **fit(section, image_size, boxes)}
    before, after = (mean_best_iou(boxes, lay(each, image_size)) for each in (section, changed))
    if after <= before:
        return dict(facts), before, before
    return {**facts, name: changed}, before, after


def _ssd_anchors(section: Section, image_size: int) -> np.ndarray:
    grids = level_sides(section["variant"], image_size)
    return default_anchors(grids, section["min_scale"], section["max_scale"])


def _fit_ssd(section: Section, image_size: int, boxes: np.ndarray) -> dict[str, Any]:
    return fit_default_boxes(boxes, level_sides(section["variant"], image_size))


def _pyramid(min_level: int) -> tuple[Callable[..., np.ndarray], Callable[..., dict[str, Any]]]:
    """Give how to lay, and how to fit, the anchors of a pyramid whose finest level is ``min_level``."""

    def levels(section: Section) -> range:
        return range(min_level, section["max_level"] + 1)

    def lay(section: Section, image_size: int) -> np.ndarray:
        return pyramid_anchors(
            image_size,
            levels(section),
            section["anchor_size"],
            section["aspect_ratios"],
            section["scales"],
        )

    def fit(section: Section, image_size: int, boxes: np.ndarray) -> dict[str, Any]:
        ratios = len(section["aspect_ratios"])
        return fit_anchors(boxes, image_size, levels(section), ratios=ratios, scales=section["scales"])

    return lay, fit


ANCHORS: dict[str, tuple[Callable[..., np.ndarray], Callable[..., dict[str, Any]]]] = {
    "ssd": (_ssd_anchors, _fit_ssd),
    "retinanet": _pyramid(retinanet.MIN_LEVEL),
    "faster_rcnn": _pyramid(two_stage_network.MIN_LEVEL),
    "mask_rcnn": _pyramid(two_stage_network.MIN_LEVEL),
}
"""Architecture -> (section, image size) -> its anchors, and (section, image size, boxes) -> the fitted keys."""
