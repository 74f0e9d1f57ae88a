"""Reads the VGG Image Annotator: projects and exported annotations in JSON, and exported annotations in CSV.

The class of a region is the attribute that all regions of the dataset have; see
:func:`pipeline.datasets.formats.via.regions.class_attribute`. A region with several ticked values is an object of each
of them. Attributes of files are not used. If there are several files, their names or folders give the splits.
"""

import logging
from itertools import chain

from pipeline.datasets.formats.shared.annotated_image import AnnotatedImage, add_all
from pipeline.datasets.formats.shared.csv_files import csv_files
from pipeline.datasets.formats.shared.peek import head_and_tail, peek
from pipeline.datasets.formats.shared.split_words import splits_of
from pipeline.datasets.formats.via import csv_tables, json_files
from pipeline.datasets.formats.via.regions import class_attribute, objects_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.errors import PipelineError
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

logger = logging.getLogger(__name__)

TITLE = "VGG Image Annotator (.json with shape_attributes or _via_img_metadata, or .csv with region_shape_attributes)"

_PEEKED_FILES = 20


def matches(folder: DatasetFolder) -> bool:
    """Return whether one of the first JSON or CSV files is of the VGG Image Annotator."""
    return any(map(json_files.is_via, peek(folder, ".json"))) or any(
        map(csv_tables.is_via, csv_files(folder)[:_PEEKED_FILES])
    )


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each file. Class names are sorted.

    Raises:
        PipelineError: A JSON file is broken, or it is not clear which attribute is the class.
    """
    files = [
        file for file in folder.with_suffix(".json") if json_files.is_via(head_and_tail(folder.root / file))
    ]
    tables = [source for source in csv_files(folder) if csv_tables.is_via(source)]
    splits = splits_of([*files, *(source.file for source in tables)])
    builder = TableBuilder()
    entries = list(
        chain(
            *(json_files.json_entries(folder, file, builder.issues) for file in files),
            *(csv_tables.csv_entries(folder, source, builder.issues) for source in tables),
        )
    )
    try:
        attribute = class_attribute(entries)
    except PipelineError as error:
        raise PipelineError(f"{folder.root}: {error}") from None
    logger.info("the class of a region is its attribute %r", attribute)
    images = (
        AnnotatedImage(
            entry.annotation,
            (entry.name,),
            0,
            0,
            *objects_of(entry.regions, attribute),
            split=splits[entry.annotation],
            shared=True,
        )
        for entry in entries
    )
    add_all(builder, folder, images)
    return builder.build(sort_classes=True)
