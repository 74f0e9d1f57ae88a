"""The checked dataset, an image at a time: tables in memory, images and masks from the records."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

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
        xmin: px, as the other corners; NaN for a label of the whole image.
        ymin: px.
        xmax: px.
        ymax: px.
        difficult: 0 or 1.
        crowd: 0 or 1.
        area: px²; NaN for a label of the whole image.
        mask: A PNG of 0 and 1, as large as the image; b"" for none.
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

    @property
    def has_box(self) -> bool:
        """Say whether it is more than a label of the whole image."""
        return not np.isnan(self.xmin)


class WrittenImage(NamedTuple):
    """An image.

    Attributes:
        id: Of its row in the table.
        file: As the table has it, of the dataset that was read.
        width: px.
        height: px.
        format: ``jpeg`` or ``png``.
        encoded: Its bytes.
        objects: In their order.
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
    """What the convert stage wrote.

    Attributes:
        images: id, file, width, height (px), split.
        objects: image_id, label (1..K), xmin, ymin, xmax, ymax (px), difficult, crowd (0 or 1), area (px²).
        class_names: Names of the classes 1..K.
        records: The folder with its TFRecords.
    """

    images: pd.DataFrame
    objects: pd.DataFrame
    class_names: list[str]
    records: Path

    def of_split(self, split: str) -> Iterator[WrittenImage]:
        """Iterate over a split's images, in the order of the records.

        Raises:
            PipelineError: records and tables do not belong together.
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
                    raise PipelineError(f"{path}: {_unlike(error)}") from None
        if left:
            raise PipelineError(f"{self.records}: {_unlike(f'{len(left)} images of {split} have no record')}")

    def count_boxes(self, written: str) -> int:
        """Count the objects with a box, in a format of boxes only, and say how many have none.

        Args:
            written: The format's name.

        Raises:
            PipelineError: each is a label of a whole image.
        """
        boxless = int(self.objects["xmin"].isna().sum())
        if boxless and boxless == len(self.objects):
            said = f"{written} has boxes only, and here are labels of whole images only; coco holds them"
            raise PipelineError(f"{self.records}: {said}")
        if boxless:
            print(f"left out, as {written} has boxes only: labels of whole images ({boxless})")
        return len(self.objects) - boxless

    def count(self, flag: str) -> int:
        """Count the objects that are ``crowd``, or ``difficult`` and no crowd."""
        flagged = self.objects[flag] == 1
        return int((flagged & (self.objects["crowd"] == 0) if flag == "difficult" else flagged).sum())

    def _image(self, features: dict[str, Values]) -> WrittenImage:
        number = int(bytes(features["image/source_id"][0]))
        image_format, encoded = bytes(features["image/format"][0]).decode(), bytes(features[ENCODED][0])
        masks = iter(_masks(features))
        objects = [WrittenObject(*row) for row in self._objects_of(number)]
        masked = [thing._replace(mask=next(masks, b"")) if thing.has_box else thing for thing in objects]
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
        """Image ids, ascending, and the columns of an object."""
        table = self.objects.sort_values("image_id", kind="stable")
        return table["image_id"].to_numpy(), [table[name].to_numpy() for name in _OBJECT]


def _unlike(error: object) -> str:
    return f"not what the tables beside it speak of ({error}); run the convert stage anew"


def _masks(features: dict[str, Values]) -> list[bytes]:
    """Return the mask of each box, b"" where it only stands in for one; nothing if the image has none."""
    masks, present = (features.get(f"image/object/{name}", []) for name in ("mask", "has_mask"))
    return [bytes(mask) if there else b"" for mask, there in zip(masks, present, strict=True)]
