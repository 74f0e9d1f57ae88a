"""What is in a dataset's folder and is not used."""

from pipeline.commands.inspect.finding import Finding, Inspection
from pipeline.datasets.table.annotation_table import AnnotationTable

_MOST = 12  # lines; issues.csv has all


def unused(inspection: Inspection) -> Finding:
    """Find the files and keys that the reader saw and did not use."""
    table = inspection.checked
    content = [
        {"file": issue.file, "detail": issue.fault.detail}
        for issue in table.issues
        if issue.fault.name == "unused-content"
    ]
    return Finding("not_used", content, unused_lines(table))


def unused_lines(table: AnnotationTable) -> list[str]:
    """Return a line for each kind of file and of key that is not used, under a head; none if all is used."""
    found = [issue for issue in table.issues if issue.fault.name == "unused-content"]
    if not found:
        return []
    texts = (" ".join(f"{issue.file}: {issue.fault.detail}".split()) for issue in found[:_MOST])
    lines = [f"  {text}" for text in texts]  # a file name may hold a line break
    more = [f"  and {len(found) - _MOST} more, which issues.csv lists"] if len(found) > _MOST else []
    return ["not used:", *lines, *more]
