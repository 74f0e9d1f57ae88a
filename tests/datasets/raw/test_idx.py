import gzip
import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.raw.idx import BrokenIdxError, member_names, read_idx, read_images, read_member


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def pixels(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def write(folder: Path, contents: bytes) -> Path:
    path = folder / "images-idx3-ubyte"
    path.write_bytes(contents)
    return path


@pytest.mark.parametrize("shape", [(3,), (3, 4, 5), (2, 4, 5, 3)])
@pytest.mark.parametrize("compressed", [False, True])
def test_the_array_is_read(tmp_path: Path, shape: tuple[int, ...], compressed: bool) -> None:
    array = pixels(*shape)
    path = write(tmp_path, gzip.compress(idx(array)) if compressed else idx(array))
    np.testing.assert_array_equal(read_idx(path), array, strict=True)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"\x89PNG", "not an IDX file"),
        (
            b"\0\0\x0d\x01" + struct.pack(">I", 1) + bytes(4),
            "type 0x0d, .* write its values as unsigned bytes",
        ),
        (b"\0\0\x08\x02" + bytes(5), "ends within its head"),
        (b"\0\0\x08\x05" + bytes(20), "array of 5 axes, where 1 to 4"),
        (idx(pixels(0, 2, 2)), "declares 0 × 2 × 2 bytes, and so holds nothing"),
        (idx(pixels(2, 2))[:-1], "declares 2 × 2 bytes, and holds 3"),
        (idx(pixels(2, 2)) + b"x", "declares 2 × 2 bytes, and holds more"),
        (struct.pack(">HBBII", 0, 8, 2, 2**31, 2**31), "cannot hold more than 12"),
        (
            gzip.compress(struct.pack(">HBBII", 0, 8, 2, 2**31, 2**31), mtime=0),
            "cannot hold more than 104857600",
        ),
        (gzip.compress(idx(pixels(40, 40)), mtime=0)[:-9], "gzip data is damaged"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, contents: bytes, message: str) -> None:
    with pytest.raises(BrokenIdxError, match=message):
        read_idx(write(tmp_path, contents))


@pytest.mark.parametrize("shape", [(6,), (2, 3), (2, 3, 4, 2)])
def test_an_array_without_the_axes_of_images_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(BrokenIdxError, match="images have the axes"):
        read_images(write(tmp_path, idx(pixels(*shape))))


@pytest.mark.parametrize("shape", [(3, 4, 5), (3, 4, 5, 1), (3, 4, 5, 3), (3, 4, 5, 4)])
def test_an_image_keeps_its_pixels(tmp_path: Path, shape: tuple[int, ...]) -> None:
    array = pixels(*shape)
    path = write(tmp_path, idx(array))
    for name, image in zip(member_names(3), array, strict=True):
        with Image.open(io.BytesIO(read_member(path, name))) as opened:
            np.testing.assert_array_equal(np.asarray(opened), image.squeeze())


@pytest.mark.parametrize("member", ["00003.png", "x.png", "0.jpg", "-1.png", "9" * 13 + ".png"])
def test_a_member_that_does_not_exist_is_refused(tmp_path: Path, member: str) -> None:
    with pytest.raises(BrokenIdxError, match="none of its 3 images"):
        read_member(write(tmp_path, idx(pixels(3, 4, 5))), member)


def test_member_names_sort_in_the_order_of_the_images() -> None:
    assert member_names(2) == ["00000.png", "00001.png"]
    names = member_names(100_001)
    assert names == sorted(names)
