"""Masks of objects: from COCO's polygons and run lengths to checked pixels, and from pixels to what is written."""

from reprlib import repr as shortened
from typing import Any, NamedTuple

import cv2
import hotcoco
import numpy as np

from pipeline.datasets.faults import Fault

_LONGEST_COUNT = 60  # bits; endless ones cost the square of their length
_LEAST_NUMBERS = 6  # of a polygon: three points
# Masks are runs: this finds them, in half of the bytes of the default.
_PNG = (
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE),
)


class UnreadableMaskError(ValueError):
    """The segmentation is no mask of this image; ``fault`` is its name among the faults."""

    def __init__(self, detail: str, fault: str = "mask-unreadable") -> None:
        super().__init__(detail)
        self.fault = fault


class CheckedMask(NamedTuple):
    """A mask, and the fault, detail and action of each fault.

    Attributes:
        pixels: uint8 [H, W], 0 or 1, of the upright image; None if the mask was dropped.
        issues: Of the mask.
    """

    pixels: np.ndarray | None
    issues: list[Fault]


def check_mask(
    segmentation: Any,
    box: np.ndarray,
    stored: tuple[int, int],
    orientation: int,
    factors: np.ndarray | tuple[float, float] = (1.0, 1.0),
) -> CheckedMask:
    """Rasterise a mask, turn it upright, and drop what is no mask, is empty or lies outside its box.

    Of several polygons the sound ones are kept.

    Args:
        segmentation: As COCO has it: polygons, or run lengths as a list or compressed.
        box: float64 [4], xyxy, px of the upright image.
        stored: Width and height of the image that the mask was drawn on, px.
        orientation: EXIF orientation of that image, 1..8; 1 if it was upright.
        factors: By which polygons are scaled, x and y, as their image is not of the size they were drawn for.
    """
    width, height = stored
    issues: list[Fault] = []
    try:
        if isinstance(segmentation, dict):
            pixels = _fill_runs(segmentation, height, width)
        else:
            pixels, faults = _fill_polygons(segmentation, height, width, factors)
            issues += [Fault("mask-unreadable", detail, "polygon left out of the mask") for detail in faults]
        pixels = turn_mask(pixels, orientation)
        _check_place(pixels, box)
    except UnreadableMaskError as error:
        return CheckedMask(None, [*issues, Fault(error.fault, str(error), "mask dropped, box kept")])
    return CheckedMask(pixels, issues)


def _check_place(pixels: np.ndarray, box: np.ndarray) -> None:
    """Raise unless a pixel is set, and one that the box touches."""
    if not pixels.any():
        raise UnreadableMaskError("no pixel of the image is in it", "mask-empty")
    (xmin, ymin), (xmax, ymax) = np.floor(box[:2]).astype(int), np.ceil(box[2:]).astype(int)
    if not pixels[ymin:ymax, xmin:xmax].any():
        said = ", ".join(f"{value:g}" for value in box)
        raise UnreadableMaskError(f"it lies outside its box ({said})", "mask-outside")


def _fill_polygons(
    segmentation: Any, height: int, width: int, factors: np.ndarray | tuple[float, float]
) -> tuple[np.ndarray, list[str]]:
    """Fill the sound polygons as pycocotools does; with the pixels, what is wrong with each of the others."""
    if not isinstance(segmentation, list):
        raise UnreadableMaskError(f"neither polygons nor run lengths: {shortened(segmentation)}")
    polygons = _polygons(segmentation)
    faults = [_fault_of_polygon(polygon) for polygon in polygons]
    sound = [p for p, fault in zip(polygons, faults, strict=True) if not fault]
    if not sound:
        raise UnreadableMaskError(faults[0] if faults else "there is no polygon in it")
    arrays = [(np.array(polygon, np.float64).reshape(-1, 2) * factors).ravel().tolist() for polygon in sound]
    runs = hotcoco.mask.merge(hotcoco.mask.fr_py_objects(arrays, height, width))
    return hotcoco.mask.decode(runs), [fault for fault in faults if fault]


def _polygons(segmentation: list[Any]) -> list[Any]:
    """Return the polygons of a list of them, or the one whose numbers stand there alone."""
    flat = bool(segmentation) and all(isinstance(number, int | float) for number in segmentation)
    return [segmentation] if flat else segmentation


def enclose(segmentation: Any) -> tuple[float, float, float, float]:
    """Return xmin, ymin, xmax, ymax, px, around the sound polygons, or around the pixels of run lengths.

    Raises:
        UnreadableMaskError: there are none.
    """
    if isinstance(segmentation, dict):
        return _enclose_runs(segmentation)
    polygons = _polygons(segmentation) if isinstance(segmentation, list) else []
    sound = [
        np.array(polygon, np.float64).reshape(-1, 2) for polygon in polygons if not _fault_of_polygon(polygon)
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
    ends = np.cumsum(_runs(segmentation, height, width))
    starts, ends = ends[:-1:2], ends[1::2]
    starts, ends = starts[: len(ends)][ends > starts], ends[ends > starts]
    if not len(ends):
        raise UnreadableMaskError("no pixel of the image is in it", "mask-empty")
    columns = np.stack([starts // height, (ends - 1) // height])
    whole = bool((columns[0] < columns[1]).any())  # a run goes on in the next column
    ymin, ymax = (0, height) if whole else ((starts % height).min(), ((ends - 1) % height).max() + 1)
    return float(columns.min()), float(ymin), float(columns.max() + 1), float(ymax)


def _fault_of_polygon(polygon: Any) -> str:
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


def _fill_runs(segmentation: dict[str, Any], height: int, width: int) -> np.ndarray:
    """Set the pixels of run lengths, which alternate between 0 and 1 down the columns."""
    size = segmentation.get("size")
    if size != [height, width]:
        detail = f"run lengths for {shortened(size)}, the image is {[height, width]} (height, width)"
        raise UnreadableMaskError(detail, "mask-size-mismatch")
    runs = _runs(segmentation, height, width)
    pixels = np.repeat(np.arange(len(runs)) % 2, runs).astype(np.uint8)
    return pixels.reshape(width, height).T


def _runs(segmentation: dict[str, Any], height: int, width: int) -> list[int]:
    """Return the run lengths, which alternate between 0 and 1 down the columns."""
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


def turn_mask(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turn a mask, uint8 [H, W], as :func:`pipeline.datasets.box_checks.turn_boxes` turns boxes."""
    if orientation >= 5:  # stored rows are upright columns
        pixels = pixels.T
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def fill_box(box: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return uint8 [H, W], 1 where the box, float64 [4], xyxy, px, touches the pixel."""
    pixels = np.zeros((height, width), np.uint8)
    (xmin, ymin), (xmax, ymax) = np.floor(box[:2]).astype(int), np.ceil(box[2:]).astype(int)
    pixels[ymin:ymax, xmin:xmax] = 1
    return pixels


def encode_png(pixels: np.ndarray) -> bytes:
    """Return a grey PNG of a mask, uint8 [H, W], 0 or 1, as Model Garden's decoder takes it."""
    rows = cv2.transpose(pixels.T)  # masks come in columns; this is quicker than NumPy's copy
    return cv2.imencode(".png", rows, _PNG)[1].tobytes()


def compress(pixels: np.ndarray) -> str:
    """Return COCO's compressed run lengths of a mask, uint8 [H, W], 0 or 1."""
    return hotcoco.mask.encode(np.asfortranarray(pixels))["counts"].decode("ascii")
