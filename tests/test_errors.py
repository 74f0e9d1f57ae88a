"""Messages on one line."""

from pipeline.errors import one_line


def test_line_breaks_and_indentation_become_single_blanks() -> None:
    assert one_line(ValueError("first\n    second\t third\n")) == "first second third"
