"""Described messages have the bytes of protobuf's encoding."""

from pipeline.datasets.records.messages import field, map_entry, message, message_class


def test_fields_have_their_numbers_and_types() -> None:
    inner = message("Inner", field(3, "name", "STRING"))
    numbers = field(2, "values", "INT64", repeated=True)
    outer = message_class(message("Outer", field(1, "inner", "Inner"), numbers), inner)
    value = outer(values=[1, 300])
    value.inner.name = "ab"
    # tag = number * 8 + wire type; 300 is 0xAC 0x02 in base 128, and numbers of a list are packed
    assert value.SerializeToString() == b"\x0a\x04\x1a\x02ab" + b"\x12\x03\x01\xac\x02"
    assert outer.FromString(value.SerializeToString()) == value


def test_a_map_is_a_list_of_entries() -> None:
    described = message("Bag", field(2, "things", "Bag.Entry", repeated=True))
    described.nested_type.append(map_entry("Entry", "BYTES"))
    bag = message_class(described)()
    bag.things["k"] = b"\x00"
    assert bag.SerializeToString() == b"\x12\x06\x0a\x01k\x12\x01\x00"


def test_two_messages_of_one_name_do_not_meet() -> None:
    one = message_class(message("Same", field(1, "a", "STRING")))
    other = message_class(message("Same", field(1, "b", "INT64")))
    assert one(a="x").SerializeToString() != other(b=1).SerializeToString()
