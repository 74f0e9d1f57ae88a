"""The section ``dataset`` of ``params.yaml``."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.params.base import NonNegative, Positive, Rate, Section

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
    "cityscapes",
    "widerface",
    "visdrone",
    "dota",
    "supervisely",
    "crowdhuman",
    "bdd100k",
    "datumaro",
    "sagemaker",
    "instance_masks",
    "folders",
    "idx",
    "pts",
    "tfrecord",
    "line_list",
    "kitti",
    "mot",
    "via",
    "oidv4",
    "createml",
    "vott",
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
    bbox: ColumnName
    bbox_order: Literal["auto", "xywh", "xyxy"]
    width: ColumnName
    height: ColumnName
    split: ColumnName
    boxes: Literal["auto", "pixels", "normalised"]
    columns: Annotated[list[ColumnName], Field(min_length=1)] | None


class Compose(Section):
    """The scenes that are composed of the images of a classification dataset."""

    scenes: Annotated[int, Field(ge=10)]
    size: Annotated[int, Field(ge=32, le=1024)]
    objects_min: Annotated[int, Field(ge=0)]
    objects_max: Positive
    scale_min: Annotated[float, Field(gt=0, le=1)]
    scale_max: Annotated[float, Field(gt=0, le=1)]
    background: Literal["black", "white", "noise"]


class Sound(Section):
    """The spectrograms of recordings."""

    window: Rate
    hop: Rate
    bands: Annotated[int, Field(ge=8, le=512)]
    low: NonNegative
    high: Rate | None
    decibels: Rate
    seconds: Rate | None


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


class DatasetComposition(DatasetFormat):
    """The parameters of the section that say how scenes are composed."""

    compose: Compose


class DatasetSound(Section):
    """The parameters of the section that say how recordings become pictures."""

    sound: Sound


class ConvertedDataset(DatasetFormat):
    """The parameters of the section that say what is converted."""

    images: Literal["raw", "composed", "spectrograms"]


class Dataset(DatasetSource, DatasetComposition, DatasetSound, ConvertedDataset):
    """The whole section.

    A stage depends on one of the base classes, so that a change of the format does not download the dataset again.
    """
