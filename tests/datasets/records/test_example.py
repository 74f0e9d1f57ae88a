import contextlib
import struct
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.datasets.records.example import Feature, Values, decode_example, encode_example
from pipeline.datasets.records.files import BrokenRecordError
from tests.support.project import ROOT
from tests.support.record_features import FEATURES

Features = dict[str, Feature]


def tensorflow_example(features: Features) -> Any:
    """Return TensorFlow's message of the same features."""
    tf = pytest.importorskip("tensorflow")
    example = tf.train.Example(features=tf.train.Features())
    for name, value in features.items():
        if isinstance(value, np.ndarray):
            kind, list_class = (
                ("float_list", tf.train.FloatList)
                if value.dtype == np.float32
                else ("int64_list", tf.train.Int64List)
            )
        else:
            kind, list_class = "bytes_list", tf.train.BytesList
        values = [value] if isinstance(value, bytes) else list(value)
        example.features.feature[name].CopyFrom(tf.train.Feature(**{kind: list_class(value=values)}))
    return example


def assert_decoded(decoded: dict[str, Values], features: Features) -> None:
    assert set(decoded) == set(features)
    for name, value in features.items():
        if isinstance(value, np.ndarray):
            assert isinstance(decoded[name], np.ndarray)
            np.testing.assert_array_equal(decoded[name], value, strict=True)
        else:
            assert decoded[name] == ([value] if isinstance(value, bytes) else list(value))


@settings(deadline=None)
@given(FEATURES)
def test_the_bytes_are_those_of_tensorflow(features: Features) -> None:
    assert encode_example(features) == tensorflow_example(features).SerializeToString(deterministic=True)


@settings(deadline=None)
@given(FEATURES)
def test_tensorflow_decodes_what_was_encoded(features: Features) -> None:
    example = tensorflow_example(features)
    assert type(example).FromString(encode_example(features)) == example


@settings(deadline=None)
@given(FEATURES)
def test_what_tensorflow_encoded_is_decoded(features: Features) -> None:
    assert_decoded(decode_example(tensorflow_example(features).SerializeToString()), features)


@settings(deadline=None)
@given(FEATURES)
def test_what_was_encoded_is_decoded(features: Features) -> None:
    assert_decoded(decode_example(encode_example(features)), features)


@given(FEATURES)
def test_the_order_of_the_features_does_not_matter(features: Features) -> None:
    assert encode_example(dict(reversed(features.items()))) == encode_example(features)


def test_the_bytes_do_not_change_between_versions() -> None:
    features: Features = {"b": np.array([1, -1]), "a": b"x", "c": np.array([0.5], np.float32)}
    entries = ["0a0a 0a0161 1205 0a03 0a0178", "0a14 0a0162 120f 1a0d 0a0b 01 ffffffffffffffffff01"]
    entries += ["0a0d 0a0163 1208 1206 0a04 0000003f"]
    body = b"".join(map(bytes.fromhex, entries))
    assert encode_example(features) == b"\x0a" + bytes([len(body)]) + body


def test_a_number_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError):
        encode_example({"x": np.array([2**63], np.uint64)})


@pytest.mark.parametrize("order", [("tensorflow", "ours"), ("ours", "tensorflow")])
def test_tensorflow_may_be_imported_before_or_after(order: tuple[str, str]) -> None:
    pytest.importorskip("tensorflow")
    lines = {
        "tensorflow": "import tensorflow as tf",
        "ours": "import pipeline.datasets.records.example as ours",
    }
    code = [
        *(lines[name] for name in order),
        "record = ours.encode_example({'x': b'y'})",
        "assert tf.train.Example.FromString(record).SerializeToString() == record",
        "assert tf.io.parse_single_example(record, {'x': tf.io.FixedLenFeature([], tf.string)})['x'] == b'y'",
        "assert ours.decode_example(record) == {'x': [b'y']}",
    ]
    subprocess.run([sys.executable, "-c", "\n".join(code)], cwd=ROOT, check=True)


def test_tensorflow_is_not_imported() -> None:
    code = "import sys, pipeline.datasets.records.schema; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def field(number: int, wire: int, payload: bytes) -> bytes:
    return bytes([number << 3 | wire]) + payload


def message(number: int, payload: bytes) -> bytes:
    return field(number, 2, bytes([len(payload)]) + payload)


def example_of(feature: bytes, extra: bytes = b"") -> bytes:
    return message(1, message(1, message(1, b"x") + message(2, feature)) + extra) + extra


def decoded_x(record: bytes) -> list[Any]:
    return list(decode_example(record)["x"])


def test_lists_may_be_unpacked() -> None:
    whole = field(1, 0, b"\x05") + message(1, b"\x01\x80\x01") + field(1, 0, b"\xff" * 9 + b"\x01")
    assert decoded_x(example_of(message(3, whole))) == [5, 1, 128, -1]
    floats = field(1, 5, struct.pack("<f", 0.5)) + message(1, struct.pack("<2f", 1, -2))
    assert decoded_x(example_of(message(2, floats))) == [0.5, 1, -2]


def test_unknown_fields_are_skipped() -> None:
    unknown = field(7, 0, b"\x80\x01") + field(7, 1, bytes(8)) + field(7, 5, bytes(4)) + message(7, b"any")
    assert decoded_x(example_of(message(3, unknown + message(1, b"\x07")), unknown)) == [7]


def test_a_list_with_another_wire_type_is_an_unknown_field() -> None:
    assert decoded_x(example_of(message(3, field(1, 5, bytes(4))))) == []


def test_the_last_of_two_features_with_one_name_counts() -> None:
    first, second = (example_of(message(3, message(1, bytes([number])))) for number in (1, 2))
    assert decoded_x(first + second) == [2]


def test_the_last_of_two_kinds_counts() -> None:
    assert decoded_x(example_of(message(3, message(1, b"\x01")) + message(1, message(1, b"a")))) == [b"a"]


def test_two_lists_of_one_kind_are_joined() -> None:
    assert decoded_x(example_of(message(3, message(1, b"\x01")) + message(3, message(1, b"\x02")))) == [1, 2]


def test_a_feature_without_a_kind_is_an_empty_list() -> None:
    assert decode_example(example_of(b"")) == {"x": []}


@pytest.mark.parametrize(
    "record",
    [
        b"\x0a",  # no length
        b"\x0a\x05ab",  # too short
        b"\x0a" + b"\xff" * 9 + b"\x01",  # 2**64 - 1 bytes
        b"\x0a\xff\xff\xff\xff\x07",  # 2**31 - 1 bytes
        b"\x0b",  # a group without an end
        b"\x3b" * 10_000,  # nested groups
        b"\xff" * 12,
        message(1, message(1, message(1, b"\xff"))),  # a name that is not UTF-8
        example_of(message(2, message(1, b"abc"))),  # floats of 3 bytes
        example_of(message(3, message(1, b"\x80"))),
        example_of(message(3, message(1, b"\x80" * 11 + b"\x01"))),
        example_of(message(1, b"\x0a\xff\xff\xff\x7f")),  # a byte string of 256 MB
    ],
)
def test_a_record_that_is_not_an_example_is_refused_in_one_line(record: bytes) -> None:
    with pytest.raises(BrokenRecordError, match=r"\Athe record is not a tf\.train\.Example; .*\Z"):
        decode_example(record)


@settings(deadline=None)
@given(FEATURES, st.data())
def test_any_bytes_raise_one_kind_of_error(features: Features, data: st.DataObject) -> None:
    record = bytearray(encode_example(features))
    for _ in range(3):
        record[data.draw(st.integers(0, len(record) - 1))] = data.draw(st.integers(0, 255))
    for hostile in (bytes(record), bytes(record[: len(record) // 2]), data.draw(st.binary(max_size=60))):
        with contextlib.suppress(BrokenRecordError):
            decode_example(hostile)


@settings(deadline=None)
@given(FEATURES, st.data())
def test_spoilt_bytes_are_read_as_tensorflow_reads_them(features: Features, data: st.DataObject) -> None:
    tf = pytest.importorskip("tensorflow")
    message_module = pytest.importorskip("google.protobuf.message")
    record = bytearray(encode_example(features))
    record[data.draw(st.integers(0, len(record) - 1))] = data.draw(st.integers(0, 255))
    try:
        wanted = tf.train.Example.FromString(bytes(record))
    except message_module.DecodeError:
        with pytest.raises(BrokenRecordError):
            decode_example(bytes(record))
        return
    assert set(decode_example(bytes(record))) == set(wanted.features.feature)
