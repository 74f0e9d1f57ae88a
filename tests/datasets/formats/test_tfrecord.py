import gzip
import re
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.datasets.raw.containers import read_image
from pipeline.datasets.records.example import encode_example
from pipeline.datasets.records.files import frame, masked_crc32c
from pipeline.datasets.records.schema import RecordImage, RecordObjects, detection_example
from pipeline.datasets.table.annotation_table import AnnotationTable
from tests.support.dataset_files import faults, make, picture, read

CORNERS = ("xmin", "ymin", "xmax", "ymax")
BOX = (0.125, 0.25, 0.5, 0.75)


def features(
    *boxes: tuple[float, ...], labels: Sequence[int] = (), texts: Sequence[str] = (), **more: Any
) -> dict[str, Any]:
    """Return an image's features as TensorFlow's own converters write them."""
    columns = np.array(boxes, np.float32).reshape(-1, 4).T
    values: dict[str, Any] = {
        f"image/object/bbox/{corner}": column for corner, column in zip(CORNERS, columns, strict=True)
    }
    values |= {"image/encoded": b"\xff\xd8...", "image/width": np.array([8]), "image/height": np.array([4])}
    if labels:
        values["image/object/class/label"] = np.array(labels)
    if texts:
        values["image/object/class/text"] = [text.encode() for text in texts]
    return values | {f"image/{name}": value for name, value in more.items()}


def records(*examples: dict[str, Any]) -> bytes:
    return b"".join(frame(encode_example(example)) for example in examples)


def objects(table: AnnotationTable) -> list[list[Any]]:
    names = np.array(["", *table.class_names])
    columns = table.objects[["image_id", *CORNERS]].assign(name=names[table.objects["label"]])
    return columns.to_numpy().tolist()


def test_values_are_read_unchanged(tmp_path: Path) -> None:
    first = features(BOX, (0, 0, 1, 1), labels=(3, 1), texts=("dog", "cat"))
    first |= {"image/object/difficult": np.array([0, 1]), "image/object/is_crowd": np.array([1, 0])}
    table = read(make(tmp_path, {"all.tfrecord": records(first, features())}))
    offset = len(records(first))
    names = ["all.tfrecord/000000000000.jpg", f"all.tfrecord/{offset:012d}.jpg"]
    assert table.images.to_numpy().tolist() == [
        [1, names[0], 8, 4, "", True, ""],
        [2, names[1], 8, 4, "", True, ""],
    ]
    assert objects(table) == [[1, *BOX, "dog"], [1, 0, 0, 1, 1, "cat"]]
    assert table.objects["difficult"].tolist() == [False, True]
    assert table.objects["crowd"].tolist() == [True, False]
    assert table.class_names == ("cat", "dog") and not table.issues


def test_a_label_of_the_whole_image_has_no_box(tmp_path: Path) -> None:
    example = features(BOX, texts=("cat",), **{"class/label": np.array([7]), "class/text": [b"indoors"]})
    table = read(make(tmp_path, {"a.record": records(example)}))
    assert table.class_names == ("cat", "indoors")
    assert table.objects["xmin"].isna().tolist() == [False, True]
    assert table.objects["object"].tolist() == [0, 1]


@pytest.mark.parametrize(
    "name", ["tf.records-00000-of-00001", "train.tfrec", "part-7", "a.tfrecord.gz", "b.gz"]
)
@pytest.mark.parametrize("packed", [False, True])
def test_files_of_any_suffix_and_compressed_ones(tmp_path: Path, name: str, packed: bool) -> None:
    data = records(
        features(BOX, texts=("cat",), encoded=b"first", format=b"jpeg"), features(encoded=b"second")
    )
    files = {name: gzip.compress(data) if packed else data, "README.txt": "text", "notes.bin": b"other"}
    table = read(make(tmp_path, files))
    assert objects(table) == [[1, *BOX, "cat"]] and not table.issues
    images = table.images["file"].tolist()
    assert images[0] == f"{name}/000000000000.jpg"
    assert [read_image(tmp_path, file) for file in images] == [b"first", b"second"]


def test_images_are_read_from_their_records(tmp_path: Path) -> None:
    examples = [
        features(encoded=b"first", format=b"jpeg"),
        features(encoded=b"second", format=b"PNG"),
        features(encoded=b"\x89PNG"),
        features(encoded=b"?", format=b"../../x"),
    ]
    table = read(make(tmp_path, {"sub/a.tfrecord": records(*examples)}))
    assert [read_image(tmp_path, file) for file in table.images["file"]] == [
        b"first",
        b"second",
        b"\x89PNG",
        b"?",
    ]
    assert [file[27:] for file in table.images["file"]] == [".jpg", ".png", ".png", ""]


@pytest.mark.parametrize(
    "name",
    [
        "a.tfrecord",
        "a.tfrecords",
        "a.record",
        "a.tfrecord-00000-of-00010",
        "a-00000-of-00003.tfrecord",
        "A.TFRecord",
    ],
)
def test_record_files_are_recognised_by_their_names(tmp_path: Path, name: str) -> None:
    table = read(make(tmp_path, {f"x/{name}": records(features())}))
    assert table.images["file"].tolist() == [f"x/{name}/000000000000.jpg"]
    assert read_image(tmp_path, table.images["file"][0]) == b"\xff\xd8..."


def test_names_and_folders_give_the_split(tmp_path: Path) -> None:
    names = {
        "train-00000-of-00001.tfrecord": "train",
        "coco_val.record-00000-of-00002": "val",
        "validation.tfrecord": "val",
        "test/cats.tfrecord": "test",
        "cats.tfrecord": "",
    }
    table = read(make(tmp_path, {name: records(features()) for name in names}))
    assert dict(zip((f[:-17] for f in table.images["file"]), table.images["split"], strict=True)) == names


def test_a_single_file_gives_no_split(tmp_path: Path) -> None:
    assert read(make(tmp_path, {"train.tfrecord": records(features())})).images["split"].tolist() == [""]


MAP = r"""
item {
  id: 2
  name: '/m/1'
  display_name: "na\303\257ve \"cat\""
}
item { name: 'dog' id: 1 keypoints { id: 0 } }
"""


@pytest.mark.parametrize(
    ("labels", "texts", "files", "classes", "found"),
    [
        # texts are in the order of their numbers, or sorted if a text has two numbers or a number has two texts
        ((2, 1), ("a", "b"), {}, ("b", "a"), ("a", "b")),
        ((2, 2), ("b", "a"), {}, ("a", "b"), ("b", "a")),
        ((1, 2, 0), ("b", "b", "a"), {}, ("a", "b"), ("b", "b", "a")),
        ((), ("b", "a"), {}, ("a", "b"), ("b", "a")),
        # records have only numbers
        ((10, 9), (), {}, ("9", "10"), ("10", "9")),
        ((10, 9), ("", "x"), {}, ("x", "10"), ("10", "x")),
        # a label map names numbers, orders texts and keeps unused classes
        ((2, 7), (), {"map.pbtxt": MAP}, ("dog", 'naïve "cat"'), ('naïve "cat"',)),
        ((), ("zebra", "/m/1"), {"data/map.pbtxt": MAP}, ("dog", "/m/1", "zebra"), ("zebra", "/m/1")),
        # labels.txt beside the records does the same
        ((2, 1), (), {"labels.txt": "one\ntwo\nthree\n"}, ("one", "two", "three"), ("two", "one")),
        ((2, 0), (), {"labels.txt": "one\ntwo\nthree\n"}, ("one", "two", "three"), ("three", "one")),
        ((2, 0), (), {"labels.txt": "0:one\n2:two\n"}, ("one", "two"), ("two", "one")),
        ((2,), (), {"labels.txt": "???\none\ntwo"}, ("one", "two"), ("two",)),
        ((1,), ("two",), {"labels.txt": "one\ntwo"}, ("one", "two"), ("two",)),
        ((1,), (), {"elsewhere/labels.txt": "one"}, ("1",), ("1",)),
        # a graph is a .pbtxt file without classes, so labels.txt is read
        ((1,), (), {"graph.pbtxt": "node { name: 'x' }", "labels.txt": "one"}, ("one",), ("one",)),
    ],
)
def test_classes_are_named_and_ordered(
    tmp_path: Path,
    labels: tuple[int, ...],
    texts: tuple[str, ...],
    files: dict[str, str],
    classes: tuple[str, ...],
    found: tuple[str, ...],
) -> None:
    example = features(*[BOX] * max(len(labels), len(texts)), labels=labels, texts=texts)
    table = read(make(tmp_path, {"a.tfrecord": records(example), **files}))
    assert table.class_names == classes
    assert tuple(row[-1] for row in objects(table)) == found


def test_a_number_that_the_label_map_does_not_name_is_an_unknown_class(tmp_path: Path) -> None:
    example = features(BOX, BOX, labels=(7, 1))
    table = read(make(tmp_path, {"a.tfrecord": records(example), "map.pbtxt": MAP}))
    (issue,) = table.issues
    assert (issue.fault.object, issue.fault.name) == (0, "unknown-class")
    assert issue.fault.detail == "class 7 is not among the 2 names of the label map"
    assert [row[-1] for row in objects(table)] == ["dog"]


def test_features_that_are_not_used_are_listed(tmp_path: Path) -> None:
    masks = {"image/object/mask": [b"png"], "image/object/weight": np.zeros(0)}
    table = read(make(tmp_path, {"a.tfrecord": records(features(BOX, texts=("cat",)) | masks)}))
    assert [issue.fault.detail for issue in table.issues] == ["the feature 'image/object/mask' is not used"]


def test_class_names_that_are_not_in_utf_8_are_not_guessed(tmp_path: Path) -> None:
    bad = features(BOX) | {"image/object/class/text": ["K\u00e4se".encode("cp1252")]}
    table = read(make(tmp_path, {"a.tfrecord": records(bad, features(BOX, texts=("cat",)))}))
    assert table.class_names == ("cat",) and len(table.issues) == 1
    fault = table.issues[0].fault
    assert (fault.name, fault.detail) == ("unreadable-annotation", "image/object/class/text is not in UTF-8")


def test_objects_without_class_or_with_a_box_that_is_not_finite_are_listed(tmp_path: Path) -> None:
    examples = [features(BOX), features(BOX, (np.nan, 0, 1, np.inf), labels=(1, 2))]
    table = read(make(tmp_path, {"a.tfrecord": records(*examples)}))
    assert [(issue.fault.object, issue.fault.name) for issue in table.issues] == [
        (0, "unknown-class"),
        (1, "box-unreadable"),
    ]
    assert len(table.objects) == 1 and len(table.images) == 2


@pytest.mark.parametrize(
    ("example", "message"),
    [
        ({"image": b"x", "objects/label": np.array([1])}, "no image/encoded.*features: image, objects/label"),
        ({}, "features: none"),
        (features(BOX, labels=(1, 2)), "image/object/class has 2 labels and 0 texts for 1 boxes"),
        (features(BOX, labels=(1,), texts=("a", "b")), "1 labels and 2 texts"),
        (features(BOX, texts=("a",)) | {"image/object/bbox/xmin": np.zeros(2, np.float32)}, "2 xmin, 1 ymin"),
        (features(BOX, texts=("a",)) | {"image/object/bbox/xmin": b"1"}, "bbox/xmin holds text"),
        (features(BOX) | {"image/object/class/text": np.array([1])}, "class/text holds numbers"),
        (features(BOX) | {"image/object/class/label": np.ones(1, np.float32)}, "label holds floats"),
        (features(BOX, labels=(1,)) | {"image/object/is_crowd": np.array([0, 0])}, "is_crowd has 2 values"),
    ],
)
def test_an_unusable_record_is_left_out(tmp_path: Path, example: dict[str, Any], message: str) -> None:
    table = read(make(tmp_path, {"a.tfrecord": records(example, features())}))
    (issue,) = table.issues
    assert issue.file.startswith("a.tfrecord/000000000000") and issue.fault.name == "unreadable-annotation"
    assert len(table.images) == 1
    assert re.search(message, issue.fault.detail), issue.fault.detail


def test_the_records_before_the_damage_are_read(tmp_path: Path) -> None:
    whole = records(features(), features())
    flipped = bytearray(whole)
    flipped[40] ^= 1
    files = {
        "cut.tfrecord": whole[:-3],
        "flipped.tfrecord": bytes(flipped),
        "no.tfrecord": b"hello, world" * 3,
    }
    table = read(make(tmp_path, {**files, "empty.tfrecord": b""}))
    assert [file.split("/")[0] for file in table.images["file"]] == ["cut.tfrecord", "flipped.tfrecord"]
    assert sorted(faults(table)) == [
        (name, "unreadable-annotation")
        for name in ("cut.tfrecord", "flipped.tfrecord/000000000000", "no.tfrecord")
    ]


def test_a_length_beyond_the_file_is_listed(tmp_path: Path) -> None:
    length = struct.pack("<Q", 2**62)
    bomb = length + struct.pack("<I", masked_crc32c(length))
    table = read(make(tmp_path, {"a.tfrecord": bomb}))
    assert faults(table) == [("a.tfrecord", "unreadable-annotation")]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.data())
def test_random_bytes_in_a_record_raise_no_error(tmp_path: Path, data: st.DataObject) -> None:
    record = bytearray(
        encode_example(features(BOX, labels=(1,), texts=("cat",), **{"class/label": np.array([2])}))
    )
    for _ in range(data.draw(st.integers(0, 4))):
        record[data.draw(st.integers(0, len(record) - 1))] = data.draw(st.integers(0, 255))
    table = read(make(tmp_path, {"a.tfrecord": frame(bytes(record))}), "tfrecord")
    for file in table.images["file"]:
        read_or_none(tmp_path, file)


def read_or_none(root: Path, file: str) -> bytes | None:
    try:
        return read_image(root, file)
    except OSError:
        return None


@pytest.mark.parametrize(
    "member", ["x.jpg", "000000000005.jpg", "999999999999.jpg", "9" * 40, "-1", "000000000000"]
)
def test_a_missing_member_is_an_os_error(tmp_path: Path, member: str) -> None:
    make(tmp_path, {"a.tfrecord": records({"image": b"x"})})
    with pytest.raises(OSError):
        read_image(tmp_path, f"a.tfrecord/{member}")


def test_a_folder_may_be_named_like_a_record_file(tmp_path: Path) -> None:
    make(tmp_path, {"a.tfrecord/b.jpg": b"bytes"})
    assert read_image(tmp_path, "a.tfrecord/b.jpg") == b"bytes"


def test_records_of_this_pipeline_are_read(tmp_path: Path) -> None:
    boxes = np.array([[2, 3, 10, 9], [np.nan] * 4, [0, 0, 20, 10]])
    written = detection_example(
        RecordImage(
            encoded=picture(20, 10), format="png", file="a/b.png", id=7, width=20, height=10, sha256=""
        ),
        RecordObjects(
            boxes=boxes,
            labels=np.array([3, 2, 1]),
            difficult=np.array([True, False, False]),
            crowd=np.array([False, False, True]),
            area=np.ones(3),
            masks=[],
            has_mask=np.zeros(3, bool),
        ),
        ["one", "two", "three"],
    )
    table = read(
        make(
            tmp_path,
            {"train-00000-of-00001.tfrecord": frame(written), "labels.txt": "one\ntwo\nthree\nfour\n"},
        )
    )
    assert table.class_names == ("one", "two", "three", "four")
    assert table.objects["label"].tolist() == [3, 1, 2]
    shares = table.objects[list(CORNERS)].to_numpy()
    np.testing.assert_allclose(shares[:2] * (20, 10, 20, 10), boxes[[0, 2]], atol=1e-6)
    assert np.isnan(shares[2]).all()
    assert table.objects["difficult"].tolist() == [True, False, False]
    assert table.objects["crowd"].tolist() == [False, True, False]
    assert read_image(tmp_path, table.images["file"][0]) == picture(20, 10)
