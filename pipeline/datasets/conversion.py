"""From the annotation table to checked TFRecords: many processes read the images once, one writes in order.

Memory does not grow with the dataset: a batch of images is read, checked and encoded by a worker, a few
batches are on their way at a time, and this process writes them in the order they were handed out, so that
the bytes do not depend on how many workers there are.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np

from pipeline.datasets.containers import stored_bytes
from pipeline.datasets.findings import Findings
from pipeline.datasets.image_work import ImageTask, SoundImage, check_batch
from pipeline.datasets.mask_list import MaskList
from pipeline.datasets.records import ShardWriter
from pipeline.datasets.splits import image_hash
from pipeline.datasets.table import BOX, AnnotationTable
from pipeline.datasets.workers import Workers
from pipeline.params import Convert
from pipeline.progress import progress_bar

# The first split that holds an image keeps it, so that a copy never leaks from the test into training.
_ORDER = ("test", "val", "train")
# A batch, one worker's task, is as many images as fit, at least one.
_BATCH_IMAGES = 32
_BATCH_BYTES = 4 * 2**20


def check_images(
    raw: Path,
    table: AnnotationTable,
    settings: Convert,
    workers: Workers,
    out: Path | None,
) -> AnnotationTable:
    """Check each image, its boxes and masks, and write ``{train,val,test}-*.tfrecord`` and ``masks.csv``.

    Within a split the images come in the order of a hash of their paths, so that neighbours in the folder,
    often frames of one film, are far apart in the records.

    Args:
        raw: The dataset's folder.
        table: Its annotations; each image's split is train, val or test.
        settings: The rules, and the records in a file.
        workers: Who reads and checks. The bytes written do not depend on how many they are.
        out: Folder of the records; None to check only.

    Returns:
        The table of what is fit to use, with the actual sizes and repaired boxes, and all issues.
    """
    boxes = table.objects[BOX].to_numpy(copy=True)
    result = Findings(table, boxes, settings.checks)
    check = partial(check_batch, raw, table.class_names, settings.checks, out is not None)
    said = "checking images" if out is None else "checking and writing images"
    with _Output(out, settings.images_per_shard) as output, progress_bar(said, len(table.images)) as advance:
        for split in _ORDER:
            for batch in workers.map(check, _batches(raw, _tasks(table, boxes, split))):
                for checked in batch:
                    if sound := result.take(checked):
                        output.write(checked.row, sound, result.split(checked.row))
                advance(len(batch))
    return result.table()


class _Output:
    """The records of the three splits, and the masks of those that predictions are held to."""

    def __init__(self, folder: Path | None, images_per_shard: int) -> None:
        self._stack = ExitStack()
        self._shards: dict[str, ShardWriter] = {}
        if folder is not None:
            self._shards = {split: ShardWriter(folder, split, images_per_shard) for split in _ORDER}
            self._masks = MaskList(folder / "masks.csv")

    def write(self, row: int, sound: SoundImage, split: str) -> None:
        if self._shards:
            self._shards[split].write(sound.record)
            if split != "train":
                self._masks.add(row + 1, sound.runs)

    def __enter__(self) -> Self:
        if self._shards:
            self._stack.enter_context(self._masks)
            for shards in self._shards.values():
                self._stack.enter_context(shards)
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)


def _tasks(table: AnnotationTable, boxes: np.ndarray, split: str) -> Iterator[ImageTask]:
    images, objects = table.images, table.objects
    columns = {name: objects[name].to_numpy() for name in ("object", "label", "difficult", "crowd", "area")}
    segmentation = objects["segmentation"].to_numpy()
    bounds = np.searchsorted(objects["image_id"].to_numpy(), np.arange(1, len(images) + 2))
    files = images["file"].to_numpy(dtype=object)
    sizes = images[["width", "height"]].to_numpy()
    normalised = images["normalised"].to_numpy()
    members = np.flatnonzero(images["split"].to_numpy(dtype=object) == split)
    hashes = np.array([image_hash("order", files[row]) for row in members], np.uint64)
    for row in members[np.argsort(hashes, kind="stable")].tolist():
        part = slice(bounds[row], bounds[row + 1])
        yield ImageTask(
            row,
            row + 1,
            files[row],
            (int(sizes[row, 0]), int(sizes[row, 1])),
            bool(normalised[row]),
            int(bounds[row]),
            columns["object"][part],
            columns["label"][part],
            boxes[part].copy(),
            columns["difficult"][part],
            columns["crowd"][part],
            columns["area"][part],
            table.segmentations.of(segmentation[part]),
        )


def _batches(raw: Path, tasks: Iterable[ImageTask]) -> Iterator[list[ImageTask]]:
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
