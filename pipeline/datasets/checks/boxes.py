"""The checks of an image's boxes, and their repairs."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from pipeline.datasets.checks.rules import judged
from pipeline.datasets.table.box_units import shows_unit, within_shares
from pipeline.datasets.table.faults import Action, Fault
from pipeline.params.convert import Checks

# A box that leaves the image by at most this many px was rounded, or its pixels were counted from 1.
_ROUNDING = 1.0

# Shares of the image written with six decimals are off by fewer px. Such a box is cut and no fault is listed.
_NOISE = 0.01

_COVERING = 0.99  # share of the image's area

# Boxes that are shares of the image may exceed 1 by rounding, or by a fault that is repaired later. Boxes in pixels
# go far beyond.
_LARGEST_SHARE = 2.0


class CheckedBoxes(NamedTuple):
    """The boxes of an image that are left.

    Attributes:
        boxes: float64 [G, 4], xyxy, px, within the image; NaN for labels of the whole image.
        kept: int64 [G], their positions among the given boxes.
        faults: The faults in order of the boxes. ``object`` is the position among the given boxes.
    """

    boxes: np.ndarray
    kept: np.ndarray
    faults: list[Fault]


class _Repair(NamedTuple):
    """A fault of a box and the repaired box. The box is None if nothing of it is left."""

    fault: Fault
    box: np.ndarray | None


@np.errstate(over="ignore", invalid="ignore")  # corners may be infinite or far away
def check_boxes(
    boxes: np.ndarray, labels: np.ndarray, width: int, height: int, checks: Checks
) -> CheckedBoxes:
    """Swap inverted corners, cut boxes at the image's edge, and drop boxes that are empty, outside or repeated.

    Args:
        boxes: float64 [G, 4], xyxy, px.
        labels: int64 [G]. Equal boxes of different classes stay.
        width: Width of the image, px.
        height: Height of the image, px.
        checks: The rules. They may ask for another action.
    """
    limits = np.array([width, height, width, height], np.float64)
    whole_image = np.isnan(boxes).all(axis=1)
    faults: list[Fault] = []
    cut = np.clip(boxes, 0, limits)
    boxes = np.where(np.abs(cut - boxes) < _NOISE, cut, boxes)
    repaired = boxes.copy()
    keep = np.ones(len(boxes), bool)
    for position in np.flatnonzero(~_sound(boxes, limits, checks) & ~whole_image).tolist():
        box, of_box = _repair(boxes[position], limits, checks)
        faults += [fault._replace(object=position) for fault in of_box]
        keep[position] = box is not None
        repaired[position] = np.nan if box is None else box
    detail = "same class and corners as another"
    for position in _repeated(repaired, labels, np.flatnonzero(keep & ~whole_image)):
        fault = judged(Fault(position, "duplicate-box", detail, Action.KEEP), checks)
        faults.append(fault)
        keep[position] = fault.action is not Action.DROP_OBJECT
    kept = np.flatnonzero(keep)
    return CheckedBoxes(repaired[kept], kept, sorted(faults, key=_order))


def _order(fault: Fault) -> tuple[int | None, str, str]:
    return fault.object, fault.name, fault.detail


def _sound(boxes: np.ndarray, limits: np.ndarray, checks: Checks) -> np.ndarray:
    """Return bool [G]: the boxes without any fault."""
    sides = boxes[:, 2:] - boxes[:, :2]
    inside = (boxes >= 0).all(1) & (boxes <= limits).all(1)
    large = (sides > 0).all(1) & (sides >= checks.min_box_side).all(1)
    with np.errstate(over="ignore", invalid="ignore"):  # boxes may be far outside
        return inside & large & (sides.prod(axis=1) < _COVERING * limits[:2].prod())


def _repair(box: np.ndarray, limits: np.ndarray, checks: Checks) -> tuple[np.ndarray | None, list[Fault]]:
    """Run all checks on a box, each on what the one before left.

    Returns:
        The repaired box, None if it is dropped, and its faults.
    """
    faults: list[Fault] = []
    for check in _CHECKS:
        repair = check(box, limits, checks)
        if repair is None:
            continue
        fault = judged(repair.fault, checks)
        faults.append(fault)
        if repair.box is None or fault.action is Action.DROP_OBJECT:
            return None, faults
        box = repair.box
    return box, faults


def _corners(box: np.ndarray) -> str:
    return f"corners ({', '.join(f'{value:g}' for value in box)})"


def _dropped(name: str, detail: str) -> _Repair:
    return _Repair(Fault(None, name, detail, Action.DROP_OBJECT), None)


def _unreadable(box: np.ndarray, limits: np.ndarray, checks: Checks) -> _Repair | None:
    return None if np.isfinite(box).all() else _dropped("box-unreadable", _corners(box))


def _empty(box: np.ndarray, limits: np.ndarray, checks: Checks) -> _Repair | None:
    if (box[:2] != box[2:]).all():
        return None
    return _dropped("box-empty", f"{_corners(box)}: no width or no height")


def _inverted(box: np.ndarray, limits: np.ndarray, checks: Checks) -> _Repair | None:
    low, high = np.minimum(box[:2], box[2:]), np.maximum(box[:2], box[2:])
    if (box[:2] == low).all():
        return None
    fault = Fault(None, "box-inverted", _corners(box), Action.REPAIR, "corners swapped")
    return _Repair(fault, np.concatenate([low, high]))


def _outside(box: np.ndarray, limits: np.ndarray, checks: Checks) -> _Repair | None:
    cut = np.clip(box, 0, limits)
    size = f"{limits[0]:g} × {limits[1]:g}"
    if (cut[:2] >= cut[2:]).any():
        return _dropped("box-outside", f"{_corners(box)} all outside the image of {size}")
    excess = np.abs(cut - box).max()
    if excess == 0:
        return None
    name = "box-outside" if excess > _ROUNDING else "box-over-edge"
    detail = f"{_corners(box)} leave the image of {size} by {excess:.3g} px"
    return _Repair(Fault(None, name, detail, Action.REPAIR, "cut at the edge"), cut)


def _tiny(box: np.ndarray, limits: np.ndarray, checks: Checks) -> _Repair | None:
    width, height = box[2:] - box[:2]
    if min(width, height) >= checks.min_box_side:
        return None
    detail = f"{width:.3g} × {height:.3g} px, less than {checks.min_box_side:g} px a side"
    return _Repair(Fault(None, "box-tiny", detail, Action.KEEP), box)


def _covering(box: np.ndarray, limits: np.ndarray, checks: Checks) -> _Repair | None:
    share = (box[2:] - box[:2]).prod() / limits[:2].prod()
    if share < _COVERING:
        return None
    detail = f"{_corners(box)} are {share:.1%} of the image"
    return _Repair(Fault(None, "box-covers-image", detail, Action.KEEP), box)


_CHECKS: tuple[Callable[[np.ndarray, np.ndarray, Checks], _Repair | None], ...] = (
    _unreadable,
    _empty,
    _inverted,
    _outside,
    _tiny,
    _covering,
)


def _repeated(boxes: np.ndarray, labels: np.ndarray, rows: np.ndarray) -> list[int]:
    """Return the rows whose class and corners are those of an earlier row.

    Args:
        boxes: float64 [G, 4], xyxy.
        labels: int64 [G].
        rows: int64 [R], the rows that are compared.
    """
    seen: set[tuple[float, ...]] = set()
    repeated = []
    for row in rows.tolist():
        key = (float(labels[row]), *boxes[row].tolist())
        if key in seen:
            repeated.append(row)
        seen.add(key)
    return repeated


@np.errstate(over="ignore", invalid="ignore")
def scale_boxes(
    boxes: np.ndarray, *, normalised: bool, width: int, height: int, checks: Checks
) -> tuple[np.ndarray, list[Fault]]:
    """Return an image's boxes in pixels, whatever unit the annotation declares.

    If all boxes lie within 0..1, with a tolerance for rounding, they are shares of the image: no object is so
    small in pixels. If most boxes go beyond 2, they are in pixels. A box of zeros and ones alone does not show its
    unit: it may be the whole image, or one pixel that stands for no object.

    Args:
        boxes: float64 [G, 4], xyxy; NaN for labels of the whole image.
        normalised: The annotation declares shares of the image, else pixels.
        width: Width of the image, px.
        height: Height of the image, px.
        checks: The rules. By "keep" the declared unit counts.

    Returns:
        float64 [G, 4], px, and the faults.
    """
    size = np.array([width, height, width, height], np.float64)
    compared = boxes[shows_unit(boxes)]
    name = ""
    if normalised and len(compared) and np.median(compared.max(axis=1)) > _LARGEST_SHARE:
        name, declared, actual = "box-in-pixels", "shares of the image", "pixels"
    elif not normalised and within_shares(compared).all() and len(compared):
        name, declared, actual = "box-normalised", "pixels", "shares of the image"
    if not name:
        return (boxes * size if normalised else boxes), []
    detail = f"the boxes should be {declared}, but reach from {compared.min():g} to {compared.max():g}"
    fault = judged(Fault(None, name, detail, Action.REPAIR, f"taken as {actual}"), checks)
    repaired = fault.action is Action.REPAIR
    return (boxes * size if normalised != repaired else boxes), [fault]


def turn_boxes(boxes: np.ndarray, orientation: int, width: int, height: int) -> np.ndarray:
    """Turn boxes of an image as stored into boxes of the upright image.

    Args:
        boxes: float64 [G, 4], xyxy, px of the stored image.
        orientation: EXIF orientation of the stored image, 1..8.
        width: Width of the upright image, px.
        height: Height of the upright image, px.

    Returns:
        float64 [G, 4], xyxy, px of the upright image. The corners stay in order.
    """
    xmin, ymin, xmax, ymax = boxes.T
    if orientation >= 5:  # stored rows are upright columns
        xmin, ymin, xmax, ymax = ymin, xmin, ymax, xmax
    if orientation in (2, 3, 6, 7):
        xmin, xmax = width - xmax, width - xmin
    if orientation in (3, 4, 7, 8):
        ymin, ymax = height - ymax, height - ymin
    return np.stack([xmin, ymin, xmax, ymax], axis=1)
