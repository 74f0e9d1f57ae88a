"""Reading TFRecord files and the ``tf.train.Example`` in each record, without TensorFlow.

The bytes may be anybody's: lengths are held to what is there before anything is read or allocated, and
checksums are compared. What is not in order raises one kind of error.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from pipeline.datasets.records.checksum import masked_crc32c

_HEAD = struct.Struct("<QI")  # length and its checksum

_TAIL_BYTES = 4

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types

_MAX_VARINT_BYTES = 10

_UINT64 = 2**64 - 1

Values = list[memoryview] | np.ndarray
"""Byte strings; float32 [N]; or int64 [N]."""


class BrokenRecordError(ValueError):
    """The bytes are no TFRecord file, or no ``Example``; the text says where and why."""


class Place(NamedTuple):
    """Where a record stands in its file.

    Attributes:
        offset: Of its head, bytes.
        length: Of the record without head and checksum, bytes.
    """

    offset: int
    length: int


def record_places(path: Path) -> Iterator[Place]:
    """Iterate over the places of a file's records, reading only their heads.

    Raises:
        BrokenRecordError: a head is damaged, or the file ends within a record; the places before were given.
    """
    with path.open("rb") as file:
        size = path.stat().st_size
        offset = 0
        while offset < size:
            place = _read_head(file, offset, size)
            yield place
            offset += _HEAD.size + place.length + _TAIL_BYTES


def read_record(path: Path, offset: int) -> bytes:
    """Return the record whose head is at ``offset``.

    Raises:
        BrokenRecordError: there is none, or its checksum is another.
    """
    with path.open("rb") as file:
        length = _read_head(file, offset, path.stat().st_size).length
        file.seek(offset + _HEAD.size)
        record = file.read(length)
        tail = file.read(_TAIL_BYTES)
    if len(tail) < _TAIL_BYTES or struct.unpack("<I", tail)[0] != masked_crc32c(record):
        raise BrokenRecordError(f"the checksum of the record at byte {offset} is wrong")
    return record


def _read_head(file: BinaryIO, offset: int, size: int) -> Place:
    if offset + _HEAD.size > size:
        raise BrokenRecordError(f"the file is cut off at byte {size}, within a record's head")
    file.seek(offset)
    head = file.read(_HEAD.size)
    length, checksum = _HEAD.unpack(head)
    if checksum != masked_crc32c(head[:8]):
        said = "; it is compressed with gzip, unpack it" if offset == 0 and head[:2] == b"\x1f\x8b" else ""
        raise BrokenRecordError(f"no TFRecord at byte {offset}: the checksum of its length is wrong{said}")
    if offset + _HEAD.size + length + _TAIL_BYTES > size:
        raise BrokenRecordError(f"the file is cut off at byte {size}, within the record at byte {offset}")
    return Place(offset, length)


def decode_example(record: bytes) -> dict[str, Values]:
    """Decode a ``tf.train.Example`` into its features by name; an empty feature is an empty list.

    As protocol buffers have it, lists may be packed or not, unknown fields are skipped, and of what stands
    there twice the last counts.

    Raises:
        BrokenRecordError: it is none.
    """
    features: dict[str, Values] = {}
    for field, example_part in _messages(memoryview(record)):
        for entry_field, entry in _messages(example_part) if field == 1 else ():
            if entry_field == 1:
                name, feature = _entry(entry)
                features[name] = _feature(feature)
    return features


def _entry(entry: memoryview) -> tuple[str, memoryview]:
    """Return the key and the value of an entry of the map."""
    parts = {1: memoryview(b""), 2: memoryview(b"")} | dict(_messages(entry))
    return bytes(parts[1]).decode(errors="replace"), parts[2]


def _feature(feature: memoryview) -> Values:
    values: Values = []
    for kind, part in _messages(feature):
        if kind == 1:
            values = [value for field, value in _messages(part) if field == 1]
        elif kind == 2:
            values = np.frombuffer(b"".join(_numbers(part, _FIXED32)), "<f4")
        elif kind == 3:
            values = _decode_varints(b"".join(_numbers(part, _VARINT)))
    return values


def _messages(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Iterate over the number and the bytes of the fields that hold bytes."""
    return ((number, value) for number, wire, value in _fields(message) if wire == _BYTES)


def _numbers(values: memoryview, wire: int) -> Iterator[memoryview]:
    """Iterate over the encoded numbers of a list, those that are packed and those that stand alone."""
    for number, found, value in _fields(values):
        if number == 1 and found in (_BYTES, wire):
            if wire == _FIXED32 and len(value) % 4:
                raise BrokenRecordError("a list of floats ends within one")
            yield value


def _fields(message: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    """Iterate over the number, the wire type and the bytes of a message's fields."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        wire = key & 7
        start = at
        if wire == _VARINT:
            _, end = _varint(message, at)
        elif wire == _BYTES:
            length, start = _varint(message, at)
            end = start + length
        elif wire in (_FIXED32, _FIXED64):
            end = start + (4 if wire == _FIXED32 else 8)
        else:
            raise BrokenRecordError(f"no tf.train.Example: a field of wire type {wire}")
        if end > len(message):
            raise BrokenRecordError("no tf.train.Example: a field is longer than what holds it")
        yield key >> 3, wire, message[start:end]
        at = end


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Return a number, and the position behind it."""
    value = 0
    for shift in range(0, 7 * _MAX_VARINT_BYTES, 7):
        if at == len(message):
            raise BrokenRecordError("no tf.train.Example: it ends within a number")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & _UINT64, at
    raise BrokenRecordError("no tf.train.Example: a number of more than 64 bits")


def _decode_varints(data: bytes) -> np.ndarray:
    """Decode whole numbers that stand side by side: int64 [N]."""
    encoded = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(encoded < 0x80)
    if not len(encoded):
        return np.zeros(0, np.int64)
    if not len(ends) or ends[-1] != len(encoded) - 1:
        raise BrokenRecordError("a list of whole numbers ends within one")
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if lengths.max() > _MAX_VARINT_BYTES:
        raise BrokenRecordError("a whole number of more than 64 bits")
    place = np.arange(len(encoded)) - np.repeat(starts, lengths)
    shifted = (encoded & 0x7F).astype(np.uint64) << (7 * place).astype(np.uint64)
    return np.bitwise_or.reduceat(shifted, starts).view(np.int64)
