"""Count the docstring entries of ``pipeline`` that are too short to say more than a name and a type.

python -m tools.prose                 # entries of the Args sections: all, short ones, and percent, for each room
python -m tools.prose --attributes    # the same for the Attributes sections
python -m tools.prose --list          # each short entry with its file and line
"""

import argparse
import ast
import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]

MOST_WORDS = 4
"""Entries with at most this many words are short."""

_SECTION = re.compile(r"^(\w[\w ]*):$")
_ENTRY = re.compile(r"^ {4}(\*{0,2}\w+)(?: \(.*?\))?:(?: (.*))?$")
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


class Entry(NamedTuple):
    """One entry of a section of a docstring.

    Attributes:
        line: Number of its first line in the file, from 1.
        text: What follows the colon, with its continuation lines on the same line.
    """

    line: int
    name: str
    text: str

    @property
    def is_short(self) -> bool:
        """Whether the text has at most :data:`MOST_WORDS` words."""
        return len(self.text.split()) <= MOST_WORDS


def entries_of(source: str, section: str = "Args") -> Iterator[Entry]:
    """Yield the entries of all sections of that name in the docstrings of a source text, in Google style."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            constant = node.body[0].value  # type: ignore[attr-defined]
            yield from _entries_of_docstring(constant.value, constant.lineno, section)


def _entries_of_docstring(docstring: str, first_line: int, section: str) -> Iterator[Entry]:
    summary, _, rest = docstring.partition("\n")
    lines = [summary, *textwrap.dedent(rest).split("\n")]
    current, entry = "", None
    for number, line in enumerate(lines, start=first_line):
        if heading := _SECTION.match(line):
            current = heading[1]
        elif line and not line.startswith(" "):
            current = ""
        start = _ENTRY.match(line) if current == section else None
        if entry is not None and (start or current != section):
            yield entry
            entry = None
        if start:
            entry = Entry(number, start[1], start[2] or "")
        elif entry is not None:
            entry = entry._replace(text=f"{entry.text} {line.strip()}".strip())
    if entry is not None:
        yield entry


def entries_by_file(folder: Path, section: str = "Args") -> dict[Path, list[Entry]]:
    """Return the entries of each Python file below a folder, by the file's path relative to the folder."""
    files = sorted(folder.rglob("*.py"))
    return {
        file.relative_to(folder): list(entries_of(file.read_text(encoding="utf-8"), section))
        for file in files
    }


def percent(short: int, count: int) -> float:
    """Return ``short`` as a percentage of ``count``, or 0 if there are no entries."""
    return 100 * short / count if count else 0.0


def report(entries: dict[Path, list[Entry]]) -> list[str]:
    """Return a table with one line for each room, which is the first folder of a file's path, and one for the total."""
    counts: Counter[str] = Counter()
    short: Counter[str] = Counter()
    for file, file_entries in entries.items():
        room = file.parts[0].removesuffix(".py")
        for name in (room, "total"):
            counts[name] += len(file_entries)
            short[name] += sum(entry.is_short for entry in file_entries)
    rooms = [room for room in sorted(counts) if room != "total" and counts[room]]
    lines = [f"{'room':<12} {'entries':>7} {'short':>6} {'percent':>8}"]
    for name in [*rooms, "total"]:
        share = percent(short[name], counts[name])
        lines.append(f"{name:<12} {counts[name]:>7} {short[name]:>6} {share:>7.1f}%")
    return lines


def main() -> None:
    """Print the table, or with ``--list`` the short entries."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.prose", description="count short docstring entries"
    )
    parser.add_argument("--attributes", action="store_true", help="count the Attributes sections, not Args")
    parser.add_argument("--list", action="store_true", help="print each short entry with its file and line")
    options = parser.parse_args()
    entries = entries_by_file(ROOT / "pipeline", "Attributes" if options.attributes else "Args")
    if not options.list:
        print("\n".join(report(entries)))
        return
    for file, file_entries in entries.items():
        for entry in file_entries:
            if entry.is_short:
                print(f"pipeline/{file}:{entry.line}: {entry.name}: {entry.text}")


if __name__ == "__main__":
    main()
