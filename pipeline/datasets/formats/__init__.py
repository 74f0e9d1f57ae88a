"""Recognises the annotation format of a dataset and reads its annotations.

A new format is one module with ``TITLE``, ``matches`` and ``read``, an entry in :data:`FORMATS`, and its name in
``pipeline/params/dataset.py``.
"""

import logging
from collections.abc import Callable
from typing import Protocol

from pipeline.datasets.formats import (
    bdd100k,
    cityscapes,
    createml,
    crowdhuman,
    datumaro,
    dota,
    folders,
    idx,
    instance_masks,
    kitti,
    labelme,
    line_list,
    mot,
    oidv4,
    openimages,
    pts,
    sagemaker,
    supervisely,
    visdrone,
    vott,
    widerface,
)
from pipeline.datasets.formats.coco import reader as coco
from pipeline.datasets.formats.csv import reader as csv
from pipeline.datasets.formats.cvat import reader as cvat
from pipeline.datasets.formats.label_studio import reader as label_studio
from pipeline.datasets.formats.shared.ignored_regions import without_ignored_regions
from pipeline.datasets.formats.shared.unread_formats import unread_format
from pipeline.datasets.formats.shared.unused_files import unused_files
from pipeline.datasets.formats.tfrecord import reader as tfrecord
from pipeline.datasets.formats.via import reader as via
from pipeline.datasets.formats.voc import reader as voc
from pipeline.datasets.formats.yolo import reader as yolo
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable, with_issues
from pipeline.errors import PipelineError
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

logger = logging.getLogger(__name__)


class Format(Protocol):
    """The interface of a format's module."""

    TITLE: str
    """The format's name and the files by which it is recognised, for messages to the user."""

    def matches(self, folder: DatasetFolder) -> bool:
        """Return whether the folder looks like this format. Broken files raise no error."""
        ...

    def read(self, folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
        """Parse the folder's annotations. The table's issues list what cannot be read.

        Raises:
            PipelineError: A file that the whole dataset depends on is broken.
        """
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
    "cityscapes": cityscapes,
    "widerface": widerface,
    "visdrone": visdrone,
    "dota": dota,
    "supervisely": supervisely,
    "crowdhuman": crowdhuman,
    "bdd100k": bdd100k,
    "datumaro": datumaro,
    "sagemaker": sagemaker,
    "instance_masks": instance_masks,
    "folders": folders,
    "idx": idx,
    "pts": pts,
    "tfrecord": tfrecord,
    "line_list": line_list,
    "kitti": kitti,
    "mot": mot,
    "via": via,
    "oidv4": oidv4,
    "createml": createml,
    "vott": vott,
}
# These formats are recognised only if no other format is, because many other files look like them.
_WEAK = ("csv", "instance_masks", "folders")
# These formats have a weaker check for the case that the user names the format.
_IS_THERE: dict[str, Callable[[DatasetFolder], bool]] = {
    "csv": csv.is_there,
    "yolo": yolo.is_there,
    "instance_masks": instance_masks.is_there,
}


def recognise(folder: DatasetFolder) -> str:
    """Return the name of the folder's format, a key of :data:`FORMATS`.

    Raises:
        PipelineError: The folder is empty, or its files match no format or more than one.
    """
    if not folder.files:
        raise PipelineError(
            f"{folder.root}: the dataset is empty: there is no file in it; copy the dataset into it"
        )
    names = [name for name, module in FORMATS.items() if name not in _WEAK and module.matches(folder)]
    names = names or [name for name in _WEAK if name in FORMATS and FORMATS[name].matches(folder)][:1]
    if names == ["folders"] and (file := folders.other_annotations(folder)):
        found = unread_format(folder) or (
            f"{file} looks like an annotation, but no format is recognised; convert it to COCO or CSV"
        )
        raise PipelineError(
            f"{folder.root}: {found}; if each folder of images is a class of whole images all the same, set "
            "dataset.format to folders (for inspect and init, --format)"
        )
    if len(names) == 1:
        return names[0]
    if names:
        raise PipelineError(
            f"{folder.root}: the folder has annotations in the formats {', '.join(names[:-1])} and {names[-1]}; "
            "set dataset.format to one of them (for inspect and init, --format)"
        )
    if broken := [file for file in folder.with_suffix(".json") if coco.is_broken(folder, file)]:
        raise PipelineError(
            f"{folder.root}: no annotations recognised; these files are not readable as JSON: {', '.join(broken)}; "
            "repair or replace them"
        )
    if unread := unread_format(folder):
        raise PipelineError(f"{folder.root}: no annotations recognised: {unread}")
    hint = (
        "if the CSV files are the annotations, set dataset.format to csv (for inspect and init, --format), which says "
        "what their columns lack; otherwise "
        if csv.is_there(folder)
        else ""
    )
    titles = "; ".join(module.TITLE for module in FORMATS.values())
    raise PipelineError(
        f"{folder.root}: no annotations recognised among {len(folder.files)} files; "
        f"{hint}add annotations in one of these formats: {titles}"
    )


def format_of(folder: DatasetFolder, dataset: DatasetFormat) -> str:
    """Return the name of the folder's format. If ``dataset.format`` is ``auto``, recognise the format and log it.

    Raises:
        PipelineError: The format is not recognised, or the folder has no annotations in the given format.
    """
    name: str = dataset.format
    if name == "auto":
        name = recognise(folder)
        logger.info("format: %s (recognised from the files)", name)
    elif not _IS_THERE.get(name, FORMATS[name].matches)(folder):
        raise PipelineError(
            f"{folder.root}: dataset.format is {name}, but the folder has no annotations in {FORMATS[name].TITLE}; "
            "set dataset.format to the format of the annotations, or to auto"
        )
    return name


def read_annotations(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read the folder's annotations in the format of :func:`format_of`.

    Raises:
        PipelineError: The format is not recognised, the folder has no annotations in the given format, a file is
            broken, or ``dataset.group_column`` is set and no image has a group.
    """
    name = format_of(folder, dataset)
    table = FORMATS[name].read(folder, dataset, workers)
    if dataset.group_column and len(table.images) and (table.images["group"] == "").all():
        raise PipelineError(
            f"{folder.root}: dataset.group_column is {dataset.group_column}, but no image of this {name} dataset "
            "has a group; set it to a column of csv or openimages, to a key of the images of coco, or to null"
        )
    return with_issues(without_ignored_regions(table), unused_files(folder, table))
