"""Reads files that have a JSON object in each line."""

import posixpath
from collections.abc import Iterator
from typing import Any

from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.safe_json import parse_json
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.progress import progress_bar

_MAX_BYTES = 2**26  # of a line


def json_lines(folder: DatasetFolder, file: str) -> Iterator[dict[str, Any] | Issue]:
    """Yield the object of each line that is not blank, or the issue of a line that is no JSON object.

    One line is in memory at any time. After a line of 64 MiB, the rest of the file is left out and is an issue.
    """
    path, number = folder.root / file, 0
    with (
        path.open("rb") as lines,
        progress_bar(f"reading {posixpath.basename(file)}", path.stat().st_size, in_bytes=True) as advance,
    ):
        while line := lines.readline(_MAX_BYTES):
            number += 1
            advance(len(line))
            if len(line) == _MAX_BYTES:
                yield _issue(
                    file, f"line {number} has more than {_MAX_BYTES} bytes", "the rest of the file left out"
                )
                return
            if not line.strip():
                continue
            try:
                value = parse_json(line)
            except UnreadableAnnotationError as error:
                yield _issue(file, f"line {number} is {error}", "line left out")
                continue
            if isinstance(value, dict):
                yield value
            else:
                yield _issue(file, f"line {number} is no object: {str(value)[:80]}", "line left out")


def _issue(file: str, detail: str, how: str) -> Issue:
    return Issue(file, Fault(None, "unreadable-annotation", detail, Action.DROP, how))
