"""Masks as COCO writes them, as polygons or as run lengths.

The functions here find what is wrong with a mask, and the box around it.
"""

from reprlib import repr as shortened
from typing import Any

import numpy as np

_LONGEST_COUNT = 60  # bits; the time to decode a count grows with the square of its length

_LEAST_NUMBERS = 6  # a polygon has at least three points


class UnreadableMaskError(ValueError):
    """A segmentation is no mask of its image. The text says why.

    Attributes:
        fault: The name of the fault.
    """

    def __init__(self, detail: str, fault: str = "mask-unreadable") -> None:
        super().__init__(detail)
        self.fault = fault


def polygons_of(segmentation: list[Any]) -> list[Any]:
    """Return the polygons of a segmentation, which is a list of polygons or one polygon's numbers."""
    flat = bool(segmentation) and all(isinstance(number, int | float) for number in segmentation)
    return [segmentation] if flat else segmentation


def fault_of_polygon(polygon: Any) -> str:
    """Return what is wrong with a polygon, "" for nothing."""
    if not isinstance(polygon, list):
        return f"a polygon is {shortened(polygon)}, not a list of numbers"
    try:
        numbers = np.array(polygon, np.float64)
    except (TypeError, ValueError, OverflowError):
        return "a polygon holds something else than numbers"
    if numbers.ndim != 1 or not np.isfinite(numbers).all():
        return "a polygon holds something else than numbers"
    if len(numbers) % 2:
        return f"a polygon of {len(numbers)} numbers, which are no pairs"
    if len(numbers) < _LEAST_NUMBERS:
        return f"a polygon of {len(numbers) // 2} points"
    if _on_a_line(numbers.reshape(-1, 2)):
        return "a polygon without area: its points are on one line"
    return ""


def _on_a_line(points: np.ndarray) -> bool:
    """Say whether all points lie on one line. The signed area does not tell: it is 0 for a figure 8 as well.

    Args:
        points: float64 [N, 2].
    """
    x, y = (points - points[0]).T
    farthest = np.argmax(np.hypot(x, y))
    with np.errstate(over="ignore", invalid="ignore"):
        return not (x * y[farthest] - y * x[farthest]).any()


def runs_of(segmentation: dict[str, Any], height: int, width: int) -> list[int]:
    """Return the run lengths of a mask. They alternate between 0 and 1 and go down the columns.

    Raises:
        UnreadableMaskError: The counts are no run lengths, or their sum is not the image's number of pixels.
    """
    counts = segmentation.get("counts")
    runs = decompress(counts) if isinstance(counts, str) else counts
    if not isinstance(runs, list) or not all(type(run) is int and run >= 0 for run in runs):
        raise UnreadableMaskError("run lengths that are no counts")
    if sum(runs) != height * width:
        raise UnreadableMaskError(f"run lengths of {sum(runs)} pixels, the image has {height * width}")
    return runs


def segmentation_of(pixels: np.ndarray, left: int, top: int, size: tuple[int, int]) -> dict[str, Any]:
    """Return a mask as run lengths, as COCO writes them: they alternate between 0 and 1 and go down the columns.

    Args:
        pixels: bool [H, W], a part of the image. What of it lies outside the image is left out.
        left: The column of the image at which the part begins, px.
        top: Its row, px.
        size: The height and width of the image, px.
    """
    height, width = size
    pixels = pixels[max(0, -top) : max(0, height - top), max(0, -left) : max(0, width - left)]
    left, top = (min(max(0, start), side) for start, side in ((left, width), (top, height)))
    columns = np.zeros((pixels.shape[1], height), bool)
    columns[:, top : top + pixels.shape[0]] = pixels.T
    flat = columns.ravel()
    changes = (np.flatnonzero(np.diff(flat, prepend=False)) + left * height).tolist()
    return {"size": [height, width], "counts": np.diff([0, *changes, height * width]).tolist()}


def decompress(text: str) -> list[int] | None:
    """Return the counts of compressed run lengths, None if the text is not compressed run lengths.

    A count is written in digits of 5 bits, the lowest first. A digit is a character from "0" on. Its bit 32 says
    that a further digit follows, and bit 16 of the last digit says that the count is negative. From the fourth
    count on, a count is written as its difference to the count before the last (pycocotools' rleToString).
    """
    counts: list[int] = []
    value = shift = 0
    for character in text:
        digit = ord(character) - ord("0")
        if not 0 <= digit < 64:
            return None
        value |= (digit & 31) << shift
        shift += 5
        if digit & 32 and shift < _LONGEST_COUNT:
            continue
        if digit & 32:
            return None
        if digit & 16:
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value = shift = 0
    return None if shift else counts


def enclose(segmentation: Any) -> tuple[float, float, float, float]:
    """Return the box around a mask: around its sound polygons, or around the pixels of its run lengths.

    Returns:
        xmin, ymin, xmax, ymax, px.

    Raises:
        UnreadableMaskError: The mask has no sound polygon, or no pixel.
    """
    if isinstance(segmentation, dict):
        return _enclose_runs(segmentation)
    polygons = polygons_of(segmentation) if isinstance(segmentation, list) else []
    sound = [
        np.array(polygon, np.float64).reshape(-1, 2) for polygon in polygons if not fault_of_polygon(polygon)
    ]
    if not sound:
        raise UnreadableMaskError("there is no polygon in it")
    points = np.concatenate(sound)
    return *points.min(axis=0).tolist(), *points.max(axis=0).tolist()


def _enclose_runs(segmentation: dict[str, Any]) -> tuple[float, float, float, float]:
    size = segmentation.get("size")
    if (
        not isinstance(size, list)
        or len(size) != 2
        or not all(type(side) is int and side > 0 for side in size)
    ):
        raise UnreadableMaskError(f"run lengths for {shortened(size)}")
    height, width = size
    ends = np.cumsum(runs_of(segmentation, height, width))
    starts, ends = ends[:-1:2], ends[1::2]
    starts, ends = starts[: len(ends)][ends > starts], ends[ends > starts]
    if not len(ends):
        raise UnreadableMaskError("no pixel of the image is in it", "mask-empty")
    columns = np.stack([starts // height, (ends - 1) // height])
    full_height = bool((columns[0] < columns[1]).any())  # a run goes on in the next column
    ymin, ymax = (0, height) if full_height else ((starts % height).min(), ((ends - 1) % height).max() + 1)
    return float(columns.min()), float(ymin), float(columns.max() + 1), float(ymax)
