import gzip
import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline.datasets.raw.containers import read_image
from pipeline.datasets.raw.idx import read_idx
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.errors import PipelineError
from tests.support.dataset_files import make, read

IMAGES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
LABELS = np.array([2, 0, 2], np.uint8)


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def pair(prefix: str = "", images: np.ndarray = IMAGES, labels: np.ndarray = LABELS) -> dict[str, bytes]:
    axes = np.ndim(images)
    return {
        f"{prefix}images-idx{axes}-ubyte.gz": gzip.compress(idx(images)),
        f"{prefix}labels-idx1-ubyte.gz": gzip.compress(idx(labels)),
    }


def pixels(root: Path, file: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(read_image(root, file))))


def names(table: AnnotationTable) -> list[str]:
    return [table.class_names[label - 1] for label in table.objects["label"]]


def test_values_are_read_unchanged(tmp_path: Path) -> None:
    table = read(make(tmp_path, pair("x/")))
    files = [f"x/images-idx3-ubyte.gz/0000{number}.png" for number in range(3)]
    assert table.images.to_numpy().tolist() == [
        [number, file, 5, 4, "", False, ""] for number, file in enumerate(files, start=1)
    ]
    assert table.class_names == ("0", "2") and names(table) == ["2", "0", "2"]
    assert table.objects[["xmin", "ymin", "xmax", "ymax"]].isna().all(axis=None) and not table.issues
    for number, file in enumerate(files):
        np.testing.assert_array_equal(pixels(tmp_path, file), IMAGES[number])


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_colour_images_and_uncompressed_files_are_read(tmp_path: Path, channels: int) -> None:
    images = np.arange(2 * 2 * 3 * channels, dtype=np.uint8).reshape(2, 2, 3, channels)
    files = {"a-images.idx4-ubyte": idx(images), "a-labels.idx1-ubyte": idx(LABELS[:2])}
    table = read(make(tmp_path, files))
    expected = images[1, ..., 0] if channels == 1 else images[1]
    np.testing.assert_array_equal(pixels(tmp_path, table.images["file"][1]), expected)


def test_file_names_give_the_split(tmp_path: Path) -> None:
    table = read(make(tmp_path, {**pair("train-"), **pair("t10k-"), **pair("emnist-validation-")}))
    assert table.images["split"].tolist() == ["val"] * 3 + ["test"] * 3 + ["train"] * 3
    assert read(make(tmp_path / "alone", pair("train-"))).images["split"].tolist() == [""] * 3


def test_a_file_and_its_compressed_copy_count_once(tmp_path: Path) -> None:
    files = {**pair(), "images-idx3-ubyte": idx(IMAGES), "labels-idx1-ubyte": idx(LABELS)}
    assert len(read(make(tmp_path, files)).images) == 3


@pytest.mark.parametrize(
    ("name", "text", "labels", "classes", "found"),
    [
        ("labels.txt", "zero\none\n two  too \n", (2, 0, 2), ("zero", "one", "two too"), "two too"),
        ("classes.txt", "zero\r\none\r\ntwo\r\n", (1, 1, 1), ("zero", "one", "two"), "one"),
        ("labels.txt", "one\ntwo\n", (2, 1, 1), ("one", "two"), "two"),
        ("labels.txt", "5:five\n0:zero\n", (5, 5, 5), ("zero", "five"), "five"),
        ("other/labels.txt", "zero\n", (3, 3, 3), ("3",), "3"),
    ],
)
def test_files_name_the_classes(
    tmp_path: Path, name: str, text: str, labels: Any, classes: tuple[str, ...], found: str
) -> None:
    table = read(make(tmp_path, {**pair(labels=np.array(labels, np.uint8)), name: text}))
    assert table.class_names == classes
    assert names(table)[0] == found


WHOLE = gzip.compress(idx(IMAGES), mtime=0)
BIG = struct.pack(">HBB3I", 0, 8, 3, 60000, 60000, 60000)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (b"", "not an IDX file"),
        (b"\0\0\x0d\x03" + bytes(12), "of type 0x0d, where bytes"),
        (b"\0\0\x08\x03\0\0", "ends within its head"),
        (b"\x89PNG" + bytes(30), r"begins with b'\\x89PNG'"),
        (b"\0\0\x08\xff" + bytes(2000), "an array of 255 axes"),
        (b"\0\0\x08\x00", "an array of 0 axes"),
        (struct.pack(">HBB3I", 0, 8, 3, 0, 2**32 - 1, 2**32 - 1), "holds nothing"),
        (WHOLE[:-12], "gzip data is damaged|and holds"),
        (WHOLE[:20] + b"\xff" * 9 + WHOLE[29:], "gzip data is damaged|and holds"),
        (b"\x1f\x8b", "gzip data is damaged"),
        (idx(IMAGES)[:-1], "3 × 4 × 5 bytes, and cannot hold|and holds 59"),
        (idx(IMAGES) + b"x", "and holds more"),
        (BIG, "60000 × 60000 × 60000 bytes, and cannot hold more than 16"),
        (gzip.compress(BIG, mtime=0), "and cannot hold more than 104857600"),
        (
            gzip.compress(struct.pack(">HBB3I", 0, 8, 3, 9, 9, 9) + bytes(30_000_000), mtime=0),
            "and holds more",
        ),
        (idx(LABELS), "an array of 3 is none of images"),
        (idx(np.zeros((2, 2, 2, 2), np.uint8)), "2 × 2 × 2 × 2 is none of images"),
        (idx(IMAGES[:2]), "the file has 3 labels, but images-idx3-ubyte.gz has 2 images"),
    ],
)
def test_a_broken_file_is_refused_in_one_line(tmp_path: Path, images: bytes, message: str) -> None:
    make(tmp_path, pair() | {"images-idx3-ubyte.gz": images})
    with pytest.raises(PipelineError, match=message) as error:
        read(tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("labels", [b"\0\0\x08\x00", idx(IMAGES), b"\0\0\x08\x01\0\0\0\x04abcd"])
def test_broken_labels_are_refused(tmp_path: Path, labels: Any) -> None:
    make(tmp_path, pair() | {"labels-idx1-ubyte.gz": labels})
    with pytest.raises(PipelineError, match="labels-idx1-ubyte"):
        read(tmp_path)


def test_a_missing_file_of_labels_is_named(tmp_path: Path) -> None:
    make(tmp_path, {"a/train-images-idx3-ubyte.gz": WHOLE})
    with pytest.raises(
        PipelineError, match=r"the file of its labels is missing; add a/train-labels-idx1-ubyte or "
    ):
        read(tmp_path)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(st.data())
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from([WHOLE, idx(IMAGES)])))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "images-idx3-ubyte").write_bytes(bytes(content))
    (tmp_path / "labels-idx1-ubyte").write_bytes(idx(LABELS))
    read_idx.cache_clear()
    try:
        table = read(tmp_path, "idx")
    except PipelineError:
        return
    assert len(table.images) == 3


@pytest.mark.parametrize("member", ["00003.png", "x.png", "-1.png", "9" * 13 + ".png", "00001.jpg"])
def test_a_missing_member_is_an_os_error(tmp_path: Path, member: str) -> None:
    make(tmp_path, pair())
    with pytest.raises(OSError, match="is none of its 3 images"):
        read_image(tmp_path, f"images-idx3-ubyte.gz/{member}")


@pytest.mark.real
def test_all_of_fashion_mnist_is_read(real_data: Path) -> None:
    table = read(real_data / "fashion_mnist_idx")
    assert table.images["split"].value_counts().to_dict() == {"train": 60000, "test": 10000}
    assert (table.objects["label"].value_counts() == 7000).all() and len(table.class_names) == 10
    assert names(table)[:5] == ["9", "2", "1", "1", "6"]  # t10k comes first
    image = pixels(real_data / "fashion_mnist_idx", "t10k-images-idx3-ubyte.gz/00000.png")
    assert image.shape == (28, 28) and image.max() > 200


def test_a_number_without_a_name_is_an_unknown_class(tmp_path: Path) -> None:
    files = {**pair(labels=np.array((9, 0, 0), np.uint8)), "labels.txt": "zero\n"}
    table = read(make(tmp_path, files))
    assert table.class_names == ("zero",) and names(table) == ["zero", "zero"]
    assert [(issue.fault.name, issue.fault.detail) for issue in table.issues] == [
        ("unknown-class", "class 9 is not among the 1 names")
    ]
