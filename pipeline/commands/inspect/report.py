"""What ``inspect`` prints: lines as they are found, or one JSON object at the end."""

import json
import sys
from typing import Any, TextIO

from pipeline.commands.inspect.finding import Finding

VERSION = 1
"""The version of the JSON object. It changes when a key gets another meaning or goes."""


class Report:
    """Prints findings as lines, or collects them for a JSON object."""

    def __init__(self, *, as_json: bool) -> None:
        """Start without findings.

        Args:
            as_json: Whether one JSON object is printed by :meth:`close`, instead of lines.
        """
        self._as_json = as_json
        self._out: TextIO = sys.stdout
        self._values: dict[str, Any] = {}

    def add(self, finding: Finding) -> None:
        """Print the lines of a finding, or keep its value."""
        self._values[finding.key] = finding.value
        if not self._as_json and finding.lines:
            print("\n".join(finding.lines), file=self._out, flush=True)

    def close(self, verdict: str, reason: str | None) -> None:
        """Print the JSON object, if one is wanted.

        Args:
            verdict: ``fine``, ``faults`` or ``refused``.
            reason: Why the dataset is refused; None if it is not.
        """
        if self._as_json:
            value = {"version": VERSION, "verdict": verdict, "reason": reason, **self._values}
            print(json.dumps(value, indent=2, allow_nan=False), file=self._out, flush=True)
