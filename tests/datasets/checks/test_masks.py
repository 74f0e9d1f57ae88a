"""Masks are pycocotools' to the pixel; what is no mask is named; pixels and PNGs agree."""

import io
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageOps
from pycocotools import mask as oracle

from pipeline.datasets.checks.masks import check_mask, encode_png, fill_box, turn_mask
from pipeline.datasets.converted.run_lengths import compress
from pipeline.datasets.table.faults import FAULTS
from pipeline.datasets.table.mask_shapes import decompress

WIDTH, HEIGHT = 60, 40
WHOLE = np.array([0.0, 0, WIDTH, HEIGHT])
SQUARE = [10, 10, 30, 10, 30, 30, 10, 30]
PIXELS = hnp.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 1))


def check(segmentation, box=WHOLE):
    return check_mask(segmentation, np.array(box, np.float64), (WIDTH, HEIGHT), 1)


def runs(pixels):
    """Give uncompressed run lengths, down the columns."""
    flat = pixels.T.ravel()
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flat, [2]])))
    return np.diff(np.concatenate([[0], edges])).tolist()


@pytest.mark.parametrize("seed", range(20))
def test_polygons_are_filled_as_by_pycocotools(seed):
    rng = np.random.default_rng(seed)
    polygons = [
        rng.uniform(-5, 65, 2 * rng.integers(3, 9)).round(2).tolist() for _ in range(rng.integers(1, 4))
    ]
    expected = oracle.decode(oracle.merge(oracle.frPyObjects(polygons, HEIGHT, WIDTH)))
    found = check(polygons)
    np.testing.assert_array_equal(found.pixels, expected)
    assert not found.faults


def test_polygons_are_scaled_with_their_image():
    drawn = [[10 * value for value in SQUARE]]
    found = check_mask(drawn, WHOLE, (WIDTH, HEIGHT), 1, (0.1, 0.1))
    np.testing.assert_array_equal(found.pixels, check([SQUARE]).pixels)


def test_run_lengths_without_an_end_are_none():
    assert decompress("o" * 1_000_000) is None


@given(PIXELS)
def test_run_lengths_of_both_kinds(pixels):
    height, width = pixels.shape
    reference = oracle.encode(np.asfortranarray(pixels))
    assert compress(pixels) == reference["counts"].decode()
    assert decompress(reference["counts"].decode()) == runs(pixels)
    for counts in (runs(pixels), compress(pixels)):
        segmentation = {"size": [height, width], "counts": counts}
        found = check_mask(segmentation, np.array([0.0, 0, width, height]), (width, height), 1)
        if pixels.any():
            np.testing.assert_array_equal(found.pixels, pixels)
        else:
            assert [fault.name for fault in found.faults] == ["mask-empty"]


@pytest.mark.parametrize(
    ("segmentation", "fault", "said"),
    [
        ([[1, 2, 3, 4, 5]], "mask-unreadable", "5 numbers"),
        ([[1, 2, 3, 4]], "mask-unreadable", "2 points"),
        ([[1, 2, 3, 4, "a", 6]], "mask-unreadable", "something else than numbers"),
        ([[1, 2, 3, None, 5, 6]], "mask-unreadable", "something else than numbers"),
        ([[[1, 2], [3, 4], [5, 9]]], "mask-unreadable", "something else than numbers"),
        (["1", "2"], "mask-unreadable", "not a list"),
        ([[1, 1, 5, 5, 9, 9]], "mask-unreadable", "without area"),
        ("polygon", "mask-unreadable", "neither polygons nor run lengths"),
        ([[0.1, 0.1, 0.2, 0.1, 0.2, 0.2]], "mask-empty", "no pixel"),
        ([[-30, -30, -10, -30, -10, -10]], "mask-empty", "no pixel"),
        ({"size": [60, 40], "counts": [1200, 1200]}, "mask-size-mismatch", r"\[60, 40\]"),
        ({"counts": [1200, 1200]}, "mask-size-mismatch", "None"),
        ({"size": [40, 60], "counts": [1000, 1000]}, "mask-unreadable", "2000 pixels, the image has 2400"),
        ({"size": [40, 60], "counts": [-10, 2410]}, "mask-unreadable", "no counts"),
        ({"size": [40, 60], "counts": [1200.0, 1200.0]}, "mask-unreadable", "no counts"),
        ({"size": [40, 60], "counts": "é"}, "mask-unreadable", "no counts"),
        ({"size": [40, 60], "counts": "P"}, "mask-unreadable", "no counts"),  # more was to follow
        ({"size": [40, 60], "counts": "00"}, "mask-unreadable", "0 pixels"),
        ({"size": [40, 60], "counts": None}, "mask-unreadable", "no counts"),
        ({"size": [40, 60], "counts": [2400]}, "mask-empty", "no pixel"),
    ],
)
def test_what_is_no_mask_is_named_and_dropped(segmentation, fault, said):
    found = check(segmentation)
    assert found.pixels is None
    assert [(own.name, own.action_text) for own in found.faults] == [(fault, "mask dropped, box kept")]
    assert re.search(said, found.faults[0].detail)
    assert FAULTS[fault]


def test_a_mask_outside_its_box():
    found = check([SQUARE], [40, 5, 55, 35])
    assert found.pixels is None
    assert found.faults[0].name == "mask-outside"
    assert check([SQUARE], [29, 5, 55, 35]).pixels is not None


def test_a_broken_polygon_leaves_the_others():
    found = check([[1, 2, 3], SQUARE])
    assert [fault.name for fault in found.faults] == ["mask-unreadable"]
    assert found.faults[0].action_text == "polygon left out of the mask"
    assert found.pixels.sum() == 400


def test_an_eight_has_area_though_its_halves_cancel():
    assert check([[10, 10, 30, 30, 30, 10, 10, 30]]).pixels.sum() > 100


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_mask_turns_as_pillow_turns_the_image(orientation):
    pixels = check([[5, 5, 40, 5, 5, 30]]).pixels
    stored = Image.fromarray(pixels)
    stored.getexif()[0x0112] = orientation
    upright = np.asarray(ImageOps.exif_transpose(stored))
    np.testing.assert_array_equal(turn_mask(pixels, orientation), upright)


def test_a_png_holds_the_very_pixels():
    pixels = fill_box(np.array([2.5, 3, 10, 12.2]), WIDTH, HEIGHT)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(encode_png(pixels)))), pixels)
    assert pixels[3:13, 2:10].all() and pixels.sum() == 80
