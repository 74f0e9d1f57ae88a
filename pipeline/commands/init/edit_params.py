"""Edits of ``params.yaml`` that keep its comments and its layout."""

import io
import re
import textwrap
from collections.abc import Sequence
from typing import Any

from ruamel.yaml import YAML

from pipeline.commands.init.choices import Choice

WIDTH = 120
COMMENT_COLUMN = 30

_REASON = re.compile(r"\s*# init: ")
_REASON_CONTINUED = re.compile(r"\s*#       \S")
_COMMENT_ONLY = re.compile(r"\s{20,}# ")


def with_choices(text: str, choices: Sequence[Choice]) -> str:
    """Return the text of ``params.yaml`` with other values, and the reason of each in a comment below its key.

    Reasons of an earlier ``init`` are removed.

    Args:
        text: The text, whose changed values are scalars on the line of their key.
    """
    lines = _without_reasons(text.splitlines())
    positions = YAML().load("\n".join(lines))
    places = {choice.key: _place(positions, choice.key) for choice in choices}
    for choice in sorted(
        choices, key=lambda choice: places[choice.key], reverse=True
    ):  # from the last line up
        line, column = places[choice.key]
        lines[line] = _with_value(lines[line], column, choice.value)
        after = line + 1
        while after < len(lines) and _COMMENT_ONLY.match(lines[after]):
            after += 1
        lines[after:after] = _reason(choice.reason)
    return "\n".join(lines) + "\n"


def _without_reasons(lines: Sequence[str]) -> list[str]:
    kept: list[str] = []
    in_reason = False
    for line in lines:
        in_reason = bool(_REASON.match(line) or (in_reason and _REASON_CONTINUED.match(line)))
        if not in_reason:
            kept.append(line)
    return kept


def _place(positions: Any, key: str) -> tuple[int, int]:
    """Return the line of a key and the column after its colon, counted from 0. An empty value is null."""
    *sections, name = key.split(".")
    for section in sections:
        positions = positions[section]
    line, column = positions.lc.key(name)
    return line, column + len(f"{name}:")


def _with_value(line: str, column: int, value: Any) -> str:
    """Replace the value after ``column`` in a line, and keep the comment in its column if there is room."""
    comment = re.search(r"\s#\s.*$", line[column:])
    text = f"{line[:column]} {scalar(value)}"
    if comment is None:
        return text
    start = column + comment.start() + 1
    return f"{text.ljust(max(start, 0) if len(text) < start else len(text) + 1)}{line[start:]}"


def _reason(reason: str) -> list[str]:
    indent = " " * COMMENT_COLUMN
    return textwrap.wrap(
        reason,
        width=WIDTH,
        initial_indent=f"{indent}# init: ",
        subsequent_indent=f"{indent}#       ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def scalar(value: Any) -> str:
    """Return a value as YAML writes it, on one line."""
    yaml, stream = YAML(), io.StringIO()
    yaml.default_flow_style, yaml.width = True, 10**6
    yaml.dump([value], stream)
    return stream.getvalue().strip()[1:-1]
