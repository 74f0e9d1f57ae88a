"""Finds the boxes near a box among many, so that not all pairs have to be compared."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import product

import numpy as np


class NearBoxes:
    """A grid of square cells, each of which knows the boxes that touch it."""

    def __init__(self, side: float) -> None:
        """Make an empty grid.

        Args:
            side: The side of a cell, px.
        """
        self._side = side
        self._cells: defaultdict[tuple[int, int], list[int]] = defaultdict(list)

    def add(self, index: int, box: np.ndarray) -> None:
        """Add a box, float32 [4], yxyx, px, by its index. One that has grown is added again."""
        for cell in self._touched(box):
            self._cells[cell].append(index)

    def near(self, box: np.ndarray) -> np.ndarray:
        """Return the indices of the boxes that touch a cell that a box touches, int [N], ascending."""
        found = {index for cell in self._touched(box) for index in self._cells.get(cell, ())}
        return np.array(sorted(found), int)

    def _touched(self, box: np.ndarray) -> Iterable[tuple[int, int]]:
        top, left, bottom, right = (box // self._side).astype(int).tolist()
        return product(range(top, bottom + 1), range(left, right + 1))
