"""Annotation formats: a module each, which recognises its own files and reads them into an annotation table.

A new format is one module with ``matches`` and ``read``, and one line in :data:`FORMATS`.
"""

import posixpath
from dataclasses import replace
from typing import Protocol

from pipeline.datasets.folder import DatasetFolder
from pipeline.datasets.formats import coco, voc
from pipeline.datasets.table import AnnotationTable, Issue
from pipeline.errors import PipelineError


class Format(Protocol):
    """What the module of a format offers."""

    def matches(self, folder: DatasetFolder) -> bool:
        """Say whether the folder looks like this format; quick, and never an error."""
        ...

    def read(self, folder: DatasetFolder) -> AnnotationTable:
        """Parse the folder's annotations; what cannot be read goes to the table's issues."""
        ...


FORMATS: dict[str, Format] = {
    "voc": voc,
    "coco": coco,
}


def recognise(folder: DatasetFolder) -> str:
    """Name the one format that the folder's files are in.

    Raises:
        PipelineError: none of them, or more than one.
    """
    if not folder.files:
        raise PipelineError(f"{folder.root}: the dataset is empty: there is no file in it")
    found = [name for name, module in FORMATS.items() if module.matches(folder)]
    if len(found) == 1:
        return found[0]
    if found:
        choice = " and ".join(found)
        raise PipelineError(
            f"{folder.root}: annotations of {choice} both; set dataset.format to the one to read"
        )
    if broken := [file for file in folder.with_suffix(".json") if coco.is_broken(folder, file)]:
        raise PipelineError(
            f"{folder.root}: no annotations recognised; not readable as JSON: {', '.join(broken)}"
        )
    raise PipelineError(
        f"{folder.root}: no annotations recognised among {len(folder.files)} files; looked for "
        "Pascal VOC (.xml with an <annotation>) and COCO (.json with images, annotations and categories)"
    )


def read_annotations(folder: DatasetFolder, name: str) -> AnnotationTable:
    """Read the folder's annotations, and say aloud which format they are in.

    Args:
        folder: The dataset's folder.
        name: One of :data:`FORMATS`, or ``auto``.

    Raises:
        PipelineError: the format is not recognised, or nothing of it is there.
    """
    if name == "auto":
        name = recognise(folder)
        print(f"format: {name} (recognised from the files)")
    elif not FORMATS[name].matches(folder):
        raise PipelineError(
            f"{folder.root}: dataset.format is {name}, but no annotation of that format is there"
        )
    table = FORMATS[name].read(folder)
    return replace(table, issues=(*table.issues, *_images_without_annotation(folder, table)))


def _images_without_annotation(folder: DatasetFolder, table: AnnotationTable) -> list[Issue]:
    """List the images that no annotation names, beside those that one does; masks elsewhere are none."""
    named = set(table.images["file"])
    folders = {posixpath.dirname(file) for file in named}
    left = [file for file in folder.images() if file not in named and posixpath.dirname(file) in folders]
    detail = "no annotation names it"
    return [Issue(file, None, "image-without-annotation", detail, "image left out") for file in left]
