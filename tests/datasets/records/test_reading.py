import contextlib
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.datasets.records.example import encode_example
from pipeline.datasets.records.files import frame
from pipeline.datasets.records.reading import (
    BrokenRecordError,
    decode_example,
    read_record,
    record_places,
)
from tests.support.record_features import FEATURES

RECORDS = [b"", b"a", bytes(3000), b"\xff" * 70]


def same(decoded, features):
    assert set(decoded) == set(features)
    for name, value in features.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(np.asarray(decoded[name]), value)
        else:
            assert [bytes(item) for item in decoded[name]] == (
                [value] if isinstance(value, bytes) else list(value)
            )


@settings(deadline=None)
@given(FEATURES)
def test_what_was_encoded_is_decoded(features):
    same(decode_example(encode_example(features)), features)


@settings(deadline=None)
@given(FEATURES)
def test_what_tensorflow_encoded_is_decoded(features):
    tf = pytest.importorskip("tensorflow")
    same(decode_example(tf.train.Example.FromString(encode_example(features)).SerializeToString()), features)


def field(number, wire, payload):
    return bytes([number << 3 | wire]) + payload


def message(number, payload):
    return field(number, 2, bytes([len(payload)]) + payload)


def example_of(feature, extra=b""):
    return message(1, message(1, message(1, b"x") + extra + message(2, feature)) + extra) + extra


def test_lists_may_be_unpacked():
    whole = field(1, 0, b"\x05") + message(1, b"\x01\x80\x01") + field(1, 0, b"\xff" * 9 + b"\x01")
    np.testing.assert_array_equal(decode_example(example_of(message(3, whole)))["x"], [5, 1, 128, -1])
    floats = field(1, 5, struct.pack("<f", 0.5)) + message(1, struct.pack("<2f", 1, -2))
    np.testing.assert_array_equal(decode_example(example_of(message(2, floats)))["x"], [0.5, 1, -2])


def test_unknown_fields_are_skipped():
    unknown = field(7, 0, b"\x80\x01") + field(7, 1, bytes(8)) + field(7, 5, bytes(4)) + message(7, b"any")
    decoded = decode_example(example_of(message(3, unknown + message(1, b"\x07")), unknown))
    assert decoded["x"].tolist() == [7]


@pytest.mark.parametrize(
    "record",
    [
        b"\x0a",  # no length
        b"\x0a\x05ab",  # too short
        b"\x0a" + b"\xff" * 9 + b"\x01",  # 2**64 - 1 bytes
        b"\x0b",  # a group
        b"\xff" * 12,
        example_of(message(2, message(1, b"abc"))),  # floats of 3 bytes
        example_of(message(3, message(1, b"\x80"))),
        example_of(message(3, message(1, b"\x80" * 11 + b"\x01"))),
    ],
)
def test_what_is_no_example_is_said(record):
    with pytest.raises(BrokenRecordError):
        decode_example(record)


@settings(deadline=None)
@given(FEATURES, st.data())
def test_any_bytes_raise_one_kind_of_error(features, data):
    record = bytearray(encode_example(features) or b"\x0a")
    for _ in range(3):
        record[data.draw(st.integers(0, len(record) - 1))] = data.draw(st.integers(0, 255))
    for hostile in (bytes(record), bytes(record[: len(record) // 2]), data.draw(st.binary(max_size=60))):
        with contextlib.suppress(BrokenRecordError):
            decode_example(hostile)


def test_records_are_read_by_their_places(tmp_path):
    path = tmp_path / "a.tfrecord"
    path.write_bytes(b"".join(map(frame, RECORDS)))
    places = list(record_places(path))
    assert [place.length for place in places] == [0, 1, 3000, 70]
    assert [read_record(path, place.offset) for place in places] == RECORDS


def test_a_file_cut_off_gives_the_records_before_it(tmp_path):
    path = tmp_path / "a.tfrecord"
    framed = frame(b"first") + frame(b"second")
    for end, said in ((len(frame(b"first")) + 5, "within a record's head"), (len(framed) - 1, "at byte 21")):
        path.write_bytes(framed[:end])
        places = record_places(path)
        assert read_record(path, next(places).offset) == b"first"
        with pytest.raises(BrokenRecordError, match=said):
            next(places)


@pytest.mark.parametrize("at", [0, 3, 7, 9])
def test_a_damaged_length_is_said(tmp_path, at):
    path = tmp_path / "a.tfrecord"
    framed = bytearray(frame(b"first"))
    framed[at] ^= 0x40
    path.write_bytes(framed)
    with pytest.raises(BrokenRecordError, match="no TFRecord at byte 0"):
        list(record_places(path))
    with pytest.raises(BrokenRecordError):
        read_record(path, 0)


def test_damaged_bytes_are_said(tmp_path):
    path = tmp_path / "a.tfrecord"
    framed = bytearray(frame(b"first"))
    framed[14] ^= 1
    path.write_bytes(framed)
    assert len(list(record_places(path))) == 1
    with pytest.raises(BrokenRecordError, match="checksum of the record at byte 0"):
        read_record(path, 0)


@pytest.mark.parametrize("offset", [1, 10**9, 2**63 - 1])
def test_a_place_that_is_none_is_said(tmp_path, offset):
    path = tmp_path / "a.tfrecord"
    path.write_bytes(frame(b"first"))
    with pytest.raises(BrokenRecordError):
        read_record(path, offset)


def test_gzip_is_named(tmp_path):
    path = tmp_path / "a.tfrecord"
    path.write_bytes(b"\x1f\x8b" + bytes(40))
    with pytest.raises(BrokenRecordError, match="compressed with gzip"):
        list(record_places(path))
