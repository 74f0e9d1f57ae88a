"""Images as data URIs: small enough together, upright, and readable."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from pipeline.reporting import thumbnails
from pipeline.reporting.thumbnails import encode_within_budget


def encoded(image: Image.Image, image_format: str = "PNG", **options: object) -> bytes:
    data = io.BytesIO()
    image.save(data, image_format, **options)
    return data.getvalue()


def decoded(uri: str) -> Image.Image:
    prefix = "data:image/jpeg;base64,"
    assert uri.startswith(prefix)
    return Image.open(io.BytesIO(base64.b64decode(uri.removeprefix(prefix))))


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8))


def test_large_pictures_shrink_and_small_ones_stay() -> None:
    large, small, broken = encode_within_budget([encoded(noise(1600, 800)), encoded(noise(30, 20)), b"none"])
    assert decoded(large).size == (640, 320)
    assert decoded(small).size == (30, 20)
    assert broken == ""


def test_all_pictures_shrink_until_they_are_within_the_budget() -> None:
    pictures = [encoded(noise(700, 700))] * 2
    at_480 = sum(len(thumbnails.thumbnail(picture, 480)) for picture in pictures)
    assert [decoded(uri).size for uri in encode_within_budget(pictures, budget=at_480)] == [(480, 480)] * 2
    assert decoded(encode_within_budget(pictures, budget=1)[0]).size == (240, 240)


def test_only_the_part_in_the_window_is_shown() -> None:
    half = Image.new("RGB", (200, 100), "red")
    half.paste("blue", (100, 0, 200, 100))
    right, none = encode_within_budget([encoded(half)] * 2, [(0.0, 0.5, 0.5, 1.0), (0.5, 0.5, 0.5, 0.5)])
    assert decoded(right).size == (100, 50) and decoded(none).size == (1, 1)
    assert np.asarray(decoded(right)).mean((0, 1))[2] > 240


def test_pictures_are_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    (uri,) = encode_within_budget([encoded(noise(40, 20), "JPEG", exif=exif)])
    assert decoded(uri).size == (20, 40)


def test_16_bit_grey_is_scaled() -> None:
    grey = Image.fromarray(np.full((10, 10), 128 * 256, np.uint16))
    (uri,) = encode_within_budget([encoded(grey)])
    assert np.asarray(decoded(uri)).mean() == pytest.approx(128, abs=2)
