"""Finds out which annotations of one image are versions of another, of which one counts.

An image may be annotated more than once: by two files, or by two entries of one file. Two annotations complement each
other if they have different objects, such as a file for each class; then the objects of both count. They are versions
of each other if most of their objects are the same ones, such as an older export that was left beside the newer one;
then one of them counts. The files as a whole decide, because a single image may have too few objects to tell.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np

from pipeline.datasets.table.faults import Action, Fault, Issue

_SAME_IOU = 0.5  # boxes of one class with at least this IoU are taken for the same object

_SAME_SHARE = 0.5  # annotations that share at least this part of their objects are versions of each other

_COPY = re.compile(
    r"(?:\(\d+\)|[ _.-](?:copy|kopie|backup|bak|old|orig)(?:[ _-]?\d+)?|~)$|^copy of ", re.IGNORECASE
)


class Annotations(NamedTuple):
    """The annotations that were added to a builder, an entry each.

    Attributes:
        files: The images.
        sources: The annotation files.
        normalised: Whether the boxes are shares of the image.
    """

    files: Sequence[str]
    sources: Sequence[str]
    normalised: Sequence[int]


class Repeated(NamedTuple):
    """The annotations that do not count.

    Attributes:
        rows: Their positions.
        issues: What is listed about them.
    """

    rows: list[int]
    issues: list[Issue]


class _Pair(NamedTuple):
    """Two annotations of one image: the one that counts if they are versions of each other, and the other one."""

    counts: int
    other: int


def is_marked_as_copy(path: str) -> bool:
    """Return whether the name of a file or of one of its folders is marked as a copy: ``a (1).json``, ``a_old.csv``."""
    return any(_COPY.search(PurePosixPath(part).stem) for part in PurePosixPath(path).parts)


def repeated_annotations(
    later: Mapping[int, int],
    annotations: Annotations,
    rows: np.ndarray,
    labels: np.ndarray,
    boxes: np.ndarray,
) -> Repeated:
    """Return the annotations that are versions of another annotation of the same image and do not count.

    Of two versions the one counts whose file is not marked as a copy, else the one that was added first.

    Args:
        later: For each annotation of an image that has an earlier one, the first one.
        rows: int [M], the annotation of each object.
        labels: int [M].
        boxes: float64 [M, 4], xyxy; NaN for labels of the whole image.
    """
    pairs: defaultdict[tuple[str, str], list[_Pair]] = defaultdict(list)
    for row, first in later.items():
        sources = annotations.sources[first], annotations.sources[row]
        swapped = is_marked_as_copy(sources[0]) and not is_marked_as_copy(sources[1])
        pairs[sources[::-1] if swapped else sources].append(
            _Pair(row, first) if swapped else _Pair(first, row)
        )
    objects = _objects_of({*later, *later.values()}, rows)
    repeated = Repeated([], [])
    for (counts, other), members in pairs.items():
        same, possible = 0, 0
        for pair in members:
            mine, others = (objects.get(row, np.zeros(0, np.int64)) for row in pair)
            same += _same_objects(labels[mine], boxes[mine], labels[others], boxes[others])
            possible += min(len(mine), len(others))
        units = {annotations.normalised[row] for pair in members for row in pair}
        if possible and (same >= _SAME_SHARE * possible or len(units) > 1):
            repeated.rows.extend(pair.other for pair in members)
            images = [annotations.files[pair.other] for pair in members]
            repeated.issues.extend(
                _issues(counts, other, images, f"{same:,} of {possible:,} objects are the same")
            )
    return repeated


def _objects_of(wanted: set[int], rows: np.ndarray) -> dict[int, np.ndarray]:
    """Return the positions of the objects of each wanted annotation that has objects."""
    positions = np.flatnonzero(np.isin(rows, np.fromiter(wanted, np.int64, len(wanted))))
    positions = positions[np.argsort(rows[positions], kind="stable")]
    found, starts = np.unique(rows[positions], return_index=True)
    return dict(zip(found.tolist(), np.split(positions, starts[1:]), strict=True)) if len(found) else {}


def _same_objects(
    labels: np.ndarray, boxes: np.ndarray, other_labels: np.ndarray, other_boxes: np.ndarray
) -> int:
    """Return how many objects of the smaller set have a counterpart of the same class and place in the other set."""
    if not len(labels) or not len(other_labels):
        return 0
    low = np.maximum(boxes[:, None, :2], other_boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], other_boxes[None, :, 2:])
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):  # corners may be infinite or far away
        common = np.clip(high - low, 0, None).prod(axis=2)
        areas = (np.abs((part[:, 2:] - part[:, :2]).prod(axis=1)) for part in (boxes, other_boxes))
        mine, others = areas
        same = common >= _SAME_IOU * (mine[:, None] + others[None] - common)
    same |= np.isnan(boxes).all(axis=1)[:, None] & np.isnan(other_boxes).all(axis=1)[None]
    same &= labels[:, None] == other_labels[None]
    return int(min(same.any(axis=1).sum(), same.any(axis=0).sum()))


def _issues(counts: str, other: str, images: list[str], same: str) -> Iterable[Issue]:
    """Yield an issue about a file, or one for each image that a single file annotates twice."""
    if counts == other:
        detail = f"{counts} annotates it twice; in the whole file {same}"
        fault = Fault(None, "image-annotated-twice", detail, Action.DROP, "the first annotation counts")
        yield from (Issue(image, fault) for image in images)
        return
    detail = f"{len(images):,} images, such as {images[0]}, are annotated in {counts} too, and {same}"
    how = f"its annotations of these images left out; those in {counts} count"
    yield Issue(other, Fault(None, "image-annotated-twice", detail, Action.DROP, how))
