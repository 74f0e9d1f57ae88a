"""Pages: escaped, self-contained, and strict about what a template needs."""

import pytest
from jinja2 import UndefinedError

from pipeline.reporting.page import percent_text, render, score_text


def test_values_are_escaped_and_the_page_loads_nothing() -> None:
    values = {"dataset": "<script>alert(1)</script>", "contents": ["a & b"], "kinds": []}
    page = render(values, "faults.html.j2")
    assert "&lt;script&gt;" in page and "<script" not in page
    assert "a &amp; b" in page and "No faults" in page
    assert "http://" not in page and "https://" not in page and "@media" in page


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="kinds"):
        render({"dataset": "", "contents": []}, "faults.html.j2")


def test_numbers_as_text() -> None:
    assert [score_text(0.12345), score_text(None)] == ["0.123", "–"]
    assert [percent_text(0.98765), percent_text(None)] == ["98.8 %", "–"]
