"""The boxes of an image: what is wrong with them, and their repair."""

from typing import NamedTuple

import numpy as np

from pipeline.datasets.table.box_units import telling, within_shares
from pipeline.datasets.table.faults import Fault
from pipeline.params.convert import Checks

# A box that sticks out by no more is a matter of rounding, or of counting from 1; in px.
_ROUNDING = 1.0


# Shares of the image written with six decimals are off by less; that is cut without a word, in px.
_NOISE = 0.01

_COVERING = 0.99  # share of the image's area


# Boxes that are shares of the image may overshoot by rounding, or by a repairable slip; pixels go far beyond.
_LARGEST_SHARE = 2.0

_DONE = {"drop": "object dropped", "keep": "kept", "stop": "dataset refused"}


class CheckedBoxes(NamedTuple):
    """The boxes of an image that are left.

    Attributes:
        boxes: float64 [G, 4], xyxy, px, within the image; NaN for labels of the whole image.
        kept: int64 [G], which of the given boxes they are.
        issues: ``(position among the given boxes, name, detail, action)`` of each fault.
    """

    boxes: np.ndarray
    kept: np.ndarray
    issues: list[tuple[int, str, str, str]]


class _Finding(NamedTuple):
    """A fault of a box, what it is mended to (None: nothing is left of it), and how that is called."""

    name: str
    detail: str
    mended: np.ndarray | None
    action: str


@np.errstate(over="ignore", invalid="ignore")  # of corners that are no places
def check_boxes(
    boxes: np.ndarray, labels: np.ndarray, width: int, height: int, checks: Checks
) -> CheckedBoxes:
    """Swap inverted corners, cut boxes at the image's edge, drop the empty, the outside and the repeated.

    Args:
        boxes: float64 [G, 4], xyxy, px.
        labels: int64 [G]; equal boxes of different classes stay.
        width: Of the image, px.
        height: Of the image, px.
        checks: The rules, which may say otherwise.
    """
    limits = np.array([width, height, width, height], np.float64)
    whole_image = np.isnan(boxes).all(axis=1)
    issues: list[tuple[int, str, str, str]] = []
    cut = np.clip(boxes, 0, limits)
    boxes = np.where(np.abs(cut - boxes) < _NOISE, cut, boxes)
    repaired = boxes.copy()
    keep = np.ones(len(boxes), bool)
    for index in np.flatnonzero(~_sound(boxes, limits, checks) & ~whole_image).tolist():
        mended, faults = _mend(boxes[index], limits, checks)
        issues += [(index, *fault) for fault in faults]
        keep[index] = mended is not None
        repaired[index] = np.nan if mended is None else mended
    for index in _repeated(repaired, labels, np.flatnonzero(keep & ~whole_image)):
        action = "object dropped" if checks.duplicate_box == "drop" else _DONE[checks.duplicate_box]
        issues.append((index, "duplicate-box", "same class and corners as another", action))
        keep[index] = checks.duplicate_box != "drop"
    kept = np.flatnonzero(keep)
    return CheckedBoxes(repaired[kept], kept, sorted(issues))


def _sound(boxes: np.ndarray, limits: np.ndarray, checks: Checks) -> np.ndarray:
    """Say of each box, bool [G], whether nothing at all is wrong with it."""
    sides = boxes[:, 2:] - boxes[:, :2]
    inside = (boxes >= 0).all(1) & (boxes <= limits).all(1)
    large = (sides > 0).all(1) & (sides >= checks.min_box_side).all(1)
    with np.errstate(over="ignore", invalid="ignore"):  # of boxes that are far outside
        return inside & large & (sides.prod(axis=1) < _COVERING * limits[:2].prod())


def _mend(box: np.ndarray, limits: np.ndarray, checks: Checks) -> tuple[np.ndarray | None, list[Fault]]:
    """Take a box through all checks; None if it is dropped."""
    faults: list[Fault] = []
    for check in (_unreadable, _empty, _inverted, _outside, _tiny, _covering):
        finding = check(box, limits, checks)
        if finding is None:
            continue
        rule = checks.rule(finding.name)
        dropped = rule == "drop" or finding.mended is None
        action = "object dropped" if dropped and rule != "stop" else _DONE.get(rule, finding.action)
        faults.append(Fault(finding.name, finding.detail, action))
        if dropped or finding.mended is None:
            return None, faults
        box = finding.mended
    return box, faults


def _said(box: np.ndarray) -> str:
    return f"corners ({', '.join(f'{value:g}' for value in box)})"


def _unreadable(box: np.ndarray, limits: np.ndarray, checks: Checks) -> _Finding | None:
    return None if np.isfinite(box).all() else _Finding("box-unreadable", _said(box), None, "")


def _empty(box: np.ndarray, limits: np.ndarray, checks: Checks) -> _Finding | None:
    if (box[:2] != box[2:]).all():
        return None
    return _Finding("box-empty", f"{_said(box)}: no width or no height", None, "")


def _inverted(box: np.ndarray, limits: np.ndarray, checks: Checks) -> _Finding | None:
    low, high = np.minimum(box[:2], box[2:]), np.maximum(box[:2], box[2:])
    if (box[:2] == low).all():
        return None
    return _Finding("box-inverted", _said(box), np.concatenate([low, high]), "corners swapped")


def _outside(box: np.ndarray, limits: np.ndarray, checks: Checks) -> _Finding | None:
    cut = np.clip(box, 0, limits)
    size = f"{limits[0]:g} × {limits[1]:g}"
    if (cut[:2] >= cut[2:]).any():
        return _Finding("box-outside", f"{_said(box)} all outside the image of {size}", None, "")
    excess = np.abs(cut - box).max()
    if excess == 0:
        return None
    name = "box-outside" if excess > _ROUNDING else "box-over-edge"
    detail = f"{_said(box)} leave the image of {size} by {excess:.3g} px"
    return _Finding(name, detail, cut, "cut at the edge")


def _tiny(box: np.ndarray, limits: np.ndarray, checks: Checks) -> _Finding | None:
    width, height = box[2:] - box[:2]
    if min(width, height) >= checks.min_box_side:
        return None
    detail = f"{width:.3g} × {height:.3g} px, less than {checks.min_box_side:g} px a side"
    return _Finding("box-tiny", detail, box, "kept")


def _covering(box: np.ndarray, limits: np.ndarray, checks: Checks) -> _Finding | None:
    share = (box[2:] - box[:2]).prod() / limits[:2].prod()
    if share < _COVERING:
        return None
    return _Finding("box-covers-image", f"{_said(box)} are {share:.1%} of the image", box, "kept")


def _repeated(boxes: np.ndarray, labels: np.ndarray, rows: np.ndarray) -> list[int]:
    """Return those of ``rows`` that are equal to an earlier one in class and corners."""
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
    """Bring an image's boxes to pixels, whatever they are said to be.

    Where all of them lie within 0..1, give or take a rounding, they are shares of the image, for no object is so
    small in pixels; where most go beyond 2, they are pixels. A box that is nothing but zeros and ones says neither:
    the whole image, or a pixel that stands for no object.

    Args:
        boxes: float64 [G, 4], xyxy; NaN for labels of the whole image.
        normalised: Whether they are said to be shares of the image.
        width: Of the image, px.
        height: Of the image, px.
        checks: The rules, which may say that they are taken as they are said to be.

    Returns:
        float64 [G, 4], px, and what was found.
    """
    size = np.array([width, height, width, height], np.float64)
    given = boxes[telling(boxes)]
    fault = ""
    if normalised and len(given) and np.median(given.max(axis=1)) > _LARGEST_SHARE:
        fault, told, taken = "box-in-pixels", "shares of the image", "pixels"
    elif not normalised and within_shares(given).all() and len(given):
        fault, told, taken = "box-normalised", "pixels", "shares of the image"
    if not fault:
        return (boxes * size if normalised else boxes), []
    mend = checks.rule(fault) == "repair"
    action = f"taken as {taken}" if mend else _DONE[checks.rule(fault)]
    detail = f"the boxes should be {told}, but reach from {given.min():g} to {given.max():g}"
    return (boxes * size if normalised != mend else boxes), [Fault(fault, detail, action)]


def turn_boxes(boxes: np.ndarray, orientation: int, width: int, height: int) -> np.ndarray:
    """Move boxes from an image as stored to the same image turned upright.

    Args:
        boxes: float64 [G, 4], xyxy, px of the stored image.
        orientation: EXIF orientation of the stored image, 1..8.
        width: Of the upright image, px.
        height: Of the upright image, px.

    Returns:
        float64 [G, 4], xyxy, px of the upright image; corners stay in order.
    """
    xmin, ymin, xmax, ymax = boxes.T
    if orientation >= 5:  # stored rows are upright columns
        xmin, ymin, xmax, ymax = ymin, xmin, ymax, xmax
    if orientation in (2, 3, 6, 7):
        xmin, xmax = width - xmax, width - xmin
    if orientation in (3, 4, 7, 8):
        ymin, ymax = height - ymax, height - ymin
    return np.stack([xmin, ymin, xmax, ymax], axis=1)
