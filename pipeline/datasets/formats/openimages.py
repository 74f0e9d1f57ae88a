"""Reads Open Images: CSV files with one box per row, in fractions of the image.

If there are several files, their names give the splits, as in ``validation-annotations-bbox.csv``. Classes have
machine identifiers, such as ``/m/01g317``. A CSV file of two columns, such as ``class-descriptions-boxable.csv``,
names them. Boxes with ``IsGroupOf`` are crowds. The columns ``IsOccluded``, ``IsTruncated``, ``IsDepiction`` and
``IsInside`` are ignored. A ``Confidence`` other than 0 and 1 is that of a detection, which is left out.
"""

import re

from pipeline.datasets.formats.shared.annotated_image import add_all
from pipeline.datasets.formats.shared.box_rows import annotated_images, box_rows
from pipeline.datasets.formats.shared.csv_files import CsvFile, csv_files, read_rows
from pipeline.datasets.formats.shared.detections import score_column, without_detections
from pipeline.datasets.formats.shared.split_words import splits_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Issue
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "Open Images (.csv with the columns ImageID, LabelName, XMin, XMax, YMin and YMax)"
_PEEKED_FILES = 20
_COLUMNS = {
    "image": "imageid",
    "label": "labelname",
    "xmin": "xmin",
    "ymin": "ymin",
    "xmax": "xmax",
    "ymax": "ymax",
}
_KNOWN = frozenset({"", "source", "confidence", "isoccluded", "istruncated", "isdepiction", "isinside"})
_IDENTIFIER = re.compile(r"/[a-z]/\w+")


def matches(folder: DatasetFolder) -> bool:
    """Return whether one of the first CSV files has the columns of Open Images."""
    return any(is_boxes(source) for source in csv_files(folder)[:_PEEKED_FILES])


def is_boxes(source: CsvFile) -> bool:
    """Return whether a CSV file has the columns of Open Images, in any order and letter case."""
    return set(_COLUMNS.values()) <= {column.lower() for column in source.columns}


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each file of boxes. Class names are sorted. A class without a name keeps its identifier.

    Args:
        dataset: Only ``group_column`` is used.
    """
    files = csv_files(folder)
    boxes = [source for source in files if is_boxes(source)]
    splits = splits_of([source.file for source in boxes])
    builder = TableBuilder()
    names = _class_names(folder, files, builder.issues)
    rows = []
    for source in boxes:
        columns = _columns(source, dataset.group_column)
        unused = [
            name for name in source.columns if name.lower() not in _KNOWN and name not in columns.values()
        ]
        builder.unused.add(source.file, map("the column {!r}".format, unused))
        texts = read_rows(folder, source, columns, builder.issues)
        texts = without_detections(texts, source.file, builder.issues)
        texts["label"] = texts["label"].replace(names)
        split = splits[source.file]
        rows.append(box_rows(texts, source.file, split=split, normalised=True, sizes=frozenset()))
    add_all(builder, folder, annotated_images(folder, rows))
    return builder.build(sort_classes=True)


def _columns(source: CsvFile, group: str | None) -> dict[str, str]:
    """Return the file's column for each column of :func:`read_rows`'s result."""
    by_key = {column.lower(): column for column in reversed(source.columns)}
    columns = {role: by_key[key] for role, key in _COLUMNS.items()}
    if "isgroupof" in by_key:
        columns["crowd"] = by_key["isgroupof"]
    if score := score_column(source):
        columns["score"] = score
    if group in source.columns:
        columns["group"] = group
    return columns


def _class_names(folder: DatasetFolder, files: list[CsvFile], issues: list[Issue]) -> dict[str, str]:
    """Return the name of each identifier, from the files of two columns, which may have a header or not."""
    names = {}
    for source in files:
        if len(source.columns) != 2 or not _names_classes(source):
            continue
        # read_rows leaves out the first line, so source.columns adds it
        rows = read_rows(
            folder, source, dict(zip(("identifier", "name"), source.columns, strict=True)), issues
        )
        pairs = [source.columns, *rows.itertuples(index=False, name=None)]
        folder.use([source.file])
        names.update({key: name for key, name in pairs if _IDENTIFIER.fullmatch(key) and name})
    return names


def _names_classes(source: CsvFile) -> bool:
    identifier, name = source.columns
    header = (identifier.lower(), name.lower()) == ("labelname", "displayname")
    return header or bool(_IDENTIFIER.fullmatch(identifier))
