"""From the annotation table to checked TFRecords: many processes read the images once, one writes in order.

Memory does not grow with the dataset: a batch of images is read, checked and encoded by a worker, a few
batches are on their way at a time, and this process puts them aside on disk in the order they were handed out,
so that the bytes do not depend on how many workers there are. When all are seen, it is known which are copies,
or look like others, and the records are written to their splits.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np

from pipeline.datasets.conversion.findings import Findings
from pipeline.datasets.conversion.one_image import ImageTask, check_batch
from pipeline.datasets.conversion.splits import image_hash
from pipeline.datasets.conversion.spool import Spool
from pipeline.datasets.conversion.written import write_splits
from pipeline.datasets.raw.containers import stored_bytes
from pipeline.datasets.table.annotation_table import BOX, AnnotationTable
from pipeline.datasets.table.splits import HELD_OUT_FIRST
from pipeline.params.convert import Convert
from pipeline.progress import progress_bar
from pipeline.workers import Workers

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
    order = _reading_order(table)
    found = Findings(table, boxes, settings)
    check = partial(check_batch, raw, table.class_names, settings.checks, out is not None)
    said = "checking images" if out is None else "checking and writing images"
    with ExitStack() as stack:
        spool = stack.enter_context(Spool(out, len(table.images))) if out else None
        with progress_bar(said, len(order)) as advance:
            for batch in workers.map(check, _batches(raw, _tasks(table, boxes, order))):
                for checked in batch:
                    sound = found.take(checked)
                    if sound and spool:
                        spool.add(checked.row, sound.record, sound.runs)
                advance(len(batch))
        splits = found.splits()
        if out and spool:
            write_splits(out, splits.reindex(order).dropna(), spool, settings.images_per_shard)
    return found.table()


def _reading_order(table: AnnotationTable) -> np.ndarray:
    """Return the rows of the images that are in a split: those of the test first, within a split by a hash."""
    files = table.images["file"].to_numpy(dtype=object)
    splits = table.images["split"].to_numpy(dtype=object)
    order = []
    for split in HELD_OUT_FIRST:
        members = np.flatnonzero(splits == split)
        hashes = np.array([image_hash("order", files[row]) for row in members], np.uint64)
        order.append(members[np.argsort(hashes, kind="stable")])
    return np.concatenate(order)


def _tasks(table: AnnotationTable, boxes: np.ndarray, rows: np.ndarray) -> Iterator[ImageTask]:
    images, objects = table.images, table.objects
    columns = {name: objects[name].to_numpy() for name in ("object", "label", "difficult", "crowd", "area")}
    segmentation = objects["segmentation"].to_numpy()
    bounds = np.searchsorted(objects["image_id"].to_numpy(), np.arange(1, len(images) + 2))
    files = images["file"].to_numpy(dtype=object)
    sizes = images[["width", "height"]].to_numpy()
    normalised = images["normalised"].to_numpy()
    for row in rows.tolist():
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
