"""The findings of all images: which are left, in which splits, and with which boxes."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import pandas as pd

from pipeline.datasets.checks.exif import Rotated
from pipeline.datasets.checks.leakage import Leak, LookAlikes, copies
from pipeline.datasets.checks.perceptual_hash import HASH_BYTES
from pipeline.datasets.checks.rules import rule
from pipeline.datasets.conversion.splits import groups
from pipeline.datasets.conversion.tasks import CheckedTask, object_bounds
from pipeline.datasets.table.annotation_table import BOX, AnnotationTable
from pipeline.datasets.table.faults import Issue
from pipeline.datasets.table.keypoints import ABSENT
from pipeline.datasets.table.segmentations import NONE
from pipeline.params.convert import Checks, Convert

_DIGEST_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Results:
    """The results of the workers for N images and M objects. An image takes a few bytes.

    The entries of images that cannot be used, and of objects that were dropped, are 0.

    Attributes:
        sizes: int64 [N, 2], width and height, px.
        digests: uint8 [N, 32], SHA-256 of the files.
        hashes: uint8 [N, 32], perceptual hashes; 0 for an image without one.
        kept: bool [M], the objects that are left.
        boxes: float64 [M, 4], xyxy, px.
        area: float64 [M], px².
        masked: bool [M], the objects with a mask.
        keypoints: float64 [M, N, 3], x and y in px, and the code of each keypoint.
        sound: The rows of the images that can be used, in the order in which they were added.
        issues: The faults.
        rotated: What the images tell that EXIF turns and whose reading is not decided yet.
    """

    sizes: np.ndarray
    digests: np.ndarray
    hashes: np.ndarray
    kept: np.ndarray
    boxes: np.ndarray
    area: np.ndarray
    masked: np.ndarray
    keypoints: np.ndarray
    sound: array = field(default_factory=lambda: array("q"))
    issues: list[Issue] = field(default_factory=list)
    rotated: list[Rotated] = field(default_factory=list)

    @classmethod
    def for_table(cls, table: AnnotationTable) -> Self:
        """Return results of a table to which nothing was added."""
        images, objects = len(table.images), len(table.objects)
        return cls(
            sizes=np.zeros((images, 2), np.int64),
            digests=np.zeros((images, _DIGEST_BYTES), np.uint8),
            hashes=np.zeros((images, HASH_BYTES), np.uint8),
            kept=np.zeros(objects, bool),
            boxes=np.zeros((objects, 4)),
            area=np.zeros(objects),
            masked=np.zeros(objects, bool),
            keypoints=np.zeros((objects, len(table.keypoints.names), 3)),
        )

    def add(self, checked: CheckedTask) -> None:
        """Add the result of one task. Of equal images the one that was added first is the original."""
        self.issues.extend(checked.issues)
        if checked.rotated:
            self.rotated.append(checked.rotated)
        row, sound = checked.row, checked.sound
        if sound is None:
            return
        self.sound.append(row)
        self.sizes[row] = sound.size
        self.digests[row] = np.frombuffer(sound.digest, np.uint8)
        if sound.hash:
            self.hashes[row] = np.frombuffer(sound.hash, np.uint8)
        rows = checked.first_object + sound.kept
        self.kept[rows], self.boxes[rows], self.area[rows] = True, sound.boxes, sound.area
        self.masked[rows], self.keypoints[rows] = sound.masked, sound.keypoints


def findings(
    table: AnnotationTable, results: Results, settings: Convert
) -> tuple[pd.Series, AnnotationTable]:
    """Return what is left of a dataset when copies and near-duplicates are known.

    Args:
        results: The results of all its images.
        settings: The rules, and the pattern of groups.

    Returns:
        The splits of the images that are left, indexed by their rows; and the table of these images and their
        objects, with all issues.
    """
    files = table.images["file"].to_numpy(dtype=object)
    splits = table.images["split"].to_numpy(dtype=object, copy=True)
    sound = np.array(results.sound, np.int64)
    annotations = _annotations(table, results)
    leaks = copies(results.digests, sound, files, splits, annotations, settings.checks)
    _move(splits, leaks)
    rows = np.sort(sound[splits[sound] != ""])
    near = _near_duplicates(table, results, splits, rows, settings)
    _move(splits, near)
    left = np.zeros(len(files), bool)
    left[rows] = splits[rows] != ""
    issues = [*table.issues, *results.issues, *(Issue(files[leak.row], leak.fault) for leak in leaks + near)]
    issues = _shared_by_all(issues, "image-grey", len(files), settings.checks)
    return pd.Series(splits)[left], _left_table(table, results, splits, left, issues)


def _annotations(table: AnnotationTable, results: Results) -> Callable[[int], list[tuple[float, ...]]]:
    """Return a function that gives the sorted labels and boxes of an image that is left."""
    bounds = object_bounds(table)
    labels = table.objects["label"].to_numpy()

    def of(row: int) -> list[tuple[float, ...]]:
        rows = np.arange(bounds[row], bounds[row + 1])
        rows = rows[results.kept[rows]]
        boxes = np.nan_to_num(results.boxes[rows], nan=-1.0)  # labels of the whole image have NaN
        points = results.keypoints[rows].reshape(len(rows), -1)
        return sorted(zip(labels[rows].tolist(), *boxes.T.tolist(), *points.T.tolist(), strict=True))

    return of


def _near_duplicates(
    table: AnnotationTable, results: Results, splits: np.ndarray, rows: np.ndarray, settings: Convert
) -> list[Leak]:
    """Return the near-duplicates among some images.

    Args:
        results: The results of all its images.
        splits: object [N], the splits.
        rows: int64 [R], the images that are compared.
        settings: The rules, and the pattern of groups.
    """
    codes = groups(table.images, settings.group_pattern).factorize()[0][rows]
    files = table.images["file"].to_numpy(dtype=object)[rows]
    leaks = LookAlikes(results.hashes[rows], codes, files, splits[rows], settings.checks).leaks()
    return [leak._replace(row=int(rows[leak.row])) for leak in leaks]


def _move(splits: np.ndarray, leaks: list[Leak]) -> None:
    """Move each leaking image to its new split."""
    for leak in leaks:
        splits[leak.row] = leak.split


def _shared_by_all(issues: list[Issue], name: str, images: int, checks: Checks) -> list[Issue]:
    """Replace the issues of a fault that all images have and keep by one issue of the whole dataset.

    Args:
        name: The name of the fault.
    """
    shared = [issue for issue in issues if issue.fault.name == name]
    if len(shared) < max(2, images) or rule(checks, name) != "keep":
        return issues
    fault = shared[0].fault
    whole = Issue("", fault._replace(detail=f"{fault.detail}, as in all {len(shared):,} images"))
    return [issue for issue in issues if issue.fault.name != name] + [whole]


def _left_table(
    table: AnnotationTable, results: Results, splits: np.ndarray, left: np.ndarray, issues: list[Issue]
) -> AnnotationTable:
    """Return the table of the images that are left.

    Args:
        results: The results of all its images.
        splits: object [N], the splits.
        left: bool [N], the images that are left.
    """
    sizes = {"width": results.sizes[:, 0], "height": results.sizes[:, 1]}
    images = table.images.assign(**sizes, split=splits, normalised=False).astype({"split": "str"})
    kept = results.kept & left[table.objects["image_id"].to_numpy() - 1]
    corners = dict(zip(BOX, results.boxes.T, strict=True))
    segmentation = np.where(results.masked, table.objects["segmentation"], NONE)
    pointed = (results.keypoints[..., 2] > ABSENT).any(axis=1)
    objects = table.objects.assign(
        **corners,
        area=results.area,
        segmentation=segmentation,
        keypoints=np.where(pointed, np.cumsum(pointed) - 1, NONE),
    )
    return replace(
        table,
        images=images[left].reset_index(drop=True),
        objects=objects[kept].reset_index(drop=True),
        issues=tuple(issues),
        keypoints=replace(table.keypoints, values=results.keypoints[pointed]),
    )
