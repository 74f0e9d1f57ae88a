import io

import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.checks.images import check_image
from pipeline.datasets.checks.shrink import record_size, shrink_mask

MOST = 10**8


def encoded(width: int, height: int, mode: str = "RGB", format: str = "JPEG", **options: object) -> bytes:
    """Return a file whose left half is darker than its right half."""
    grey = np.zeros((height, width), np.uint8) + 40
    grey[:, width // 2 :] = 200
    out = io.BytesIO()
    Image.fromarray(grey).convert(mode).save(out, format, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("size", "max_side", "expected"),
    [
        ((4000, 3000), 1333, (1333, 1000)),
        ((3000, 4000), 1333, (1000, 1333)),
        ((1333, 1333), 1333, (1333, 1333)),
        ((1334, 10), 1333, (1333, 10)),
        ((5000, 1), 1333, (1333, 1)),
        ((4000, 3000), None, (4000, 3000)),
    ],
)
def test_the_longer_side_is_limited_and_the_proportions_stay(size, max_side, expected) -> None:
    assert record_size(*size, max_side) == expected


@pytest.mark.parametrize(
    ("mode", "format", "written", "channels"),
    [
        ("RGB", "JPEG", "JPEG", "RGB"),
        ("L", "JPEG", "JPEG", "L"),
        ("RGB", "PNG", "PNG", "RGB"),
        ("RGBA", "PNG", "PNG", "RGB"),
        ("LA", "PNG", "PNG", "L"),
        ("CMYK", "JPEG", "JPEG", "RGB"),
        ("RGB", "BMP", "PNG", "RGB"),
        ("P", "PNG", "PNG", "RGB"),
    ],
)
def test_a_large_image_is_shrunk_once_in_the_format_of_its_file(
    mode: str, format: str, written: str, channels: str
) -> None:
    data = encoded(400, 300, mode, format)
    checked = check_image(data, max_pixels=MOST, max_side=100)
    assert (checked.width, checked.height) == (400, 300)
    with Image.open(io.BytesIO(checked.data)) as image:
        assert (image.size, image.format, image.mode) == ((100, 75), written, channels)
        pixels = np.asarray(image.convert("L"), int)
    assert np.abs(pixels[:, :45] - 40).max() < 12 and np.abs(pixels[:, 55:] - 200).max() < 12
    whole = check_image(data, max_pixels=MOST)
    assert (checked.hash, checked.repairs, checked.grey) == (whole.hash, whole.repairs, whole.grey)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_an_image_that_is_not_larger_stays_byte_for_byte(format: str) -> None:
    data = encoded(100, 75, format=format)
    assert check_image(data, max_pixels=MOST, max_side=100).data is data


def test_a_turned_photograph_is_shrunk_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    checked = check_image(encoded(400, 300, exif=exif), max_pixels=MOST, max_side=100)
    assert (checked.width, checked.height) == (300, 400)
    with Image.open(io.BytesIO(checked.data)) as image:
        assert image.size == (75, 100)
        pixels = np.asarray(image.convert("L"), int)
    assert pixels[:45].mean() < 60 and pixels[55:].mean() > 180  # left is up


def test_jpegs_have_quality_95_without_chroma_subsampling() -> None:
    expected = io.BytesIO()
    Image.new("RGB", (8, 8)).save(expected, "JPEG", quality=95)
    checked = check_image(encoded(400, 300), max_pixels=MOST, max_side=100)
    with Image.open(io.BytesIO(checked.data)) as image, Image.open(expected) as reference:
        assert image.quantization == reference.quantization
        assert {layer[1:3] for layer in image.layer} == {(1, 1)}


def test_a_pixel_is_in_the_shrunk_mask_if_half_of_its_area_was() -> None:
    mask = np.zeros((8, 8), np.uint8)
    mask[:4, :6] = 1
    mask[4:8, :1] = 1
    assert shrink_mask(mask, (2, 2)).tolist() == [[1, 1], [0, 0]]
    assert shrink_mask(mask, (8, 8)) is mask


def test_a_thin_mask_does_not_vanish() -> None:
    mask = np.zeros((40, 40), np.uint8)
    mask[20, 5:30] = 1
    shrunk = shrink_mask(mask, (4, 4))
    assert shrunk.tolist() == [[0, 0, 0, 0], [0, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
