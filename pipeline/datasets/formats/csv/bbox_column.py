"""Reads a column that holds the four numbers of a box, such as ``[834.0, 222.0, 56.0, 36.0]`` or ``834 222 56 36``.

The last two numbers are the width and height of the box, or its lower right corner.
"""

import logging
import re

import numpy as np
import pandas as pd

from pipeline.datasets.formats.shared.box_rows import CORNERS, EMPTY
from pipeline.datasets.formats.shared.csv_files import CsvFile, declared_sides, numbers, read_rows
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.errors import PipelineError
from pipeline.params.dataset import CsvColumns

logger = logging.getLogger(__name__)

# A share of boxes that a few wrong rows do not reach, at which the boxes of a dataset contradict an order.
_CONTRADICTED = 0.1

_BLANK = re.compile(r"[\[\](){}\s,;]+")


def with_corners(texts: pd.DataFrame) -> pd.DataFrame:
    """Replace the column ``bbox``, if there is one, by the texts of its four numbers in the columns of corners.

    A field of another number of parts is kept whole in each of them, so that it is a box that cannot be read. A field
    without a value is empty in each of them.
    """
    if "bbox" not in texts:
        return texts
    parts = [_parts(text) for text in texts["bbox"]]
    return texts.drop(columns="bbox").assign(
        **{corner: [four[at] for four in parts] for at, corner in enumerate(CORNERS)}
    )


def _parts(text: str) -> list[str]:
    parts = [part for part in _BLANK.split(text) if part]
    if not parts or text.lower() in EMPTY:
        return [""] * len(CORNERS)
    return parts if len(parts) == len(CORNERS) else [text] * len(CORNERS)


def bbox_order(folder: DatasetFolder, columns: dict[CsvFile, dict[str, str]], settings: CsvColumns) -> str:
    """Return whether the column ``bbox`` holds "xywh" or "xyxy".

    Corners are ordered, so many boxes with a third number below the first, or a fourth below the second, show a width
    and height. Boxes that would exceed the declared size of their image with a width and height show corners.

    Args:
        columns: The result of :func:`pipeline.datasets.formats.csv.columns.find_columns` for each file.
        settings: Only ``bbox_order`` is used.

    Returns:
        The order; "" if no file has such a column.

    Raises:
        PipelineError: The order is not given, and the numbers do not show it.
    """
    files = {source: found for source, found in columns.items() if "bbox" in found}
    if not files or settings.bbox_order != "auto":
        return settings.bbox_order if files else ""
    parts = [_boxes(folder, source, found) for source, found in files.items()]
    boxes, sizes = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    names = ", ".join(source.file for source in files)[:200]
    if len(boxes) and np.mean((boxes[:, 2:] <= boxes[:, :2]).any(axis=1)) >= _CONTRADICTED:
        order, meaning = "xywh", "left, top, width and height"
    elif len(boxes) and np.mean(_outside(boxes, sizes)) >= _CONTRADICTED:
        order, meaning = "xyxy", "the corners"
    else:
        raise PipelineError(
            f"{folder.root}: the boxes in {names} do not show whether their last two numbers are the width and height "
            "or the lower right corner; set dataset.csv.bbox_order to xywh or xyxy"
        )
    logger.info("the numbers of the boxes in %s are %s (%s)", names, meaning, order)
    return order


def _boxes(folder: DatasetFolder, source: CsvFile, found: dict[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the readable boxes of a file as they stand, float64 [R, 4], and the declared sizes, int64 [R, 2], px."""
    roles = {role: found[role] for role in ("bbox", "width", "height") if found.get(role)}
    texts = with_corners(read_rows(folder, source, roles, []))
    boxes = np.stack([numbers(texts[corner]) for corner in CORNERS], axis=1)
    sizes = np.stack([declared_sides(texts, side) for side in ("width", "height")], axis=1)
    readable = np.isfinite(boxes).all(axis=1)
    return boxes[readable], sizes[readable]


def _outside(boxes: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return which boxes, as left, top, width and height, exceed their image by more than 1 px.

    Boxes within 0..1 are shares of the image.
    """
    limits = np.where((boxes.max(axis=1) <= 1)[:, None], 1.0, sizes + 1.0)
    return ((sizes > 0).all(axis=1) | (boxes.max(axis=1) <= 1)) & (boxes[:, :2] + boxes[:, 2:] > limits).any(
        axis=1
    )
