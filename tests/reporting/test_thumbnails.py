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


def test_all_pictures_shrink_until_they_are_within_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [encoded(noise(700, 700))] * 2
    at_480 = sum(len(thumbnails.thumbnail(picture, 480)) for picture in pictures)
    monkeypatch.setattr(thumbnails, "BUDGET", at_480)
    assert [decoded(uri).size for uri in encode_within_budget(pictures)] == [(480, 480)] * 2
    monkeypatch.setattr(thumbnails, "BUDGET", 1)
    assert decoded(encode_within_budget(pictures)[0]).size == (240, 240)


def test_pictures_are_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    (uri,) = encode_within_budget([encoded(noise(40, 20), "JPEG", exif=exif)])
    assert decoded(uri).size == (20, 40)


def test_16_bit_grey_is_scaled() -> None:
    grey = Image.fromarray(np.full((10, 10), 128 * 256, np.uint16))
    (uri,) = encode_within_budget([encoded(grey)])
    assert np.asarray(decoded(uri)).mean() == pytest.approx(128, abs=2)
