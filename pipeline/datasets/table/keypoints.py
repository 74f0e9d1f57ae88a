"""The keypoints of objects, such as the landmarks of a face."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from pipeline.datasets.table.segmentations import NONE

ABSENT, HIDDEN, VISIBLE = 0, 1, 2
"""COCO's codes: a keypoint is not labelled; labelled, but hidden; labelled and visible."""

SHARE_SIDE = 0.005
"""Least side of the box around keypoints that are shares of the image."""


@dataclass(frozen=True)
class Keypoints:
    """The keypoints of a dataset. All objects have the same ones.

    Attributes:
        names: The names of the N keypoints of an object; none if the dataset has no keypoints.
        values: float64 [P, N, 3]: x and y in px, and one of the codes :data:`ABSENT`, :data:`HIDDEN` and
            :data:`VISIBLE`.
    """

    names: tuple[str, ...] = ()
    values: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 3)))

    def of(self, rows: np.ndarray) -> np.ndarray:
        """Return the keypoints of some objects: float64 [G, N, 3], absent for an object without any.

        Args:
            rows: int64 [G], the objects' values in the table's column ``keypoints``; :data:`NONE` is allowed.
        """
        found = np.zeros((len(rows), len(self.names), 3))
        found[rows != NONE] = self.values[rows[rows != NONE]]
        return found


@dataclass
class KeypointsBuilder:
    """Collects keypoints. The names are set before the first object is added."""

    names: tuple[str, ...] = ()
    _values: array = field(default_factory=lambda: array("d"))

    def add(self, points: Iterable[tuple[float, float, int]]) -> int:
        """Add the keypoints of an object and return their row.

        Args:
            points: x and y in px, and the code of each.

        Raises:
            ValueError: There are more or fewer than the dataset has names.
        """
        values = [number for point in points for number in point]
        if len(values) != 3 * len(self.names):
            raise ValueError(f"{len(values) // 3} keypoints, but the dataset has {len(self.names)}")
        self._values.extend(values)
        return len(self._values) // (3 * len(self.names)) - 1

    def build(self) -> Keypoints:
        """Return the keypoints that were added."""
        values = np.array(self._values, np.float64).reshape(-1, len(self.names), 3) if self.names else None
        return Keypoints() if values is None else Keypoints(self.names, values)


def extent(points: np.ndarray, least: float = 1.0) -> tuple[float, float, float, float]:
    """Return the box around the labelled keypoints of an object: xmin, ymin, xmax, ymax.

    All values are NaN if no keypoint is labelled.

    Args:
        points: float64 [N, 3].
        least: A side that is shorter is widened to this, in the unit of the points.
    """
    labelled = points[points[:, 2] > ABSENT, :2]
    if not len(labelled):
        return (np.nan,) * 4
    low, high = labelled.min(axis=0), labelled.max(axis=0)
    missing = np.maximum(least - (high - low), 0.0) / 2.0
    low, high = low - missing, high + missing
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])
