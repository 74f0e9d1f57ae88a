"""CSV with a header and a row a box, in one file or several.

The columns are found by their customary names, or named in ``dataset.csv``. A row without a box says that the
image is one without objects. The split is that of a column, or of the file's name (``train_labels.csv``) where
there are several.
"""

import logging

from pipeline.datasets.formats import openimages
from pipeline.datasets.formats.csv.columns import (
    BOX_SIZES,
    CUSTOMARY,
    find_columns,
    missing,
    what_is_missing,
)
from pipeline.datasets.formats.shared.annotated_image import add_all
from pipeline.datasets.formats.shared.box_rows import annotated_images, box_rows
from pipeline.datasets.formats.shared.csv_files import column_key, csv_files, read_rows
from pipeline.datasets.formats.shared.split_words import split_of, splits_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.errors import PipelineError
from pipeline.params.dataset import CsvColumns, DatasetFormat
from pipeline.workers import Workers

logger = logging.getLogger(__name__)

TITLE = (
    "CSV (.csv with a header and columns of image, label, xmin, ymin, xmax and ymax; "
    "of other names with dataset.format csv and dataset.csv)"
)

_PEEKED_FILES = 20


# Columns of detections, which are not to be taken for the truth unasked.
_SCORES = frozenset({"score", "confidence", "conf"})


def matches(folder: DatasetFolder) -> bool:
    """Say whether a CSV file has columns of the customary names, and neither scores nor Open Images' header."""
    columns = CsvColumns(**dict.fromkeys(CUSTOMARY, "auto"), boxes="auto")
    return any(
        not missing(find_columns(source, columns, None))
        and not openimages.is_boxes(source)
        and _SCORES.isdisjoint(map(column_key, source.columns))
        for source in csv_files(folder)[:_PEEKED_FILES]
    )


def is_there(folder: DatasetFolder) -> bool:
    """Say whether a CSV file has columns, whatever their names."""
    return any(len(source.columns) > 1 for source in csv_files(folder))


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each CSV file that has the columns; class names are sorted.

    Raises:
        PipelineError: none has them.
    """
    files = csv_files(folder)
    columns = {source: find_columns(source, dataset.csv, dataset.group_column) for source in files}
    read_files = [source for source in files if not missing(columns[source])]
    if not read_files:
        raise PipelineError(f"{folder.root}: {what_is_missing(columns)}")
    if left_out := [source.file for source in files if source not in read_files]:
        logger.info("left out, without the columns of boxes: %s", ", ".join(left_out))
    normalised = {"auto": None, "pixels": False, "normalised": True}[dataset.csv.boxes]
    splits = splits_of([source.file for source in read_files])
    builder = TableBuilder()
    rows = []
    for source in read_files:
        found = {role: name for role, name in columns[source].items() if name}
        texts = read_rows(folder, source, found, builder.issues)
        if "split" in texts:
            texts["split"] = texts["split"].map({said: split_of(said) for said in texts["split"].unique()})
        sizes = frozenset(role for role, names in BOX_SIZES.items() if column_key(found[role]) in names)
        rows.append(
            box_rows(texts, source.file, split=splits[source.file], normalised=normalised, sizes=sizes)
        )
    add_all(builder, folder, annotated_images(rows))
    return builder.build(sort_classes=True)
