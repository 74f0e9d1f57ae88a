"""Encoding and decoding ``tf.train.Example`` with protobuf's runtime.

TensorFlow registers its own ``Example`` in protobuf's default pool of descriptors, and importing TensorFlow takes
seconds. This module therefore describes the same message again, in a pool and a package of its own. The bytes of a
message depend on field numbers and types only, so both descriptions encode equal features to equal bytes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from pipeline.datasets.records.files import BrokenRecordError
from pipeline.datasets.records.messages import field, map_entry, message, message_class

Feature = bytes | Sequence[bytes] | np.ndarray
"""A value to encode: one byte string, several byte strings, or numbers [N] of dtype float32 or of an integer dtype."""

Values = list[bytes] | np.ndarray
"""A decoded value: byte strings, or numbers [N] of dtype float32 or int64; an empty list if the feature is empty."""


def encode_example(features: Mapping[str, Feature]) -> bytes:
    """Encode features by name; equal features give equal bytes, because the names are sorted."""
    example = _Example()
    example.features.SetInParent()
    for name, value in features.items():
        _fill(example.features.feature[name], value)
    return example.SerializeToString(deterministic=True)


def _fill(feature: Any, value: Feature) -> None:
    if isinstance(value, bytes):
        feature.bytes_list.value.append(value)
    elif not isinstance(value, np.ndarray):
        feature.bytes_list.SetInParent()
        feature.bytes_list.value.extend(value)
    else:
        numbers = feature.float_list if value.dtype == np.float32 else feature.int64_list
        numbers.SetInParent()  # an empty list has a kind too
        numbers.value.extend(value.tolist())


def decode_example(record: bytes) -> dict[str, Values]:
    """Decode the features of a record by name.

    Protobuf's rules apply: lists may be packed or not, unknown fields are skipped, and of two features with the same
    name the last one counts.

    Raises:
        BrokenRecordError: The record is not an encoded ``tf.train.Example``.
    """
    try:
        example = _Example.FromString(record)
    except DecodeError:
        raise BrokenRecordError("the record is not a tf.train.Example; write the file again") from None
    return {name: _values(feature) for name, feature in example.features.feature.items()}


def _values(feature: Any) -> Values:
    kind = feature.WhichOneof("kind")
    if kind == "float_list":
        return np.fromiter(feature.float_list.value, np.float32)
    if kind == "int64_list":
        return np.fromiter(feature.int64_list.value, np.int64)
    return list(feature.bytes_list.value)


def _example_class() -> Any:
    """Return the class of the messages ``Example``, whose fields are those of TensorFlow's ``example.proto``."""
    feature = message(
        "Feature",
        field(1, "bytes_list", "BytesList", oneof_index=0),
        field(2, "float_list", "FloatList", oneof_index=0),
        field(3, "int64_list", "Int64List", oneof_index=0),
    )
    feature.oneof_decl.add(name="kind")
    features = message("Features", field(1, "feature", "Features.FeatureEntry", repeated=True))
    features.nested_type.append(map_entry("FeatureEntry", "Feature"))
    return message_class(
        message("Example", field(1, "features", "Features")),
        message("BytesList", field(1, "value", "BYTES", repeated=True)),
        message("FloatList", field(1, "value", "FLOAT", repeated=True)),
        message("Int64List", field(1, "value", "INT64", repeated=True)),
        feature,
        features,
    )


_Example = _example_class()
