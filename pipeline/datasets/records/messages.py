"""Messages of protobuf that are described in Python, each in a pool of descriptors of its own.

The bytes of a message depend on the numbers and types of its fields only. These messages therefore have the bytes of
those that another program describes with the same numbers and types.
"""

from typing import Any

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

_PACKAGE = "pipeline.records"


def message_class(described: DescriptorProto, *others: DescriptorProto) -> Any:
    """Return the class of a described message.

    Args:
        others: The messages that its fields hold, directly or not.
    """
    pool = DescriptorPool()
    pool.Add(
        FileDescriptorProto(
            name=f"pipeline/records/{described.name}.proto",
            package=_PACKAGE,
            syntax="proto3",
            message_type=[*others, described],
        )
    )
    return GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{described.name}"))


def message(name: str, *fields: FieldDescriptorProto) -> DescriptorProto:
    """Describe a message."""
    return DescriptorProto(name=name, field=fields)


def map_entry(name: str, value_type: str) -> DescriptorProto:
    """Describe the entries of a map from strings. The message that has the map must nest this one."""
    entry = message(name, field(1, "key", "STRING"), field(2, "value", value_type))
    entry.options.map_entry = True
    return entry


def field(
    number: int, name: str, type_name: str, *, repeated: bool = False, oneof_index: int | None = None
) -> Any:
    """Describe a field.

    Args:
        number: The field's number in the encoded message.
        name: The field's name in Python.
        type_name: A scalar type of protobuf in capitals, or the name of a message that is described beside this one.
        repeated: Whether the field holds a list or, if its type is an entry, a map.
        oneof_index: Index of the oneof that the field belongs to; None if it belongs to none.
    """
    label = FieldDescriptorProto.LABEL_REPEATED if repeated else FieldDescriptorProto.LABEL_OPTIONAL
    described = FieldDescriptorProto(number=number, name=name, label=label, oneof_index=oneof_index)
    if type_name.isupper():
        described.type = FieldDescriptorProto.Type.Value(f"TYPE_{type_name}")
    else:
        described.type = FieldDescriptorProto.TYPE_MESSAGE
        described.type_name = f".{_PACKAGE}.{type_name}"
    return described
