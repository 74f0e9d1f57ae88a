"""A page with pictures of a dataset's faults."""

from collections import Counter
from pathlib import Path

import numpy as np

from pipeline.artifacts import whole
from pipeline.commands.inspect.annotated import annotated_image
from pipeline.commands.inspect.finding import Inspection
from pipeline.datasets.table.faults import Issue
from pipeline.reporting.fault_gallery import Case, chosen, kinds
from pipeline.reporting.page import render
from pipeline.reporting.thumbnails import encode_within_budget


def write_page(page: Path, inspection: Inspection, contents: list[str]) -> None:
    """Write a self-contained page with pictures of each fault.

    Args:
        page: The file to write.
        inspection: The dataset.
        contents: Lines about what the dataset holds.
    """
    issues = inspection.checked.issues
    shown = [issues[row] for row in chosen(issue.fault.name for issue in issues)]
    cases = [_case(issue, inspection) for issue in shown]
    uris = encode_within_budget([case.image for case in cases])
    counts = Counter(issue.fault.name for issue in issues)
    values = {"dataset": str(inspection.path), "contents": contents, "kinds": kinds(cases, uris, counts)}
    page.parent.mkdir(parents=True, exist_ok=True)
    with whole(page) as text:
        text.write_text(render(values, "faults.html.j2"), encoding="utf-8")


def _case(issue: Issue, inspection: Inspection) -> Case:
    fault = issue.fault
    image = annotated_image(inspection.path, issue.file, inspection.given, {fault.name})
    at = np.flatnonzero(image.numbers == (-1 if fault.object is None else fault.object))
    return Case(
        fault=fault.name,
        file=issue.file,
        summary=f"{fault.detail} -> {fault.action_text}",
        image=image.encoded,
        boxes=image.boxes,
        names=image.names,
        at=int(at[0]) if len(at) else None,
        normalised=image.normalised,
    )
