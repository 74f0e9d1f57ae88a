"""A table as text."""

from pipeline.reporting.text_table import text_table


def test_columns_are_aligned_and_lines_have_no_spaces_at_the_end() -> None:
    lines = [("name", "kind", "count"), ("a", "long kind", "7"), ("bcdef", "", "")]
    assert text_table(lines, left=2) == "name   kind       count\na      long kind      7\nbcdef"
    assert text_table(lines[:2], left=3) == "name  kind       count\na     long kind  7"
