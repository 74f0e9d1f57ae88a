"""Nested parameters by their dotted names."""

from pipeline.params.dotted import dotted


def test_nested_parameters_have_dotted_names() -> None:
    assert dotted({"a": 1, "b": {"c": {"d": None}}}) == {"a": 1, "b.c.d": None}
