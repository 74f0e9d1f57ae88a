"""Outlines, filled again, are the masks they were taken from."""

import re

import cv2
import numpy as np
from pycocotools import mask as oracle

from pipeline.reporting.mask_outlines import mask_outline


def outline(pixels: np.ndarray, tolerance: float = 0.5) -> str:
    counts = oracle.encode(np.asfortranarray(pixels))["counts"].decode()
    return mask_outline(counts, pixels.shape[1], pixels.shape[0], tolerance=tolerance)


def filled(path: str, height: int, width: int) -> np.ndarray:
    """Fill a path by the even-odd rule, as a browser does."""
    contours = [
        np.array([[float(v) - 0.5 for v in point.split()] for point in part.split("L")])
        for part in re.findall(r"M([^Z]+)Z", path)
    ]
    pixels = np.zeros((height, width), np.uint8)
    cv2.fillPoly(pixels, [np.round(contour).astype(np.int32) for contour in contours], 1)
    return pixels


def test_an_ellipse_with_a_hole_and_a_part_beside_it() -> None:
    pixels = np.zeros((120, 160), np.uint8)
    cv2.ellipse(pixels, (60, 60), (40, 25), 20, 0, 360, 1, -1)
    cv2.circle(pixels, (60, 60), 10, 0, -1)
    pixels[5:30, 120:150] = 1
    path = outline(pixels)
    assert path.count("M") == path.count("Z") == 3
    assert len(path) < 900
    again = filled(path, 120, 160)
    assert (again & pixels).sum() / (again | pixels).sum() > 0.95
    assert not again[58:62, 58:62].any()


def test_nothing_to_draw() -> None:
    assert mask_outline("", 20, 10, tolerance=1.0) == ""
    assert outline(np.zeros((10, 20), np.uint8)) == ""
    single = np.zeros((10, 20), np.uint8)
    single[3, 4] = 1
    assert outline(single) == ""
