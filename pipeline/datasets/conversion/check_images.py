"""From the annotation table to checked TFRecords: many processes read the images, one writes the records in order.

Memory does not grow with the images: a worker reads, checks and encodes a batch of them, and few batches are on their
way at a time. Images that EXIF turns are checked last, because all of them together decide of which picture their boxes
are. This process spools the records on disk in the order of the tasks, so the bytes do not depend on the number of
workers. The records are written to their splits when all images were read: only then it is known which images are
copies or near-duplicates of others.
"""

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np

from pipeline.datasets.checks.exif import readings
from pipeline.datasets.conversion.findings import Results, findings
from pipeline.datasets.conversion.image_depth import dataset_depth
from pipeline.datasets.conversion.one_image import check_batch
from pipeline.datasets.conversion.spool import Spool
from pipeline.datasets.conversion.tasks import ImageTask, batches, image_tasks, reading_order
from pipeline.datasets.conversion.written import write_splits
from pipeline.datasets.converted.bit_depth import write_bit_depth
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.params.convert import Convert
from pipeline.progress import progress_bar
from pipeline.workers import Workers

logger = logging.getLogger(__name__)


def check_images(
    raw: Path,
    table: AnnotationTable,
    settings: Convert,
    workers: Workers,
    out: Path | None,
) -> AnnotationTable:
    """Check each image, its boxes and masks; write ``{train,val,test}-*.tfrecord``, ``masks.csv``, ``bit_depth.txt``.

    Args:
        table: The annotations. An image whose split is "unlisted" is not used.
        settings: The rules, and the number of records in a file.
        workers: Read and check the images. The bytes written do not depend on their number.
        out: The folder of the records; None to check only.

    Returns:
        The images and objects that are fit to use, with the actual sizes and repaired boxes, and all issues.
    """
    order = reading_order(table)
    results = Results.for_table(table)
    files = table.images["file"].to_numpy(dtype=object)[order].tolist()
    depth = dataset_depth(raw, files, workers, settings.checks.max_pixels)
    check = partial(check_batch, raw, table.class_names, settings, out is not None, depth)
    title = "checking images" if out is None else "checking and writing images"
    with ExitStack() as stack:
        spool = stack.enter_context(Spool(out, len(table.images))) if out else None
        with progress_bar(title, len(order)) as advance:

            def run(tasks: Iterator[ImageTask]) -> int:
                shrunk = 0
                for batch in workers.map(check, batches(raw, tasks)):
                    for checked in batch:
                        results.add(checked)
                        shrunk += checked.sound is not None and checked.sound.shrunk
                        if spool and checked.sound:
                            spool.add(checked.row, checked.sound)
                    advance(sum(checked.rotated is None for checked in batch))
                return shrunk

            shrunk = run(image_tasks(table, order))
            of_rotated = readings(results.rotated, drawn_upright=table.drawn_upright)
            shrunk += run(image_tasks(table, order[np.isin(order, list(of_rotated))], of_rotated))
        splits, checked_table = findings(table, results, settings)
        if out and spool:
            write_bit_depth(depth, out)
            write_splits(out, splits.reindex(order).dropna(), spool, settings)
    if shrunk:
        text = "%s of %s images are larger than convert.max_side=%d px; records hold them shrunk to it"
        logger.info(text, f"{shrunk:,}", f"{len(order):,}", settings.max_side)
    return checked_table
