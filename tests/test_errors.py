"""Messages on one line."""

import pytest

from pipeline.errors import PipelineError, from_extra, one_line


def test_line_breaks_and_indentation_become_single_blanks() -> None:
    assert one_line(ValueError("first\n    second\t third\n")) == "first second third"


def test_a_missing_package_of_an_extra_is_one_line() -> None:
    with pytest.raises(PipelineError) as caught, from_extra("extra", "Tool is", ", or do without it"):
        raise ImportError
    assert (
        str(caught.value)
        == "Tool is not installed; install it with: pip install -e '.[extra]', or do without it"
    )
