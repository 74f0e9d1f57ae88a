"""Where the outlines of objects stand in the annotation files, so that no memory holds them.

Outlines are most of a COCO file: 300 of the 450 MB of its training set. The table remembers their places, and
who rasterises one reads it there.
"""

from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.datasets.raw.json_stream import loads

NONE = -1
"""In the table's column: the object has no mask."""


@dataclass(frozen=True)
class Segmentations:
    """The places of a dataset's annotations with a mask.

    Attributes:
        files: JSON files, POSIX paths relative to the dataset's folder.
        places: int64 [N, 3]: position in ``files``, first byte of the annotation, byte after its last; the
            position is −1 where there is no mask.
    """

    files: tuple[str, ...]
    places: np.ndarray

    def read(self, raw: Path, row: int) -> Any:
        """Return an annotation's ``segmentation``, as JSON has it; None where there is no mask.

        Args:
            raw: The dataset's folder.
            row: Of ``places``.
        """
        number, start, end = self.places[row].tolist()
        if number < 0:
            return None
        with (raw / self.files[number]).open("rb") as file:
            file.seek(start)
            return loads(file.read(end - start))["segmentation"]

    def of(self, rows: np.ndarray) -> "Segmentations":
        """Return the places of some objects.

        Args:
            rows: int64 [G], as the table's column ``segmentation`` holds them, :data:`NONE` included.
        """
        places = np.full((len(rows), 3), NONE, np.int64)
        places[rows != NONE] = self.places[rows[rows != NONE]]
        return Segmentations(self.files, places)


@dataclass
class SegmentationsBuilder:
    """Collects places, in a few bytes each."""

    _files: dict[str, int] = field(default_factory=dict)
    _places: array = field(default_factory=lambda: array("q"))

    def add(self, file: str, start: int, end: int) -> int:
        """Add an annotation's place, and return its row."""
        self._places.extend((self._files.setdefault(file, len(self._files)), start, end))
        return len(self._places) // 3 - 1

    def build(self) -> Segmentations:
        """Return what was collected."""
        return Segmentations(tuple(self._files), np.array(self._places, np.int64).reshape(-1, 3))
