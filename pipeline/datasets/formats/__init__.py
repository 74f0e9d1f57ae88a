"""Annotation formats: a module each, which recognises its own files and reads them into an annotation table.

A new format is one module with ``TITLE``, ``matches`` and ``read``, an entry in :data:`FORMATS`, and its name in
``pipeline/params/dataset.py``.
"""

import logging
from collections.abc import Callable
from typing import Protocol

from pipeline.datasets.formats import folders, idx, labelme, openimages, voc
from pipeline.datasets.formats.coco import reader as coco
from pipeline.datasets.formats.csv import reader as csv
from pipeline.datasets.formats.cvat import reader as cvat
from pipeline.datasets.formats.label_studio import reader as label_studio
from pipeline.datasets.formats.tfrecord import reader as tfrecord
from pipeline.datasets.formats.yolo import reader as yolo
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.errors import PipelineError
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

logger = logging.getLogger(__name__)


class Format(Protocol):
    """What the module of a format offers."""

    TITLE: str
    """What it is and how it is recognised, for a person."""

    def matches(self, folder: DatasetFolder) -> bool:
        """Say whether the folder looks like this format; quick, and never an error."""
        ...

    def read(self, folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
        """Parse the folder's annotations; what cannot be read goes to the table's issues."""
        ...


FORMATS: dict[str, Format] = {
    "voc": voc,
    "coco": coco,
    "yolo": yolo,
    "csv": csv,
    "labelme": labelme,
    "cvat": cvat,
    "openimages": openimages,
    "label_studio": label_studio,
    "folders": folders,
    "idx": idx,
    "tfrecord": tfrecord,
}
# They look like much that is none, so they are recognised only where no other format is.
_WEAK = ("csv", "folders")
# Of those that need less where the user names them: whether there is anything to read.
_IS_THERE: dict[str, Callable[[DatasetFolder], bool]] = {"csv": csv.is_there, "yolo": yolo.is_there}


def recognise(folder: DatasetFolder) -> str:
    """Name the one format that the folder's files are in.

    Raises:
        PipelineError: none of them, or more than one.
    """
    if not folder.files:
        raise PipelineError(f"{folder.root}: the dataset is empty: there is no file in it")
    found = [name for name, module in FORMATS.items() if name not in _WEAK and module.matches(folder)]
    found = found or [name for name in _WEAK if name in FORMATS and FORMATS[name].matches(folder)][:1]
    if len(found) == 1:
        return found[0]
    if found:
        choice = f"{', '.join(found[:-1])} and {found[-1]}"
        raise PipelineError(
            f"{folder.root}: annotations of {choice}{' both' if len(found) == 2 else ''}; "
            "set dataset.format to the one to read (for inspect, --format)"
        )
    if broken := [file for file in folder.with_suffix(".json") if coco.is_broken(folder, file)]:
        raise PipelineError(
            f"{folder.root}: no annotations recognised; not readable as JSON: {', '.join(broken)}"
        )
    titles = "; ".join(module.TITLE for module in FORMATS.values())
    raise PipelineError(
        f"{folder.root}: no annotations recognised among {len(folder.files)} files; looked for {titles}"
    )


def read_annotations(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read the folder's annotations, and log the format if it is recognised.

    Args:
        folder: The dataset's folder.
        dataset: Its parameters; ``format`` is one of :data:`FORMATS`, or ``auto``.
        workers: Who parses, where a dataset has many files.

    Raises:
        PipelineError: the format is not recognised, nothing of it is there, or no image has the group asked for.
    """
    name: str = dataset.format
    if name == "auto":
        name = recognise(folder)
        logger.info("format: %s (recognised from the files)", name)
    elif not _IS_THERE.get(name, FORMATS[name].matches)(folder):
        raise PipelineError(
            f"{folder.root}: dataset.format is {name}, but no annotation of that format is there; "
            f"looked for {FORMATS[name].TITLE}"
        )
    table = FORMATS[name].read(folder, dataset, workers)
    if dataset.group_column and len(table.images) and (table.images["group"] == "").all():
        raise PipelineError(
            f"{folder.root}: dataset.group_column is {dataset.group_column}, but no image of this {name} dataset "
            "has one; it is a column of csv and openimages, or a key of coco's images; set it to that, or to null"
        )
    return table
