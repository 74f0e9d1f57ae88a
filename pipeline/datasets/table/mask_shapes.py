"""The shapes of masks as COCO has them, polygons and run lengths: what is wrong with them, and the box around them."""

from reprlib import repr as shortened
from typing import Any

import numpy as np

_LONGEST_COUNT = 60  # bits; endless ones cost the square of their length

_LEAST_NUMBERS = 6  # of a polygon: three points


class UnreadableMaskError(ValueError):
    """The segmentation is no mask of this image; ``fault`` is its name among the faults."""

    def __init__(self, detail: str, fault: str = "mask-unreadable") -> None:
        super().__init__(detail)
        self.fault = fault


def polygons_of(segmentation: list[Any]) -> list[Any]:
    """Return the polygons of a list of them, or the one whose numbers stand there alone."""
    flat = bool(segmentation) and all(isinstance(number, int | float) for number in segmentation)
    return [segmentation] if flat else segmentation


def fault_of_polygon(polygon: Any) -> str:
    """Say what keeps a polygon from being one; "" for nothing."""
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
    """Say whether points, float64 [N, 2], enclose nothing; not by their signed area, which is 0 for an 8 too."""
    x, y = (points - points[0]).T
    farthest = np.argmax(np.hypot(x, y))
    with np.errstate(over="ignore", invalid="ignore"):
        return not (x * y[farthest] - y * x[farthest]).any()


def runs_of(segmentation: dict[str, Any], height: int, width: int) -> list[int]:
    """Return the run lengths, which alternate between 0 and 1 down the columns.

    Raises:
        UnreadableMaskError: they are none, or not those of an image of that size.
    """
    counts = segmentation.get("counts")
    runs = decompress(counts) if isinstance(counts, str) else counts
    if not isinstance(runs, list) or not all(type(run) is int and run >= 0 for run in runs):
        raise UnreadableMaskError("run lengths that are no counts")
    if sum(runs) != height * width:
        raise UnreadableMaskError(f"run lengths of {sum(runs)} pixels, the image has {height * width}")
    return runs


def decompress(text: str) -> list[int] | None:
    """Return the counts of compressed run lengths; None if they are none.

    Each is written in digits of 5 bits from the lowest, as characters from "0" on, where 32 says that more
    follow and 16 in the last one that the number is negative; from the fourth on it is the difference to the
    count before the last (pycocotools' rleToString).
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
    """Return xmin, ymin, xmax, ymax, px, around the sound polygons, or around the pixels of run lengths.

    Raises:
        UnreadableMaskError: there are none.
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
    whole = bool((columns[0] < columns[1]).any())  # a run goes on in the next column
    ymin, ymax = (0, height) if whole else ((starts % height).min(), ((ends - 1) % height).max() + 1)
    return float(columns.min()), float(ymin), float(columns.max() + 1), float(ymax)
