"""Text in Markdown."""

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def markdown_text(text: object) -> str:
    """Return a text in one line, in which no character means anything to Markdown."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))
