"""Text in Markdown."""

from pipeline.reporting.markdown import markdown_text


def test_names_mean_nothing_to_markdown() -> None:
    assert markdown_text("*a*\n[b](c)") == r"\*a\* \[b\](c)"
    assert markdown_text(0.5) == "0.5"
