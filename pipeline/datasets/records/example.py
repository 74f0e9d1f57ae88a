"""Writing TFRecords in the TF Object Detection schema, without TensorFlow.

Both formats are small: an ``Example`` is a protocol-buffer map from names to lists, a record its length, its
bytes and two checksums. Writing them here saves the seconds that importing TensorFlow takes in every process.
"""

from collections.abc import Mapping, Sequence

import numpy as np

# bytes, floats as a float32 array, whole numbers as an integer array
Feature = bytes | Sequence[bytes] | np.ndarray

_VARINT, _BYTES = 0, 2  # wire types


def encode_example(features: Mapping[str, Feature]) -> bytes:
    """Encode a ``tf.train.Example``; equal features give equal bytes, as names are sorted."""
    entries = []
    for name in sorted(features):
        entry = _field(1, name.encode()) + _field(2, _encode_feature(features[name]))
        entries.append(_field(1, entry))
    return _field(1, b"".join(entries))


def _encode_feature(value: Feature) -> bytes:
    """Encode a ``tf.train.Feature``: field 1 holds bytes, 2 floats, 3 whole numbers; numbers are packed."""
    if isinstance(value, bytes):
        return _field(1, _field(1, value))
    if not isinstance(value, np.ndarray):
        return _field(1, b"".join(_field(1, item) for item in value))
    if value.dtype == np.float32:
        return _field(2, _field(1, value.astype("<f4").tobytes()))
    return _field(3, _field(1, b"".join(_varint(int(number)) for number in value)))


def _field(number: int, payload: bytes) -> bytes:
    return b"".join((_varint(number << 3 | _BYTES), _varint(len(payload)), payload))


def _varint(number: int) -> bytes:
    number &= 0xFFFFFFFFFFFFFFFF  # negative numbers are two's complement of 64 bits
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
