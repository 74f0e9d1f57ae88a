"""The checked dataset, an image at a time: tables in memory, images and masks from the records."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from pipeline.datasets.converted.issues import read_issues
from pipeline.datasets.raw.record_images import ENCODED
from pipeline.datasets.records.example import Values, decode_example
from pipeline.datasets.records.files import read_record, record_places
from pipeline.errors import PipelineError
from pipeline.progress import progress_bar

_OBJECT = ["label", "xmin", "ymin", "xmax", "ymax", "difficult", "crowd", "area"]


class WrittenObject(NamedTuple):
    """An object of an image.

    Attributes:
        label: 1..K.
        xmin: px; all corners are NaN for a label of the whole image.
        ymin: px.
        xmax: px.
        ymax: px.
        difficult: 0 or 1.
        crowd: 0 or 1.
        area: px²; NaN for a label of the whole image.
        mask: A PNG of 0 and 1 of the image's size; b"" for no mask.
        keypoints: float64 [N, 3], x and y in px, and COCO's code; None if the dataset has no keypoints.
    """

    label: int
    xmin: float
    ymin: float
    xmax: float
    ymax: float
    difficult: int
    crowd: int
    area: float
    mask: bytes = b""
    keypoints: np.ndarray | None = None

    @property
    def has_box(self) -> bool:
        """Return whether the object has a box. A label of the whole image has none."""
        return not np.isnan(self.xmin)


class WrittenImage(NamedTuple):
    """An image.

    Attributes:
        id: The id in ``images.csv``.
        file: The path in the raw dataset.
        width: px.
        height: px.
        format: ``jpeg`` or ``png``.
        encoded: The encoded image.
        objects: The objects in the order of ``objects.csv``.
    """

    id: int
    file: str
    width: int
    height: int
    format: str
    encoded: bytes
    objects: list[WrittenObject]


@dataclass(frozen=True)
class ConvertedDataset:
    """The dataset that the convert stage wrote.

    Attributes:
        images: Columns id, file, width, height (px), split.
        objects: Columns image_id, label (1..K), xmin, ymin, xmax, ymax (px), difficult, crowd (0 or 1), area (px²).
        class_names: The names of the classes 1..K.
        records: The folder of the TFRecords.
        keypoint_names: The names of the keypoints of an object; none if the dataset has no keypoints.
    """

    images: pd.DataFrame
    objects: pd.DataFrame
    class_names: list[str]
    records: Path
    keypoint_names: list[str] = field(default_factory=list)

    @cached_property
    def issues(self) -> dict[str, list[str]]:
        """The faults of each image by its path, a line each: the fault, what is wrong, and what was done."""
        lines: dict[str, list[str]] = {}
        for issue in read_issues(self.records / "issues.csv").to_dict("records"):
            text = f"{issue['fault']}: {issue['detail']} -> {issue['action']}"
            lines.setdefault(issue["file"], []).append(" ".join(text.split()))
        return lines

    def of_split(self, split: str) -> Iterator[WrittenImage]:
        """Iterate over a split's images in the order of the records.

        Raises:
            PipelineError: The records and the tables are not of one run of the convert stage.
        """
        left = set(self.images["id"][self.images["split"] == split])
        with progress_bar(f"writing {split}", len(left)) as advance:
            for path in sorted(self.records.glob(f"{split}-*.tfrecord")):
                try:
                    for place in record_places(path):
                        image = self._image(decode_example(read_record(path, place.offset)))
                        left.remove(image.id)
                        yield image
                        advance(1)
                except (ValueError, LookupError, TypeError) as error:
                    raise PipelineError(f"{path}: {_mismatch(error)}") from None
        if left:
            raise PipelineError(
                f"{self.records}: {_mismatch(f'{len(left)} images of {split} have no record')}"
            )

    def _image(self, features: dict[str, Values]) -> WrittenImage:
        number = int(bytes(features["image/source_id"][0]))
        image_format, encoded = bytes(features["image/format"][0]).decode(), bytes(features[ENCODED][0])
        masks = iter(_masks(features))
        objects = [
            WrittenObject(*row[: len(_OBJECT)])._replace(keypoints=row[-1] if self.keypoint_names else None)
            for row in self._objects_of(number)
        ]
        masked = [row._replace(mask=next(masks, b"")) if row.has_box else row for row in objects]
        return WrittenImage(number, *self._rows[number], image_format, encoded, masked)

    @cached_property
    def _rows(self) -> dict[int, tuple[str, int, int]]:
        columns = (self.images[name].tolist() for name in ("file", "width", "height"))
        return dict(zip(self.images["id"].tolist(), zip(*columns, strict=True), strict=True))

    def _objects_of(self, image: int) -> Iterator[tuple[Any, ...]]:
        ids, columns = self._columns
        start, end = np.searchsorted(ids, [image, image + 1])
        return zip(*(column[start:end].tolist() for column in columns), strict=True)

    @cached_property
    def _columns(self) -> tuple[np.ndarray, list[np.ndarray]]:
        """The image ids in ascending order, and the columns of an object."""
        table = self.objects.sort_values("image_id", kind="stable")
        names = [*_OBJECT, *(["keypoints"] if self.keypoint_names else [])]
        return table["image_id"].to_numpy(), [table[name].to_numpy() for name in names]


def _mismatch(error: object) -> str:
    """Return the message for records that do not match the tables."""
    return f"not what the tables beside it speak of ({error}); run the convert stage anew"


def _masks(features: dict[str, Values]) -> list[bytes]:
    """Return the masks of an image's boxes, none if the image has no masks.

    The mask is b"" for a box without one: its record holds the filled box.
    """
    masks, present = (features.get(f"image/object/{name}", []) for name in ("mask", "has_mask"))
    return [bytes(mask) if own else b"" for mask, own in zip(masks, present, strict=True)]
