"""The masks of objects: where they stand in the annotation files, or the masks themselves.

Outlines are most of a COCO file: 300 of the 450 MB of its training set. So the table holds their places alone, and
an outline is read from its file when it is rasterised. The masks of other formats are held in COCO's form, compressed,
because their files have no place where a mask stands in that form.
"""

import zlib
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from pipeline.datasets.raw.json_stream import loads

NONE = -1
"""The value in the table's column ``segmentation`` of an object without a mask."""

_HELD = 2**31  # stands for the number of files, which is known at the end


@dataclass(frozen=True)
class Segmentations:
    """The masks of a dataset's annotations.

    Attributes:
        files: JSON files, POSIX paths relative to the dataset's folder.
        places: int64 [N, 3]: the position in ``files``, the first byte of the annotation, and the byte after its
            last. The position is −1 where there is no mask. It is the number of files for a mask in ``held``, and the
            bytes are those of ``held``.
        held: The masks that :func:`packed` returned, one after the other.
    """

    files: tuple[str, ...]
    places: np.ndarray
    held: bytes = b""

    def read(self, raw: Path, row: int) -> Any:
        """Return an annotation's ``segmentation`` as JSON has it, None where there is no mask."""
        number, start, end = self.places[row].tolist()
        if number < 0:
            return None
        if number == len(self.files):
            return unpacked(self.held[start:end])
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
        here = np.flatnonzero(places[:, 0] == len(self.files))
        parts = [self.held[start:end] for start, end in places[here, 1:].tolist()]
        ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
        places[here, 1], places[here, 2] = ends - [len(part) for part in parts], ends
        return Segmentations(self.files, places, b"".join(parts))


def packed(segmentation: Any) -> bytes:
    """Return a mask in the form in which the table holds it.

    Args:
        segmentation: Polygons, or run lengths as a list or compressed, as COCO has them.
    """
    return zlib.compress(orjson.dumps(segmentation), 1)


def unpacked(mask: bytes) -> Any:
    """Return the segmentation of which :func:`packed` returned ``mask``."""
    return orjson.loads(zlib.decompress(mask))


@dataclass
class SegmentationsBuilder:
    """Collects places, of a few bytes each, and the masks of formats that give no places."""

    _files: dict[str, int] = field(default_factory=dict)
    _held: bytearray = field(default_factory=bytearray)
    _places: array = field(default_factory=lambda: array("q"))

    def add(self, file: str, start: int, end: int) -> int:
        """Add the place of an annotation and return its row.

        Args:
            file: The JSON file, relative to the dataset's folder.
            end: The byte after its last.
        """
        self._places.extend((self._files.setdefault(file, len(self._files)), start, end))
        return len(self._places) // 3 - 1

    def hold(self, mask: bytes) -> int:
        """Hold a mask and return its row.

        Args:
            mask: What :func:`packed` returned.
        """
        self._held += mask
        self._places.extend((_HELD, len(self._held) - len(mask), len(self._held)))
        return len(self._places) // 3 - 1

    def build(self) -> Segmentations:
        """Return the masks and places that were added."""
        places = np.array(self._places, np.int64).reshape(-1, 3)
        places[places[:, 0] == _HELD, 0] = len(self._files)
        return Segmentations(tuple(self._files), places, bytes(self._held))
