import struct
from pathlib import Path

import pytest

from pipeline.datasets.raw.containers import read_if_there, read_image, stored_bytes
from pipeline.datasets.records.example import encode_example
from pipeline.datasets.records.files import frame
from tests.support.dataset_files import make

PIXELS = struct.pack(">IIII", 0x0803, 1, 2, 2) + bytes(4)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {
        "a/plain.jpg": b"plain",
        "a/x.tfrecord": frame(encode_example({"image/encoded": b"recorded"})),
        "a/train-images-idx3-ubyte": PIXELS,
        "a/x.json": {"imageData": "ZW1iZWRkZWQ="},
        "folder.json/inner.jpg": b"inner",
    }
    return make(tmp_path, files)


@pytest.mark.parametrize(
    ("file", "encoded"),
    [
        ("a/plain.jpg", b"plain"),
        ("a/x.tfrecord/000000000000", b"recorded"),
        ("a/x.json/imageData", b"embedded"),
        ("folder.json/inner.jpg", b"inner"),
    ],
)
def test_an_image_is_read_from_its_file_or_its_container(root: Path, file: str, encoded: bytes) -> None:
    assert read_image(root, file) == read_if_there(root, file) == encoded


def test_an_image_of_an_idx_file_becomes_a_png(root: Path) -> None:
    assert read_image(root, "a/train-images-idx3-ubyte/00000.png").startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "file",
    [
        "a/missing.jpg",
        "a/plain.jpg/member",
        "a/x.tfrecord/000000000001",
        "a/x.json/other",
        "a/train-images-idx3-ubyte/00001.png",
    ],
)
def test_a_missing_image_is_an_os_error(root: Path, file: str) -> None:
    with pytest.raises(OSError):
        read_image(root, file)
    assert read_if_there(root, file) == b""


def test_only_a_file_of_its_own_takes_bytes_on_disk(root: Path) -> None:
    assert stored_bytes(root, "a/plain.jpg") == 5
    assert stored_bytes(root, "a/x.tfrecord/000000000000") == stored_bytes(root, "a/missing.jpg") == 0
