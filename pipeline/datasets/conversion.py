"""From the annotation table to checked TFRecords: many processes read the images once, one writes in order.

Memory does not grow with the dataset: a batch of images is read, checked and encoded by a worker, a few
batches are on their way at a time, and this process writes them in the order they were handed out, so that
the bytes do not depend on how many workers there are.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from pipeline.datasets.checks import CheckedBoxes, check_boxes, turn_boxes
from pipeline.datasets.containers import read_image, stored_bytes
from pipeline.datasets.images import CheckedImage, UnreadableImageError, check_image
from pipeline.datasets.mask_list import MaskList
from pipeline.datasets.masks import check_mask, compress, encode_png, fill_box
from pipeline.datasets.records import ShardWriter, detection_example, frame
from pipeline.datasets.segmentations import NONE, Segmentations
from pipeline.datasets.splits import image_hash
from pipeline.datasets.table import AnnotationTable, Issue
from pipeline.datasets.workers import Workers
from pipeline.progress import progress_bar

# The first split that holds an image keeps it, so that a copy never leaks from the test into training.
_ORDER = ("test", "val", "train")
# A batch, one worker's task, is as many images as fit, at least one.
_BATCH_IMAGES = 32
_BATCH_BYTES = 4 * 2**20

_BOX = ["xmin", "ymin", "xmax", "ymax"]


@dataclass(frozen=True)
class _Task:
    """An image to convert; the arrays hold its G objects' columns of the table."""

    row: int
    image_id: int
    file: str
    declared: tuple[int, int]
    first_object: int
    index: np.ndarray
    labels: np.ndarray
    boxes: np.ndarray
    difficult: np.ndarray
    crowd: np.ndarray
    area: np.ndarray
    segmentations: Segmentations


@dataclass(frozen=True)
class _Masks:
    """Of the kept objects: which have a mask; compressed run lengths, "" for none; PNGs, none if none has one."""

    present: np.ndarray
    runs: list[str]
    pngs: list[bytes]


@dataclass(frozen=True)
class _Written:
    """A framed record; its image's size; which of its objects are kept, with their boxes, areas and masks."""

    record: bytes
    digest: bytes
    size: tuple[int, int]
    kept: np.ndarray
    boxes: np.ndarray
    area: np.ndarray
    masked: np.ndarray
    runs: list[str]


@dataclass(frozen=True)
class _Converted:
    """A task's result; ``written`` is None if the image could not be read."""

    row: int
    first_object: int
    issues: list[Issue]
    written: _Written | None = None


def write_records(
    raw: Path, table: AnnotationTable, out: Path, *, images_per_shard: int, workers: Workers
) -> AnnotationTable:
    """Check each image, its boxes and masks, and write ``{train,val,test}-*.tfrecord`` and ``masks.csv``.

    Within a split the images come in the order of a hash of their paths, so that neighbours in the folder,
    often frames of one film, are far apart in the records.

    Args:
        raw: The dataset's folder.
        table: Its annotations; each image's split is train, val or test.
        out: Folder of the records.
        images_per_shard: Records in a file.
        workers: Who reads and checks. The bytes written do not depend on how many they are.

    Returns:
        The table of what was written, with the actual sizes and repaired boxes, and all issues.
    """
    result = _Result(table)
    convert = partial(_convert_batch, raw, table.class_names)
    masks = MaskList(out / "masks.csv")
    with masks, progress_bar("checking and writing images", len(table.images)) as advance:
        for split in _ORDER:
            batches = _batches(raw, _tasks(table, split))
            with ShardWriter(out, split, images_per_shard) as shards:
                for batch in workers.map(convert, batches):
                    for converted in batch:
                        if (written := result.take(converted, shards)) and split != "train":
                            masks.add(converted.row + 1, written.runs)
                    advance(len(batch))
    return result.table()


class _Result:
    """Collects the workers' findings into arrays as long as the table, so that they cost nothing an image."""

    def __init__(self, table: AnnotationTable) -> None:
        self._given = table
        self._issues = list(table.issues)
        self._files: list[str] = table.images["file"].tolist()
        self._splits: list[str] = table.images["split"].tolist()
        self._sizes = np.zeros((len(table.images), 2), np.int64)
        self._boxes = table.objects[_BOX].to_numpy(copy=True)
        self._area = table.objects["area"].to_numpy(copy=True)
        self._kept = np.zeros(len(table.objects), bool)
        self._segmentation = table.objects["segmentation"].to_numpy(copy=True)
        self._seen: dict[bytes, int] = {}

    def take(self, converted: _Converted, shards: ShardWriter) -> _Written | None:
        """Write an image's record, unless the same bytes were there before, and note what was found.

        Returns:
            What was written, if it was.
        """
        self._issues += converted.issues
        row, written = converted.row, converted.written
        if written is None:
            return None
        first = self._seen.setdefault(written.digest, row)
        if first != row:
            self._issues.append(self._duplicate(row, first))
            return None
        shards.write(written.record)
        self._sizes[row] = written.size
        rows = converted.first_object + written.kept
        self._kept[rows], self._boxes[rows], self._area[rows] = True, written.boxes, written.area
        self._segmentation[rows[~written.masked]] = NONE
        return written

    def _duplicate(self, row: int, first: int) -> Issue:
        file, same = self._files[row], self._files[first]
        split, kept = self._splits[row], self._splits[first]
        where = f"image left out of {split}, kept in {kept}" if split != kept else "image left out"
        return Issue(file, None, "duplicate-image", f"the same bytes as {same}", where)

    def table(self) -> AnnotationTable:
        """Return what was written."""
        images, objects = self._given.images, self._given.objects
        images = images.assign(width=self._sizes[:, 0], height=self._sizes[:, 1])
        corners = dict(zip(_BOX, self._boxes.T, strict=True))
        objects = objects.assign(**corners, area=self._area, segmentation=self._segmentation)
        return AnnotationTable(
            images[images["width"] > 0].reset_index(drop=True),
            objects[self._kept].reset_index(drop=True),
            self._given.class_names,
            tuple(self._issues),
            self._given.segmentations,
        )


def _tasks(table: AnnotationTable, split: str) -> Iterator[_Task]:
    images, objects = table.images, table.objects
    columns = {name: objects[name].to_numpy() for name in ("object", "label", "difficult", "crowd", "area")}
    boxes = objects[_BOX].to_numpy()
    segmentation = objects["segmentation"].to_numpy()
    bounds = np.searchsorted(objects["image_id"].to_numpy(), np.arange(1, len(images) + 2))
    files = images["file"].to_numpy(dtype=object)
    sizes = images[["width", "height"]].to_numpy()
    members = np.flatnonzero(images["split"].to_numpy(dtype=object) == split)
    hashes = np.array([image_hash("order", files[row]) for row in members], np.uint64)
    for row in members[np.argsort(hashes, kind="stable")].tolist():
        part = slice(bounds[row], bounds[row + 1])
        yield _Task(
            row,
            row + 1,
            files[row],
            (int(sizes[row, 0]), int(sizes[row, 1])),
            int(bounds[row]),
            columns["object"][part],
            columns["label"][part],
            boxes[part],
            columns["difficult"][part],
            columns["crowd"][part],
            columns["area"][part],
            table.segmentations.of(segmentation[part]),
        )


def _batches(raw: Path, tasks: Iterable[_Task]) -> Iterator[list[_Task]]:
    batch: list[_Task] = []
    size = 0
    for task in tasks:
        batch.append(task)
        size += stored_bytes(raw, task.file)
        if size >= _BATCH_BYTES or len(batch) == _BATCH_IMAGES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _convert_batch(raw: Path, class_names: tuple[str, ...], tasks: list[_Task]) -> list[_Converted]:
    return [_convert_image(raw, class_names, task) for task in tasks]


def _convert_image(raw: Path, class_names: tuple[str, ...], task: _Task) -> _Converted:
    try:
        data = read_image(raw, task.file)
        image = check_image(data)
    except (UnreadableImageError, OSError) as error:
        return _Converted(
            task.row,
            task.first_object,
            [Issue(task.file, None, "unreadable-image", str(error), "image left out")],
        )
    boxes, issues = _place_boxes(task, image)
    checked = check_boxes(boxes, task.labels, image.width, image.height)
    issues += [Issue(task.file, int(task.index[at]), *said) for at, *said in checked.issues]
    digest = hashlib.sha256(data)
    area = _area(task, checked, changed=(checked.boxes != task.boxes[checked.kept]).any(axis=1))
    masks, mask_issues = _masks(raw, task, image, checked)
    record = detection_example(
        image=image.data,
        image_format=image.format,
        file=task.file,
        image_id=task.image_id,
        width=image.width,
        height=image.height,
        sha256=digest.hexdigest() if image.data is data else hashlib.sha256(image.data).hexdigest(),
        boxes=checked.boxes,
        labels=task.labels[checked.kept],
        class_names=class_names,
        difficult=task.difficult[checked.kept],
        crowd=task.crowd[checked.kept],
        area=area,
        masks=masks.pngs,
        has_mask=masks.present,
    )
    written = _Written(
        frame(record),
        digest.digest(),
        (image.width, image.height),
        checked.kept,
        checked.boxes,
        area,
        masks.present,
        masks.runs,
    )
    return _Converted(task.row, task.first_object, issues + mask_issues, written)


def _masks(raw: Path, task: _Task, image: CheckedImage, checked: CheckedBoxes) -> tuple[_Masks, list[Issue]]:
    """Rasterise and check the masks of the boxes that are left; each is turned as its box was.

    Where some objects of an image have a mask, the PNG of each other one is its box, filled, since the schema
    has a mask for each object or for none.
    """
    upright = (image.width, image.height)
    stored, orientation = upright, 1
    if _as_stored(task, image):
        stored, orientation = task.declared, image.orientation
    issues: list[Issue] = []
    runs = [""] * len(checked.kept)
    pngs = [b""] * len(checked.kept)
    for at, (row, box) in enumerate(zip(checked.kept.tolist(), checked.boxes, strict=True)):
        segmentation = task.segmentations.read(raw, row)
        if segmentation is None or np.isnan(box).any():
            continue
        mask = check_mask(segmentation, box, stored, orientation)
        issues += [Issue(task.file, int(task.index[row]), *said) for said in mask.issues]
        if mask.pixels is not None:
            runs[at], pngs[at] = compress(mask.pixels), encode_png(mask.pixels)
    present = np.array([bool(run) for run in runs], bool)
    if not present.any():
        return _Masks(present, runs, []), issues
    for at in np.flatnonzero(~present & ~np.isnan(checked.boxes).any(axis=1)).tolist():
        pngs[at] = encode_png(fill_box(checked.boxes[at], *upright))
    return _Masks(present, runs, pngs), issues


def _as_stored(task: _Task, image: CheckedImage) -> bool:
    """Say whether the image was turned and the annotations were not.

    A rotated photo is annotated either as stored or as displayed. The declared size tells: if it is the
    stored one, and not the displayed one, the annotations are turned with the image.
    """
    upright = (image.width, image.height)
    stored = upright[::-1] if image.orientation >= 5 else upright
    return task.declared == stored != upright


def _place_boxes(task: _Task, image: CheckedImage) -> tuple[np.ndarray, list[Issue]]:
    """Return the boxes in pixels of the upright image, and what was done to image and boxes."""
    upright = (image.width, image.height)
    as_stored = _as_stored(task, image)
    issues = []
    for fault, detail in image.repairs:
        action = f"written as {image.format}"
        if fault == "exif-rotated":
            action = "image turned upright" + (
                ", its boxes too" if as_stored else "; boxes were upright already"
            )
        issues.append(Issue(task.file, None, fault, detail, action))
    if as_stored:
        return turn_boxes(task.boxes, image.orientation, *upright), issues
    if task.declared != upright and all(task.declared):
        declared, actual = (f"{width} × {height}" for width, height in (task.declared, upright))
        detail = f"declared {declared}, the image is {actual}"
        issues.append(Issue(task.file, None, "size-mismatch", detail, "boxes taken as pixels of the image"))
    return task.boxes, issues


def _area(task: _Task, checked: CheckedBoxes, *, changed: np.ndarray) -> np.ndarray:
    """Return the areas, px²: of the mask where it was given, but no more than that of a box that was cut."""
    area = task.area[checked.kept]
    sides = checked.boxes[:, 2:] - checked.boxes[:, :2]
    return np.where(changed, np.fmin(area, sides.prod(axis=1)), area)
