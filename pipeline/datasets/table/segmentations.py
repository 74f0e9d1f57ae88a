"""The places of outlines in the annotation files.

Outlines are most of a COCO file: 300 of the 450 MB of its training set. So the table holds their places alone, and
an outline is read from its file when it is rasterised.
"""

from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.datasets.raw.json_stream import loads

NONE = -1
"""The value in the table's column ``segmentation`` of an object without a mask."""


@dataclass(frozen=True)
class Segmentations:
    """The places of a dataset's annotations with a mask.

    Attributes:
        files: JSON files, POSIX paths relative to the dataset's folder.
        places: int64 [N, 3]: the position in ``files``, the first byte of the annotation, and the byte after its
            last. The position is −1 where there is no mask.
    """

    files: tuple[str, ...]
    places: np.ndarray

    def read(self, raw: Path, row: int) -> Any:
        """Return an annotation's ``segmentation`` as JSON has it, None where there is no mask."""
        number, start, end = self.places[row].tolist()
        if number < 0:
            return None
        with (raw / self.files[number]).open("rb") as file:
            file.seek(start)
            return loads(file.read(end - start))["segmentation"]

    def of(self, rows: np.ndarray) -> "Segmentations":
        """Return the places of some objects.

        Args:
            rows: int64 [G], the objects' values in the table's column ``segmentation``; :data:`NONE` is allowed.
        """
        places = np.full((len(rows), 3), NONE, np.int64)
        places[rows != NONE] = self.places[rows[rows != NONE]]
        return Segmentations(self.files, places)


@dataclass
class SegmentationsBuilder:
    """Collects places. Each takes a few bytes."""

    _files: dict[str, int] = field(default_factory=dict)
    _places: array = field(default_factory=lambda: array("q"))

    def add(self, file: str, start: int, end: int) -> int:
        """Add the place of an annotation and return its row.

        Args:
            file: The JSON file, relative to the dataset's folder.
            end: The byte after its last.
        """
        self._places.extend((self._files.setdefault(file, len(self._files)), start, end))
        return len(self._places) // 3 - 1

    def build(self) -> Segmentations:
        """Return the places that were added."""
        return Segmentations(tuple(self._files), np.array(self._places, np.int64).reshape(-1, 3))
