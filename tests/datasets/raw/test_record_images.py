from pathlib import Path

import numpy as np
import pytest

from pipeline.datasets.raw.record_images import RECORD_FILE, member_name, read_member
from pipeline.datasets.records.example import Feature, Values, encode_example
from pipeline.datasets.records.files import BrokenRecordError, frame


def write(folder: Path, *examples: dict[str, Feature]) -> Path:
    path = folder / "a.tfrecord"
    path.write_bytes(b"".join(frame(encode_example(example)) for example in examples))
    return path


@pytest.mark.parametrize(
    ("name", "matches"),
    [
        ("a.tfrecord", True),
        ("A.TFRecords", True),
        ("a.record-00000-of-00010", True),
        ("a-00000-of-00010.tfrecord", True),
        ("tfrecord", False),
        ("a.tfrecord.txt", False),
    ],
)
def test_names_of_record_files_are_recognised(name: str, matches: bool) -> None:
    assert bool(RECORD_FILE.search(name)) is matches


@pytest.mark.parametrize(
    ("features", "suffix"),
    [
        ({"image/format": [b"JPEG"]}, ".jpg"),
        ({"image/format": [b"png"], "image/encoded": [b"\xff\xd8"]}, ".png"),
        ({"image/format": [b"../x"], "image/encoded": [b"\xff\xd8\xff"]}, ".jpg"),
        ({"image/encoded": [b"\x89PNG"]}, ".png"),
        ({"image/encoded": [b"?"]}, ""),
        ({"image/format": np.zeros(1), "image/encoded": []}, ""),
        ({}, ""),
    ],
)
def test_the_suffix_follows_from_the_format_or_the_image(features: dict[str, Values], suffix: str) -> None:
    assert member_name(123, features) == f"000000000123{suffix}"


def test_an_image_is_read_by_the_name_of_its_record(tmp_path: Path) -> None:
    first: dict[str, Feature] = {"image/encoded": b"\xff\xd8 1"}
    second: dict[str, Feature] = {"image/encoded": b"\x89PNG 2"}
    path = write(tmp_path, first, second)
    offset = len(frame(encode_example(first)))
    assert read_member(path, member_name(0, {})) == b"\xff\xd8 1"
    assert read_member(path, member_name(offset, {"image/format": [b"png"]})) == b"\x89PNG 2"


@pytest.mark.parametrize("member", ["x.jpg", "-1", "", "9" * 40, "0.jpg/0"])
def test_a_name_that_is_not_an_offset_is_refused(tmp_path: Path, member: str) -> None:
    with pytest.raises(BrokenRecordError, match="is not the name of an image in a TFRecord file"):
        read_member(write(tmp_path, {}), member)


@pytest.mark.parametrize("example", [{}, {"image/encoded": np.array([1])}, {"image/encoded": []}])
def test_a_record_without_an_image_is_refused(tmp_path: Path, example: dict[str, Feature]) -> None:
    with pytest.raises(BrokenRecordError, match="the record at byte 0 has no image/encoded"):
        read_member(write(tmp_path, example), "000000000000")
