"""The faults of a dataset by kind, each with its number and an example."""

from collections import Counter
from typing import Any

from pipeline.commands.inspect.finding import Finding, Inspection
from pipeline.datasets.checks.rules import rule
from pipeline.datasets.table.faults import FAULTS, Issue
from pipeline.params.convert import Checks

_LONGEST = 110  # an example has at most so many letters


def faults(inspection: Inspection) -> Finding:
    """Return each kind of fault with its number, its rule and an example, the frequent kinds first."""
    issues = inspection.checked.issues
    if not issues:
        return Finding("faults", [], ["faults:  none"])
    examples: dict[str, Issue] = {}
    for issue in issues:
        examples.setdefault(issue.fault.name, issue)
    counts = Counter(issue.fault.name for issue in issues).most_common()
    checks = inspection.params.convert.checks
    return Finding(
        "faults",
        [_value(examples[name], count, checks) for name, count in counts],
        ["faults:", *(f"  {count:>6,} {_line(examples[name])}" for name, count in counts)],
    )


def _value(issue: Issue, count: int, checks: Checks) -> dict[str, Any]:
    fault = issue.fault
    example = {
        "file": issue.file,
        "object": fault.object,
        "detail": fault.detail,
        "action": fault.action_text,
    }
    return {
        "fault": fault.name,
        "count": count,
        "costs_data": FAULTS[fault.name],
        "rule": rule(checks, fault.name),
        "example": example,
    }


def _line(issue: Issue) -> str:
    where = f"{issue.file}: " if issue.file else ""
    example = " ".join(f"{where}{issue.fault.detail}".split())  # a file name may hold a line break
    short = example if len(example) <= _LONGEST else example[: _LONGEST - 1] + "…"
    return f"{issue.fault.name:<25} {short} -> {issue.fault.action_text}"
