"""The tasks that the workers get, an image each, and their results."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from pipeline.datasets.checks.exif import Reading, Rotated
from pipeline.datasets.conversion.splits import image_hash
from pipeline.datasets.converted.tiling import TILED_SPLITS
from pipeline.datasets.raw.containers import stored_bytes
from pipeline.datasets.table.annotation_table import BOX, AnnotationTable
from pipeline.datasets.table.faults import Issue
from pipeline.datasets.table.segmentations import Segmentations
from pipeline.datasets.table.splits import HELD_OUT_FIRST

# A worker gets a batch of tasks at once: as many as are within both limits, at least one.
_BATCH_IMAGES = 32

_BATCH_BYTES = 4 * 2**20


@dataclass(frozen=True, kw_only=True)
class ImageTask:
    """An image to check, with its G objects.

    Attributes:
        row: The image's row in the table.
        file: POSIX path relative to the dataset's folder.
        declared: Width and height as the annotation declares them, px; 0 where it does not.
        normalised: The boxes are shares of the image.
        first_object: The row of the image's first object in the table.
        index: int64 [G], the indices of the objects in the image's annotation.
        labels: int64 [G], 1..K.
        boxes: float64 [G, 4], xyxy, px or shares; NaN for labels of the whole image.
        difficult: bool [G].
        crowd: bool [G].
        area: float64 [G], px² or shares.
        segmentations: The places of the G masks.
        keypoints: float64 [G, N, 3], x and y in px or shares, and the code of each keypoint.
        tiled: Whether tiles of the image could be used: it is not in test.
        reading: Of which picture the boxes are if EXIF turns the image; None if that is not decided yet.
    """

    row: int
    file: str
    declared: tuple[int, int]
    normalised: bool
    first_object: int
    index: np.ndarray
    labels: np.ndarray
    boxes: np.ndarray
    difficult: np.ndarray
    crowd: np.ndarray
    area: np.ndarray
    segmentations: Segmentations
    keypoints: np.ndarray
    tiled: bool
    reading: Reading | None = None


@dataclass(frozen=True, kw_only=True)
class SoundImage:
    """An image that is fit to use, with the K objects that are left.

    Attributes:
        record: The framed record; b"" if no record is wanted.
        digest: SHA-256 of the file.
        hash: The perceptual hash; b"" if the image has none.
        size: Width and height of the image in the record, px. The boxes, areas, masks and keypoints are in its pixels.
        shrunk: Whether the image is larger than in the record.
        kept: int64 [K], the positions of the objects among those of the task.
        boxes: float64 [K, 4], xyxy, px.
        area: float64 [K], px².
        masked: bool [K], the objects with a mask.
        runs: K compressed run lengths, "" for an object without a mask.
        keypoints: float64 [K, N, 3], x and y in px, and the code of each keypoint.
        tiles: The framed records of the tiles; none if no tiles are wanted.
    """

    record: bytes
    digest: bytes
    hash: bytes
    size: tuple[int, int]
    shrunk: bool
    kept: np.ndarray
    boxes: np.ndarray
    area: np.ndarray
    masked: np.ndarray
    runs: list[str]
    keypoints: np.ndarray
    tiles: list[bytes]


@dataclass(frozen=True, kw_only=True)
class CheckedTask:
    """The result of a task.

    Attributes:
        row: The row of the task.
        first_object: The first object of the task.
        issues: The faults.
        sound: The image; None if it cannot be used.
        rotated: What an image that EXIF turns tells, if its reading is not decided yet. It was not checked then.
    """

    row: int
    first_object: int
    issues: list[Issue]
    sound: SoundImage | None = None
    rotated: Rotated | None = None


def reading_order(table: AnnotationTable) -> np.ndarray:
    """Return the rows of the images that have a split: the test first, and within a split by a hash of the paths.

    Neighbours in a folder are often frames of one film. By the hash they are far apart in the records.
    """
    files = table.images["file"].to_numpy(dtype=object)
    splits = table.images["split"].to_numpy(dtype=object)
    order = []
    for split in HELD_OUT_FIRST:
        members = np.flatnonzero(splits == split)
        hashes = np.array([image_hash("order", files[row]) for row in members], np.uint64)
        order.append(members[np.argsort(hashes, kind="stable")])
    return np.concatenate(order)


def object_bounds(table: AnnotationTable) -> np.ndarray:
    """Return int64 [N + 1]: the objects of the image in row i are the rows from bound i to bound i + 1."""
    return np.searchsorted(table.objects["image_id"].to_numpy(), np.arange(1, len(table.images) + 2))


def image_tasks(
    table: AnnotationTable, rows: np.ndarray, readings: Mapping[int, Reading] = MappingProxyType({})
) -> Iterator[ImageTask]:
    """Yield the tasks of some images.

    Args:
        rows: int64 [R], rows of the images.
        readings: Of which picture the boxes of images are that EXIF turns, by their rows.
    """
    bounds = object_bounds(table)
    files = table.images["file"].to_numpy(dtype=object)
    sizes = table.images[["width", "height"]].to_numpy()
    normalised = table.images["normalised"].to_numpy()
    tiled = table.images["split"].isin(TILED_SPLITS).to_numpy()
    columns = {name: column.to_numpy() for name, column in table.objects.items()}
    for row in rows.tolist():
        part = slice(bounds[row], bounds[row + 1])
        yield ImageTask(
            row=row,
            file=files[row],
            declared=(int(sizes[row, 0]), int(sizes[row, 1])),
            normalised=bool(normalised[row]),
            first_object=int(bounds[row]),
            index=columns["object"][part],
            labels=columns["label"][part],
            boxes=np.stack([columns[corner][part] for corner in BOX], axis=1),
            difficult=columns["difficult"][part],
            crowd=columns["crowd"][part],
            area=columns["area"][part],
            segmentations=table.segmentations.of(columns["segmentation"][part]),
            keypoints=table.keypoints.of(columns["keypoints"][part]),
            tiled=bool(tiled[row]),
            reading=readings.get(row),
        )


def batches(raw: Path, tasks: Iterable[ImageTask]) -> Iterator[list[ImageTask]]:
    """Yield the tasks in batches.

    Args:
        raw: The dataset's folder, which tells the sizes of the files.
    """
    batch: list[ImageTask] = []
    size = 0
    for task in tasks:
        batch.append(task)
        size += stored_bytes(raw, task.file)
        if size >= _BATCH_BYTES or len(batch) == _BATCH_IMAGES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
