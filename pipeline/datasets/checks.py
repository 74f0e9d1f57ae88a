"""The faults that datasets have: their names, what they count for, and the repair of boxes."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.artifacts import remove
from pipeline.datasets.table import SPLITS, AnnotationTable, Issue, write_issues
from pipeline.errors import PipelineError

# name: whether it costs data, or leaves a doubt about it, and so counts towards convert.max_faulty_fraction
FAULTS: dict[str, bool] = {
    "unreadable-image": True,
    "missing-image": True,
    "unreadable-annotation": True,
    "path-outside-folder": True,
    "annotation-without-image": True,
    "unknown-class": True,
    "box-unreadable": True,
    "box-outside": True,
    "box-inverted": True,
    "box-empty": True,
    "size-mismatch": True,
    "mask-unreadable": True,
    "mask-size-mismatch": True,
    "mask-empty": True,
    "mask-outside": True,
    # repaired without loss, or a matter of the dataset as a whole
    "box-over-edge": False,
    "duplicate-box": False,
    "duplicate-image": False,
    "image-in-two-splits": False,
    "image-not-listed": False,
    "image-without-annotation": False,
    "image-format": False,
    "image-16-bit": False,
    "image-palette": False,
    "image-cmyk": False,
    "image-mode": False,
    "exif-rotated": False,
    "class-without-box-in-train": False,
}
Fault = tuple[str, str, str]
"""Name, detail and action."""

# A box that sticks out by no more is a matter of rounding, or of counting from 1; in px.
_ROUNDING = 1.0


# Examples in the line that refuses a dataset; the file that it names lists all.
_EXAMPLES = 3


def faulty_fraction(table: AnnotationTable) -> float:
    """Return the share of images with a fault that costs data, 0..1.

    An image is faulty if it, or a box or a mask of it, was left out, or if a box was repaired on a guess:
    corners swapped, cut by more than a pixel, or measured on an image of another size. Not counted are repairs that
    lose nothing (turned upright, other pixels, cut by up to a pixel) and copies. The share is of the images
    that the annotations name, those that were left out included.

    Args:
        table: What was written, with all issues.
    """
    faulty = {issue.file for issue in table.issues if FAULTS[issue.fault]}
    return len(faulty) / max(1, len(faulty.union(table.images["file"])))


def check_dataset(table: AnnotationTable, *, max_faulty_fraction: float, rejected: Path) -> AnnotationTable:
    """Return the table with the issues of the dataset as a whole added, or refuse it.

    Args:
        table: What was written, with all issues.
        max_faulty_fraction: The largest :func:`faulty_fraction` that passes, 0..1.
        rejected: Where the issues of a refused dataset are listed.

    Raises:
        PipelineError: too many faults, no image, no object, or a split without images.
    """
    reason = _reason_to_refuse(table, max_faulty_fraction)
    if reason:
        write_issues(table, rejected)
        examples = [
            f"{issue.file}: {issue.fault}, {issue.detail}" for issue in table.issues if FAULTS[issue.fault]
        ]
        said = f"; such as {'; '.join(examples[:_EXAMPLES])}" if examples else ""
        said = " ".join(said.split())  # a name may hold a line break, the fault's line may not
        raise PipelineError(f"{reason}{said}; all issues are listed in {rejected}")
    remove(rejected)
    return replace(table, issues=(*table.issues, *_classes_without_training_box(table)))


def _reason_to_refuse(table: AnnotationTable, max_faulty_fraction: float) -> str:
    fraction = faulty_fraction(table)
    if fraction > max_faulty_fraction:
        kinds = Counter(issue.fault for issue in table.issues if FAULTS[issue.fault])
        counts = ", ".join(f"{count} {fault}" for fault, count in kinds.most_common())
        return (
            f"{fraction:.1%} of the images are faulty ({counts}), more than the "
            f"{max_faulty_fraction:.1%} of convert.max_faulty_fraction"
        )
    if table.images.empty:
        return "the dataset is empty: its annotations name no image"
    if table.objects.empty:
        return f"the dataset is empty: no object is annotated in its {len(table.images)} images"
    for split in SPLITS:
        if (table.images["split"] != split).all():
            return (
                f"no image is left for {split}: {len(table.images)} images are too few for "
                "convert.val_fraction and convert.test_fraction, or the dataset's own lists leave none"
            )
    return ""


def _classes_without_training_box(table: AnnotationTable) -> list[Issue]:
    train = table.images.loc[table.images["split"] == "train", "id"]
    trained = set(table.objects.loc[table.objects["image_id"].isin(train), "label"])
    detail = "nothing in train to learn it from"
    return [
        Issue("", None, "class-without-box-in-train", f"{name}: {detail}", "kept as a class")
        for label, name in enumerate(table.class_names, start=1)
        if label not in trained
    ]


class CheckedBoxes(NamedTuple):
    """The boxes of an image that are left.

    Attributes:
        boxes: float64 [G, 4], xyxy, px, within the image; NaN for labels of the whole image.
        kept: int64 [G], which of the given boxes they are.
        issues: ``(position among the given boxes, fault, detail, action)`` of each fault.
    """

    boxes: np.ndarray
    kept: np.ndarray
    issues: list[tuple[int, str, str, str]]


def check_boxes(boxes: np.ndarray, labels: np.ndarray, width: int, height: int) -> CheckedBoxes:
    """Swap inverted corners, cut boxes at the image's edge, drop the empty, the outside and the repeated.

    Args:
        boxes: float64 [G, 4], xyxy, px.
        labels: int64 [G]; equal boxes of different classes stay.
        width: Of the image, px.
        height: Of the image, px.
    """
    limits = np.array([width, height, width, height], np.float64)
    whole_image = np.isnan(boxes).all(axis=1)
    sound = (boxes >= 0).all(1) & (boxes <= limits).all(1) & (boxes[:, :2] < boxes[:, 2:]).all(1)
    issues: list[tuple[int, str, str, str]] = []
    repaired = boxes.copy()
    keep = np.ones(len(boxes), bool)
    for index in np.flatnonzero(~sound & ~whole_image):
        repaired[index], faults = _repair(boxes[index], limits)
        issues += [(int(index), *fault) for fault in faults]
        keep[index] = not np.isnan(repaired[index, 0])
    seen: set[tuple[float, ...]] = set()
    for index in np.flatnonzero(keep & ~whole_image):
        key = (float(labels[index]), *repaired[index].tolist())
        if key in seen:
            keep[index] = False
            issues.append(
                (int(index), "duplicate-box", "same class and corners as another", "object dropped")
            )
        seen.add(key)
    kept = np.flatnonzero(keep)
    return CheckedBoxes(repaired[kept], kept, sorted(issues))


def _repair(box: np.ndarray, limits: np.ndarray) -> tuple[np.ndarray, list[tuple[str, str, str]]]:
    """Repair one box, or return NaN for it; with it fault, detail and action of each fault."""
    said = f"({', '.join(f'{value:g}' for value in box)})"
    lost = np.full(4, np.nan)
    if not np.isfinite(box).all():
        return lost, [("box-unreadable", f"corners {said}", "object dropped")]
    faults = []
    low, high = np.minimum(box[:2], box[2:]), np.maximum(box[:2], box[2:])
    if (low == high).any():
        return lost, [("box-empty", f"corners {said}: no width or no height", "object dropped")]
    if (box[:2] > box[2:]).any():
        faults.append(("box-inverted", f"corners {said}", "corners swapped"))
    ordered = np.concatenate([low, high])
    cut = np.clip(ordered, 0, limits)
    size = f"{limits[0]:g} × {limits[1]:g}"
    if (cut[:2] >= cut[2:]).any():
        detail = f"corners {said} all outside the image of {size}"
        return lost, [*faults, ("box-outside", detail, "object dropped")]
    excess = np.abs(cut - ordered).max()
    if excess > 0:
        fault = "box-outside" if excess > _ROUNDING else "box-over-edge"
        faults.append(
            (fault, f"corners {said} leave the image of {size} by {excess:.3g} px", "cut at the edge")
        )
    return cut, faults


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
