"""The orientation is held to Pillow's, and damaged files to being upright."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import ExifTags, Image, ImageOps

from pipeline.ops.exif import orientation, turn_upright, upright_size

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)

read = tf.function(orientation, input_signature=[tf.TensorSpec([], tf.string)])


def file_of(file_format: str, value: int, endian: str = ">") -> bytes:
    exif, file = Image.Exif(), io.BytesIO()
    exif.endian = endian
    exif[ExifTags.Base.Make] = "a maker"
    exif[ExifTags.Base.Orientation] = value
    exif[ExifTags.Base.Software] = "a program" * 30
    Image.fromarray(PIXELS).save(file, file_format, exif=exif)
    return file.getvalue()


@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize("value", range(1, 9))
def test_orientation_and_turned_pixels_are_those_of_pillow(file_format: str, endian: str, value: int) -> None:
    encoded = file_of(file_format, value, endian)
    assert read(encoded) == value
    image = Image.open(io.BytesIO(encoded))
    expected = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(turn_upright(tf.constant(np.asarray(image)), tf.constant(value)), expected)
    np.testing.assert_array_equal(upright_size(tf.constant([4, 6]), tf.constant(value)), expected.shape[:2])


@pytest.mark.parametrize("value", [0, 9, 4711])
def test_other_values_are_upright(value: int) -> None:
    assert read(file_of("JPEG", value)) == 1


def test_a_file_without_exif_is_upright() -> None:
    for encode in (tf.io.encode_jpeg, tf.io.encode_png):
        assert read(encode(tf.constant(PIXELS))) == 1


def test_exif_after_another_segment_and_filling_bytes_is_found() -> None:
    encoded = file_of("JPEG", 6)
    other = b"\xff\xe1\x00\x10http://ns.adobe"[:18].ljust(18, b"\0")
    assert read(encoded[:2] + other + b"\xff\xff" + encoded[2:]) == 6


@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
def test_damaged_files_raise_no_error(file_format: str) -> None:
    encoded = file_of(file_format, 3)
    rng = np.random.default_rng(1)
    for length in range(0, len(encoded), 7):
        assert read(encoded[:length]) in (1, 3)
    for _ in range(50):
        damaged = np.frombuffer(encoded, np.uint8).copy()
        damaged[rng.integers(0, 200, 8)] = rng.integers(0, 256, 8)
        assert 1 <= read(damaged.tobytes()) <= 8


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"\xff\xd8", b"\xff\xd8" + b"\xff" * 99, b"\x89PNG\r\n\x1a\n"]
)
def test_beginnings_of_files_are_upright(data: bytes) -> None:
    assert read(data) == 1
