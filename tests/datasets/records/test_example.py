import numpy as np
import pytest
from hypothesis import given, settings

from pipeline.datasets.records.example import encode_example
from pipeline.datasets.records.files import ShardWriter, frame
from pipeline.datasets.records.schema import detection_example
from tests.support.record_features import FEATURES

tf = pytest.importorskip("tensorflow")


@settings(deadline=None)
@given(FEATURES)
def test_tensorflow_reads_what_was_encoded(features):
    example = tf.train.Example.FromString(encode_example(features))
    assert set(example.features.feature) == set(features)
    for name, value in features.items():
        feature = example.features.feature[name]
        if isinstance(value, np.ndarray):
            kind = feature.float_list if value.dtype == np.float32 else feature.int64_list
            np.testing.assert_array_equal(kind.value, value)
        else:
            assert list(feature.bytes_list.value) == ([value] if isinstance(value, bytes) else list(value))


def test_tensorflow_reads_the_shards_and_their_checksums(tmp_path):
    records = [bytes([number]) * (number * 700) for number in range(5)]
    with ShardWriter(tmp_path, "val", 2) as shards:
        for record in records:
            shards.write(frame(record))
    names = [f"val-{number:05d}-of-00003.tfrecord" for number in range(3)]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    read = tf.data.TFRecordDataset([str(tmp_path / name) for name in names])
    assert [record.numpy() for record in read] == records


def example(boxes, labels, masks=()):
    count = len(labels)
    return tf.train.Example.FromString(
        detection_example(
            image=b"bytes",
            image_format="jpeg",
            file="a/b.jpg",
            image_id=7,
            width=200,
            height=100,
            sha256="00",
            boxes=np.array(boxes, np.float64).reshape(-1, 4),
            labels=np.array(labels, np.int64),
            class_names=["cat", "hat"],
            difficult=np.zeros(count, bool),
            crowd=np.ones(count, bool),
            area=np.full(count, 50.0),
            masks=masks,
            has_mask=np.arange(count) % 2 == 0,
        )
    ).features.feature


def test_boxes_are_normalised_and_named():
    feature = example([[20, 30, 100, 90]], [2])
    corners = [
        feature[f"image/object/bbox/{corner}"].float_list.value[0] for corner in ("xmin", "ymin", "xmax")
    ]
    np.testing.assert_allclose(corners, [0.1, 0.3, 0.5], rtol=1e-6)
    assert list(feature["image/object/class/label"].int64_list.value) == [2]
    assert list(feature["image/object/class/text"].bytes_list.value) == [b"hat"]
    assert list(feature["image/object/is_crowd"].int64_list.value) == [1]
    assert feature["image/source_id"].bytes_list.value[0] == b"7"
    assert "image/class/label" not in feature


def test_a_label_of_the_whole_image_is_no_box():
    feature = example([[np.nan] * 4], [1])
    assert list(feature["image/class/label"].int64_list.value) == [1]
    assert not feature["image/object/class/label"].int64_list.value


def test_masks_are_those_of_the_boxes():
    boxes = [[1, 2, 3, 4], [np.nan] * 4, [5, 6, 7, 8], [9, 9, 10, 10]]
    feature = example(boxes, [1, 1, 2, 2], [b"a", b"", b"c", b"d"])
    assert list(feature["image/object/mask"].bytes_list.value) == [b"a", b"c", b"d"]
    assert list(feature["image/object/has_mask"].int64_list.value) == [1, 1, 0]


def test_without_masks_there_is_no_feature_of_them():
    assert not {"image/object/mask", "image/object/has_mask"} & set(example([[1, 2, 3, 4]], [1]))


def test_an_image_without_objects_is_background():
    assert not example([], [])["image/object/bbox/xmin"].float_list.value
