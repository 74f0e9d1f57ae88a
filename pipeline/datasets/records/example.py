"""Encoding and decoding ``tf.train.Example`` with protobuf's runtime.

TensorFlow registers its own ``Example`` in protobuf's default pool of descriptors, and importing TensorFlow takes
seconds. This module therefore describes the same message again, in a pool and a package of its own. The bytes of a
message depend on field numbers and types only, so both descriptions encode equal features to equal bytes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from pipeline.datasets.records.files import BrokenRecordError

Feature = bytes | Sequence[bytes] | np.ndarray
"""A value to encode: one byte string, several byte strings, or numbers [N] of dtype float32 or of an integer dtype."""

Values = list[bytes] | np.ndarray
"""A decoded value: byte strings, or numbers [N] of dtype float32 or int64; an empty list if the feature is empty."""

_PACKAGE = "pipeline.records"


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
    pool = DescriptorPool()
    pool.Add(_example_file())
    return GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Example"))


def _example_file() -> FileDescriptorProto:
    entry = _message("FeatureEntry", _field(1, "key", "STRING"), _field(2, "value", "Feature"))
    entry.options.map_entry = True
    feature = _message(
        "Feature",
        _field(1, "bytes_list", "BytesList", oneof_index=0),
        _field(2, "float_list", "FloatList", oneof_index=0),
        _field(3, "int64_list", "Int64List", oneof_index=0),
    )
    feature.oneof_decl.add(name="kind")
    features = _message("Features", _field(1, "feature", "Features.FeatureEntry", repeated=True))
    features.nested_type.append(entry)
    return FileDescriptorProto(
        name="pipeline/records/example.proto",
        package=_PACKAGE,
        syntax="proto3",
        message_type=[
            _message("BytesList", _field(1, "value", "BYTES", repeated=True)),
            _message("FloatList", _field(1, "value", "FLOAT", repeated=True)),
            _message("Int64List", _field(1, "value", "INT64", repeated=True)),
            feature,
            features,
            _message("Example", _field(1, "features", "Features")),
        ],
    )


def _message(name: str, *fields: FieldDescriptorProto) -> DescriptorProto:
    return DescriptorProto(name=name, field=fields)


def _field(
    number: int, name: str, type_name: str, *, repeated: bool = False, oneof_index: int | None = None
) -> Any:
    """Describe a field.

    Args:
        number: The field's number in the encoded message.
        name: The field's name in Python.
        type_name: A scalar type of protobuf in capitals, or the name of a message of this file.
        repeated: Whether the field holds a list or, if its type is an entry, a map.
        oneof_index: Index of the oneof that the field belongs to; None if it belongs to none.
    """
    label = FieldDescriptorProto.LABEL_REPEATED if repeated else FieldDescriptorProto.LABEL_OPTIONAL
    field = FieldDescriptorProto(number=number, name=name, label=label, oneof_index=oneof_index)
    if type_name.isupper():
        field.type = FieldDescriptorProto.Type.Value(f"TYPE_{type_name}")
    else:
        field.type = FieldDescriptorProto.TYPE_MESSAGE
        field.type_name = f".{_PACKAGE}.{type_name}"
    return field


_Example = _example_class()
