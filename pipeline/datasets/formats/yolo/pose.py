"""Recognises lines of a box with keypoints in a YOLO dataset whose data.yaml has no ``kpt_shape``.

A line ``class cx cy width height x1 y1 ...`` may also be an outline. It is of keypoints if this holds for all lines:
they have the same number of values, the box is within the image, and nearly all keypoints are within the box.
Keypoints of three values have a visibility of 0, 1 or 2. Of two values, they look like outlines that cross
themselves. One or two such keypoints look like triangles and rectangles, and are taken for these.
"""

from collections.abc import Iterable

import numpy as np

from pipeline.datasets.formats.yolo.data_file import read_head
from pipeline.datasets.formats.yolo.text import numbers_of_line
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.text_encoding import peeked_text

_HEAD_BYTES = 2**16

_MOST_LINES = 200

_LONGEST = 4 + 3 * 150  # values of a line with a box and keypoints

_MOSTLY = 0.95  # share of the keypoints that are within their boxes, because a few may be placed wrongly

_SLACK = 0.1  # share of the box by which keypoints may be outside


def undeclared_keypoints(folder: DatasetFolder, files: Iterable[str]) -> int:
    """Return the number of values for keypoints that follow the box in each line; 0 if the lines are no such lines.

    Args:
        files: Text files of the dataset.
    """
    lines: list[list[float]] = []
    for file in files:
        lines += [values for values in _values(folder, file) if len(values) > 4]
        if len({len(values) for values in lines}) > 1:
            return 0
        if len(lines) >= _MOST_LINES:
            break
    if not lines or len(lines[0]) > _LONGEST:
        return 0
    return _keypoints(np.array(lines[:_MOST_LINES]))


def _values(folder: DatasetFolder, file: str) -> list[list[float]]:
    """Return the numbers after the class in the first lines of a file, without lines that cannot be read."""
    head = read_head(folder, file, _HEAD_BYTES)
    lines = peeked_text(head).splitlines()
    values = []
    for line in lines[:-1] if len(head) == _HEAD_BYTES else lines:
        try:
            values.append(numbers_of_line(line.split())[1])
        except ValueError:
            continue
    return values


def _keypoints(lines: np.ndarray) -> int:
    """Return the number of values after the box; 0 if the lines, float64 [L, 4 + N], are no boxes with keypoints."""
    centre, size = lines[:, :2], lines[:, 2:4]
    count = lines.shape[1] - 4
    if not _within(centre - size / 2, 0.0, 1.0) or not _within(centre + size / 2, 0.0, 1.0):
        return 0
    if (size <= 0).any():
        return 0
    reach = size[:, None] * (0.5 + _SLACK)
    for width in (3, 2):
        if count % width:
            continue
        points = lines[:, 4:].reshape(len(lines), -1, width)
        labelled = points[..., 2] > 0 if width == 3 else (points != 0).any(axis=2)
        near = (np.abs(points[..., :2] - centre[:, None]) <= reach).all(axis=2)
        if (near | ~labelled).mean() < _MOSTLY:
            continue
        if width == 3 and np.isin(points[..., 2], (0, 1, 2)).all():
            return count
        if width == 2 and 2 * sum(map(_crosses_itself, lines.reshape(len(lines), -1, 2))) > len(lines):
            return count
    return 0


def _within(values: np.ndarray, low: float, high: float) -> bool:
    return bool(((values >= low - _SLACK / 10) & (values <= high + _SLACK / 10)).all())


def _crosses_itself(outline: np.ndarray) -> bool:
    """Return whether two sides of an outline, float64 [N, 2], that are not neighbours meet."""
    start, end = outline, np.roll(outline, -1, axis=0)
    sides = end - start
    to_start = _cross(sides[:, None], start[None] - start[:, None])
    to_end = _cross(sides[:, None], end[None] - start[:, None])
    apart = to_start * to_end <= 0
    index = np.arange(len(outline))
    distance = np.abs(index[:, None] - index[None])
    neighbours = (distance <= 1) | (distance == len(outline) - 1)
    return bool((apart & apart.T & ~neighbours).any())


def _cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
