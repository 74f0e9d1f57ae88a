"""The checks of masks: polygons and run lengths become checked pixels, and pixels become PNGs."""

from reprlib import repr as shortened
from typing import Any, NamedTuple

import cv2
import hotcoco
import numpy as np

from pipeline.datasets.table.faults import Action, Fault
from pipeline.datasets.table.mask_shapes import (
    UnreadableMaskError,
    fault_of_polygon,
    polygons_of,
    runs_of,
)

# A mask consists of runs. With this strategy and filter its PNG takes half of the bytes.
_PNG = (
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE),
)


class CheckedMask(NamedTuple):
    """A mask and its faults.

    Attributes:
        pixels: uint8 [H, W], 0 or 1, of the upright image; None if the mask was dropped.
        faults: ``object`` of each is None.
    """

    pixels: np.ndarray | None
    faults: list[Fault]


def check_mask(
    segmentation: Any,
    box: np.ndarray,
    stored: tuple[int, int],
    orientation: int,
    factors: np.ndarray | tuple[float, float] = (1.0, 1.0),
) -> CheckedMask:
    """Rasterise a mask, turn it upright, and drop it if it is unreadable, empty or outside its box.

    Of several polygons the sound ones are kept.

    Args:
        segmentation: Polygons, or run lengths as a list or compressed, as COCO has them.
        box: float64 [4], xyxy, px of the upright image.
        stored: Width and height of the image that the mask was drawn on, px.
        orientation: EXIF orientation of that image, 1..8; 1 is upright.
        factors: Factors of x and y by which polygons are scaled, for an image that is not of the declared size.
    """
    width, height = stored
    faults: list[Fault] = []
    try:
        if isinstance(segmentation, dict):
            pixels = _fill_runs(segmentation, height, width)
        else:
            pixels, details = _fill_polygons(segmentation, height, width, factors)
            how = "polygon left out of the mask"
            faults += [Fault(None, "mask-unreadable", detail, Action.DROP, how) for detail in details]
        pixels = turn_mask(pixels, orientation)
        _check_place(pixels, box)
    except UnreadableMaskError as error:
        fault = Fault(None, error.fault, str(error), Action.DROP, "mask dropped, box kept")
        return CheckedMask(None, [*faults, fault])
    return CheckedMask(pixels, faults)


def _check_place(pixels: np.ndarray, box: np.ndarray) -> None:
    """Check that the mask has a pixel within its box.

    Raises:
        UnreadableMaskError: The mask has none.
    """
    if not pixels.any():
        raise UnreadableMaskError("no pixel of the image is in it", "mask-empty")
    (xmin, ymin), (xmax, ymax) = np.floor(box[:2]).astype(int), np.ceil(box[2:]).astype(int)
    if not pixels[ymin:ymax, xmin:xmax].any():
        corners = ", ".join(f"{value:g}" for value in box)
        raise UnreadableMaskError(f"it lies outside its box ({corners})", "mask-outside")


def _fill_polygons(
    segmentation: Any, height: int, width: int, factors: np.ndarray | tuple[float, float]
) -> tuple[np.ndarray, list[str]]:
    """Fill the sound polygons as pycocotools does.

    Returns:
        The pixels, and what is wrong with each of the other polygons.
    """
    if not isinstance(segmentation, list):
        raise UnreadableMaskError(f"neither polygons nor run lengths: {shortened(segmentation)}")
    polygons = polygons_of(segmentation)
    faults = [fault_of_polygon(polygon) for polygon in polygons]
    sound = [p for p, fault in zip(polygons, faults, strict=True) if not fault]
    if not sound:
        raise UnreadableMaskError(faults[0] if faults else "there is no polygon in it")
    arrays = [(np.array(polygon, np.float64).reshape(-1, 2) * factors).ravel().tolist() for polygon in sound]
    runs = hotcoco.mask.merge(hotcoco.mask.fr_py_objects(arrays, height, width))
    return hotcoco.mask.decode(runs), [fault for fault in faults if fault]


def _fill_runs(segmentation: dict[str, Any], height: int, width: int) -> np.ndarray:
    """Return the pixels of run lengths, which alternate between 0 and 1 and go down the columns."""
    size = segmentation.get("size")
    if size != [height, width]:
        detail = f"run lengths for {shortened(size)}, the image is {[height, width]} (height, width)"
        raise UnreadableMaskError(detail, "mask-size-mismatch")
    runs = runs_of(segmentation, height, width)
    pixels = np.repeat(np.arange(len(runs)) % 2, runs).astype(np.uint8)
    return pixels.reshape(width, height).T


def turn_mask(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turn a mask upright, as :func:`pipeline.datasets.checks.boxes.turn_boxes` turns boxes.

    Args:
        pixels: uint8 [H, W] of the stored image.
        orientation: EXIF orientation of the stored image, 1..8.
    """
    if orientation >= 5:  # stored rows are upright columns
        pixels = pixels.T
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def fill_box(box: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return uint8 [H, W], 1 where a box touches the pixel.

    Args:
        box: float64 [4], xyxy, px.
        width: Width of the image, px.
        height: Height of the image, px.
    """
    pixels = np.zeros((height, width), np.uint8)
    (xmin, ymin), (xmax, ymax) = np.floor(box[:2]).astype(int), np.ceil(box[2:]).astype(int)
    pixels[ymin:ymax, xmin:xmax] = 1
    return pixels


def decode_png(data: bytes) -> np.ndarray:
    """Return the mask that :func:`encode_png` encoded: uint8 [H, W], 0 or 1."""
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE))


def encode_png(pixels: np.ndarray) -> bytes:
    """Return a grey PNG of a mask, as Model Garden's decoder reads it.

    Args:
        pixels: uint8 [H, W], 0 or 1.
    """
    rows = cv2.transpose(pixels.T)  # masks are stored by columns; this is quicker than NumPy's copy
    return cv2.imencode(".png", rows, _PNG)[1].tobytes()
