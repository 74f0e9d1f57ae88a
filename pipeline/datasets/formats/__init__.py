"""Annotation formats: a module each, which recognises its own files and reads them into an annotation table.

A new format is one module with ``matches`` and ``read``, and one line in :data:`FORMATS`.
"""

import posixpath
from dataclasses import replace
from typing import Protocol

from pipeline.datasets.folder import DatasetFolder
from pipeline.datasets.formats import coco, cvat, folders, label_studio, labelme, voc
from pipeline.datasets.table import AnnotationTable, Issue
from pipeline.datasets.workers import Workers
from pipeline.errors import PipelineError
from pipeline.params import Dataset


class Format(Protocol):
    """What the module of a format offers."""

    TITLE: str
    """What it is and how it is recognised, for a person."""

    def matches(self, folder: DatasetFolder) -> bool:
        """Say whether the folder looks like this format; quick, and never an error."""
        ...

    def read(self, folder: DatasetFolder, dataset: Dataset, workers: Workers) -> AnnotationTable:
        """Parse the folder's annotations; what cannot be read goes to the table's issues."""
        ...


FORMATS: dict[str, Format] = {
    "voc": voc,
    "coco": coco,
    "labelme": labelme,
    "cvat": cvat,
    "label_studio": label_studio,
    "folders": folders,
}
# They look like much that is none, so they are recognised only where no other format is.
_WEAK = ("csv", "folders")


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
            "set dataset.format to the one to read"
        )
    if broken := [file for file in folder.with_suffix(".json") if coco.is_broken(folder, file)]:
        raise PipelineError(
            f"{folder.root}: no annotations recognised; not readable as JSON: {', '.join(broken)}"
        )
    titles = "; ".join(module.TITLE for module in FORMATS.values())
    raise PipelineError(
        f"{folder.root}: no annotations recognised among {len(folder.files)} files; looked for {titles}"
    )


def read_annotations(folder: DatasetFolder, dataset: Dataset, workers: Workers) -> AnnotationTable:
    """Read the folder's annotations, and say aloud which format they are in.

    Args:
        folder: The dataset's folder.
        dataset: Its parameters; ``format`` is one of :data:`FORMATS`, or ``auto``.
        workers: Who parses, where a dataset has many files.

    Raises:
        PipelineError: the format is not recognised, or nothing of it is there.
    """
    name: str = dataset.format
    if name == "auto":
        name = recognise(folder)
        print(f"format: {name} (recognised from the files)")
    elif not FORMATS[name].matches(folder):
        raise PipelineError(
            f"{folder.root}: dataset.format is {name}, but no annotation of that format is there; "
            f"looked for {FORMATS[name].TITLE}"
        )
    table = FORMATS[name].read(folder, dataset, workers)
    return replace(table, issues=(*table.issues, *_images_without_annotation(folder, table)))


def _images_without_annotation(folder: DatasetFolder, table: AnnotationTable) -> list[Issue]:
    """List the images that no annotation names, beside those that one does; masks elsewhere are none."""
    named = set(table.images["file"])
    folders = {posixpath.dirname(file) for file in named}
    left = [file for file in folder.images() if file not in named and posixpath.dirname(file) in folders]
    detail = "no annotation names it"
    return [Issue(file, None, "image-without-annotation", detail, "image left out") for file in left]
