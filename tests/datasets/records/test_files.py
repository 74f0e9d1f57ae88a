import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.datasets.records.files import (
    BrokenRecordError,
    ShardWriter,
    frame,
    masked_crc32c,
    read_record,
    record_places,
)

RECORDS = [b"", b"a", bytes(3000), b"\xff" * 70]
Write = Callable[[bytes | bytearray], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a TFRecord file and returns its path."""

    def write_file(contents: bytes | bytearray) -> Path:
        path = tmp_path / "a.tfrecord"
        path.write_bytes(contents)
        return path

    return write_file


def bit_by_bit(data: bytes) -> int:
    """Return the CRC-32C as RFC 3720 defines it."""
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF


def unmasked(checksum: int) -> int:
    rotated = (checksum - 0xA282EAD8) & 0xFFFFFFFF
    return (rotated >> 17 | rotated << 15) & 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "expected"),  # RFC 3720, appendix B.4, and the check value of the CRC catalogue
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
)
def test_checksums_are_the_published_values(data: bytes, expected: int) -> None:
    assert unmasked(masked_crc32c(data)) == expected


@settings(deadline=None)
@given(st.binary(max_size=3000))
def test_checksums_agree_with_the_definition(data: bytes) -> None:
    assert unmasked(masked_crc32c(data)) == bit_by_bit(data)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.binary(max_size=300), max_size=4))
def test_files_are_those_that_tensorflow_writes(
    tmp_path_factory: pytest.TempPathFactory, records: list[bytes]
) -> None:
    tf = pytest.importorskip("tensorflow")
    path = tmp_path_factory.mktemp("records") / "a.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in records:
            writer.write(record)
    assert path.read_bytes() == b"".join(map(frame, records))
    assert [read_record(path, place.offset) for place in record_places(path)] == records


def test_tensorflow_reads_the_shards_and_their_checksums(tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    records = [bytes([number]) * (number * 700) for number in range(5)]
    with ShardWriter(tmp_path, "val", 2) as shards:
        for record in records:
            shards.write(frame(record))
    assert shards.records == 5
    names = [f"val-{number:05d}-of-00003.tfrecord" for number in range(3)]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    read = tf.data.TFRecordDataset([str(tmp_path / name) for name in names])
    assert [record.numpy() for record in read] == records


def test_a_writer_without_records_writes_no_file(tmp_path: Path) -> None:
    with ShardWriter(tmp_path, "val", 2):
        pass
    assert not list(tmp_path.iterdir())


def test_records_are_read_by_their_places(write: Write) -> None:
    path = write(b"".join(map(frame, RECORDS)))
    places = list(record_places(path))
    assert [place.length for place in places] == [0, 1, 3000, 70]
    assert [read_record(path, place.offset) for place in places] == RECORDS


FIRST, SECOND = frame(b"first"), frame(b"second")


@pytest.mark.parametrize(
    ("end", "message"),
    [
        (len(FIRST) + 5, "cut off at byte 26, within the head of a record"),
        (len(FIRST + SECOND) - 1, "cut off at byte 42, within the record at byte 21"),
    ],
)
def test_a_file_that_is_cut_off_has_the_records_before(write: Write, end: int, message: str) -> None:
    path = write((FIRST + SECOND)[:end])
    places = record_places(path)
    assert read_record(path, next(places).offset) == b"first"
    with pytest.raises(BrokenRecordError, match=message):
        next(places)


@pytest.mark.parametrize("at", [0, 3, 7, 9])
def test_a_damaged_length_is_refused(write: Write, at: int) -> None:
    framed = bytearray(FIRST)
    framed[at] ^= 0x40
    path = write(framed)
    with pytest.raises(BrokenRecordError, match="no TFRecord at byte 0"):
        list(record_places(path))
    with pytest.raises(BrokenRecordError, match="no TFRecord at byte 0"):
        read_record(path, 0)


@pytest.mark.parametrize("at", [12, 14, 17, 20])
def test_a_damaged_record_is_refused(write: Write, at: int) -> None:
    framed = bytearray(FIRST)
    framed[at] ^= 1
    path = write(framed)
    assert len(list(record_places(path))) == 1
    with pytest.raises(BrokenRecordError, match="the checksum of the record at byte 0 is wrong"):
        read_record(path, 0)


@pytest.mark.parametrize("offset", [1, 10**9, 2**63 - 1])
def test_an_offset_without_a_record_is_refused(write: Write, offset: int) -> None:
    with pytest.raises(BrokenRecordError):
        read_record(write(FIRST), offset)


@pytest.mark.parametrize("length", [2**31, 2**62, 2**64 - 1])
def test_a_length_beyond_the_end_of_the_file_is_refused(write: Write, length: int) -> None:
    head = struct.pack("<Q", length)
    path = write(head + struct.pack("<I", masked_crc32c(head)) + bytes(100))
    with pytest.raises(BrokenRecordError, match="cut off at byte 112"):
        read_record(path, 0)


def test_a_record_longer_than_protobuf_allows_is_not_read(write: Write) -> None:
    head = struct.pack("<Q", 2**31)
    path = write(head + struct.pack("<I", masked_crc32c(head)))
    with path.open("r+b") as file:
        file.truncate(2**31 + 100)  # the file is sparse
    with pytest.raises(BrokenRecordError, match="has 2147483648 bytes, and the limit is 2147483647"):
        read_record(path, 0)


def test_a_file_compressed_with_gzip_is_read_at_the_offsets_of_its_contents(write: Write) -> None:
    path = write(gzip.compress(b"".join(map(frame, RECORDS))))
    places = list(record_places(path))
    assert [read_record(path, place.offset) for place in reversed(places)] == RECORDS[::-1]
    path = write(b"\x1f\x8b" + bytes(40))
    with pytest.raises(BrokenRecordError, match="the gzip data is damaged"):
        list(record_places(path))
