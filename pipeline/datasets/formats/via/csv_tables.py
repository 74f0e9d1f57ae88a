"""Parses the CSV exports of the VGG Image Annotator, versions 1 and 2: a row for each region, with JSON in cells."""

from pipeline.datasets.formats.shared.csv_files import CsvFile, read_rows
from pipeline.datasets.formats.via.regions import Entry, Region, values_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.safe_json import parse_json
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError
from pipeline.datasets.table.faults import Action, Fault, Issue

_SHAPE, _ATTRIBUTES = "region_shape_attributes", "region_attributes"


def is_via(source: CsvFile) -> bool:
    """Return whether a CSV file has the columns of the VGG Image Annotator."""
    return {"filename", _SHAPE, _ATTRIBUTES} <= {_key(column) for column in source.columns}


def _key(column: str) -> str:
    """Return the name of a column. In version 1, the first has a ``#`` before it."""
    return column.lower().lstrip("#").strip()


def csv_entries(folder: DatasetFolder, source: CsvFile, issues: list[Issue]) -> list[Entry]:
    """Return the images of a file in the order of their first rows. List the issues of rows that cannot be read."""
    columns = {_key(column): column for column in reversed(source.columns)}
    columns = {key: columns[key] for key in ("filename", _SHAPE, _ATTRIBUTES)}
    rows = read_rows(folder, source, columns, issues)
    entries: dict[str, Entry] = {}
    for name, shape, attributes in rows[list(columns)].itertuples(index=False, name=None):
        regions = entries.setdefault(name, Entry(source.file, name, [])).regions
        try:
            shape = parse_json(shape.encode() or b"{}")
            values = values_of(parse_json(attributes.encode() or b"{}"))
        except UnreadableAnnotationError as error:
            detail = f"a row of {name!r}: {error}"
            issues.append(
                Issue(source.file, Fault(None, "unreadable-annotation", detail, Action.DROP, "row left out"))
            )
            continue
        if shape != {}:  # the row of an image without regions
            regions.append(Region(shape, values))
    return list(entries.values())
