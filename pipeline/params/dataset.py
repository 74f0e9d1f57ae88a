"""The section ``dataset`` of ``params.yaml``."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.params.base import Section

FormatName = Literal[
    "auto",
    "voc",
    "coco",
    "yolo",
    "csv",
    "labelme",
    "cvat",
    "openimages",
    "label_studio",
    "folders",
    "idx",
    "tfrecord",
]


class BuiltinDataset(Section):
    """The size of the drawn clothing catalogue."""

    scenes: Annotated[int, Field(ge=20)]
    size: Annotated[int, Field(ge=96, le=1024)]


ColumnName = Annotated[str, Field(min_length=1)]
"""The name of a column; it is not empty."""


class CsvColumns(Section):
    """The names of the columns of a CSV file. ``auto`` selects the first column with a common name."""

    image: ColumnName
    label: ColumnName
    xmin: ColumnName
    ymin: ColumnName
    xmax: ColumnName
    ymax: ColumnName
    width: ColumnName
    height: ColumnName
    split: ColumnName
    boxes: Literal["auto", "pixels", "normalised"]


class DatasetSource(Section):
    """The parameters of the section that select and locate the dataset."""

    source: Annotated[str, Field(pattern=r"^(builtin|path|url|tfds:.+)$")]
    path: Annotated[str, Field(min_length=1)]
    url: str | None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")] | None
    builtin: BuiltinDataset


class DatasetFormat(Section):
    """The parameters of the section that say how the annotations are read."""

    format: FormatName
    csv: CsvColumns
    group_column: ColumnName | None


class Dataset(DatasetSource, DatasetFormat):
    """The whole section.

    A stage depends on one of the two base classes, so that a change of the format does not download the dataset again.
    """
