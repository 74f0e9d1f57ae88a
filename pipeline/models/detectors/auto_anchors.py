"""Anchors fitted to the boxes of a dataset, for each architecture that has anchors."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from pipeline.models.detectors import retinanet, two_stage_network
from pipeline.models.detectors.ssd_features import level_sides
from pipeline.models.weights.config import DetectorConfig, section_names
from pipeline.ops.anchors import (
    balanced_boxes,
    fit_anchors,
    fit_default_boxes,
    mean_best_iou,
    pyramid_anchors,
)
from pipeline.ops.default_boxes import default_anchors
from pipeline.params.base import Section
from pipeline.params.detectors import FasterRcnn, RetinaNet, Ssd


class FittedAnchors(NamedTuple):
    """The result of fitting.

    Attributes:
        config: The detector's configuration with the fitted anchors, or unchanged if they fit no better.
        before: Mean over the classes and their boxes of the IoU with the best anchor, before fitting.
        after: The same, with the anchors of ``config``.
        changes: The keys of the section that changed, with their new values.
    """

    config: DetectorConfig
    before: float
    after: float
    changes: dict[str, Any]


def fit_to_boxes(config: DetectorConfig, boxes: np.ndarray, labels: np.ndarray) -> FittedAnchors:
    """Fit the anchors of a detector to boxes. All classes count the same, however many boxes they have.

    Args:
        config: The detector's configuration; its architecture is one of :data:`ANCHORS`.
        boxes: float64 [N, 4], yxyx, normalised: the boxes to be detected; N >= 1.
        labels: int [N], their classes.
    """
    lay, fit = ANCHORS[config.architecture]
    name = section_names(config.architecture)[0]
    section, boxes = getattr(config, name), balanced_boxes(boxes, labels)
    fitted = section.model_copy(update=fit(section, config.image_size, boxes))
    before, after = (mean_best_iou(boxes, lay(each, config.image_size)) for each in (section, fitted))
    if after <= before:
        return FittedAnchors(config, before, before, {})
    values = fitted.model_dump()
    changes = {key: value for key, value in values.items() if value != getattr(section, key)}
    return FittedAnchors(config.model_copy(update={name: fitted}), before, after, changes)


def anchors_of(architecture: str, section: Section, image_size: int) -> np.ndarray:
    """Return the anchors of one cell of each level: float64 [A, 3], height, width and stride as shares of the side."""
    lay, _ = ANCHORS[architecture]
    return lay(section, image_size)


def _ssd_anchors(section: Ssd, image_size: int) -> np.ndarray:
    return default_anchors(level_sides(section.variant, image_size), section.min_scale, section.max_scale)


def _fit_ssd(section: Ssd, image_size: int, boxes: np.ndarray) -> dict[str, Any]:
    return fit_default_boxes(boxes, level_sides(section.variant, image_size))


def _pyramid(min_level: int) -> tuple[Callable[..., np.ndarray], Callable[..., dict[str, Any]]]:
    """Return the functions that lay and fit the anchors of a pyramid whose finest level is ``min_level``."""

    def levels(section: RetinaNet | FasterRcnn) -> range:
        return range(min_level, section.max_level + 1)

    def lay(section: RetinaNet | FasterRcnn, image_size: int) -> np.ndarray:
        return pyramid_anchors(
            image_size, levels(section), section.anchor_size, section.aspect_ratios, section.scales
        )

    def fit(section: RetinaNet | FasterRcnn, image_size: int, boxes: np.ndarray) -> dict[str, Any]:
        ratios = len(section.aspect_ratios)
        return fit_anchors(boxes, image_size, levels(section), ratios=ratios, scales=section.scales)

    return lay, fit


ANCHORS: dict[str, tuple[Callable[..., np.ndarray], Callable[..., dict[str, Any]]]] = {
    "ssd": (_ssd_anchors, _fit_ssd),
    "retinanet": _pyramid(retinanet.MIN_LEVEL),
    "faster_rcnn": _pyramid(two_stage_network.MIN_LEVEL),
    "mask_rcnn": _pyramid(two_stage_network.MIN_LEVEL),
}
"""Architecture -> ``lay(section, image_size)``, which returns its anchors, and ``fit(section, image_size, boxes)``,
which returns the fitted keys of the section. The section of Mask R-CNN is ``faster_rcnn``."""
