"""Masks of objects: from COCO's polygons and run lengths to checked pixels, and from pixels to what is written."""

from reprlib import repr as shortened
from typing import Any, NamedTuple

import cv2
import hotcoco
import numpy as np

from pipeline.datasets.table.faults import Fault
from pipeline.datasets.table.mask_shapes import (
    UnreadableMaskError,
    fault_of_polygon,
    polygons_of,
    runs_of,
)

# Masks are runs: this finds them, in half of the bytes of the default.
_PNG = (
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE),
)


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
    polygons = polygons_of(segmentation)
    faults = [fault_of_polygon(polygon) for polygon in polygons]
    sound = [p for p, fault in zip(polygons, faults, strict=True) if not fault]
    if not sound:
        raise UnreadableMaskError(faults[0] if faults else "there is no polygon in it")
    arrays = [(np.array(polygon, np.float64).reshape(-1, 2) * factors).ravel().tolist() for polygon in sound]
    runs = hotcoco.mask.merge(hotcoco.mask.fr_py_objects(arrays, height, width))
    return hotcoco.mask.decode(runs), [fault for fault in faults if fault]


def _fill_runs(segmentation: dict[str, Any], height: int, width: int) -> np.ndarray:
    """Set the pixels of run lengths, which alternate between 0 and 1 down the columns."""
    size = segmentation.get("size")
    if size != [height, width]:
        detail = f"run lengths for {shortened(size)}, the image is {[height, width]} (height, width)"
        raise UnreadableMaskError(detail, "mask-size-mismatch")
    runs = runs_of(segmentation, height, width)
    pixels = np.repeat(np.arange(len(runs)) % 2, runs).astype(np.uint8)
    return pixels.reshape(width, height).T


def turn_mask(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turn a mask, uint8 [H, W], as :func:`pipeline.datasets.checks.boxes.turn_boxes` turns boxes."""
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
