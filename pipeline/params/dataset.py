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
    """The drawn clothing catalogue."""

    scenes: Annotated[int, Field(ge=20)]
    size: Annotated[int, Field(ge=96, le=1024)]


ColumnName = Annotated[str, Field(min_length=1)]


class CsvColumns(Section):
    """Which columns of a CSV file hold what; ``auto`` takes the customary names."""

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
    """The part of the section that says where the dataset comes from."""

    source: Annotated[str, Field(pattern=r"^(builtin|path|url|tfds:.+)$")]
    path: Annotated[str, Field(min_length=1)]
    url: str | None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")] | None
    builtin: BuiltinDataset


class DatasetFormat(Section):
    """The part of the section that says how the dataset's annotations are read."""

    format: FormatName
    csv: CsvColumns
    group_column: ColumnName | None


class Dataset(DatasetSource, DatasetFormat):
    """Where the dataset comes from and how it is read.

    Each stage takes the part that it needs, so that a change of the format does not download the dataset again.
    """
