"""A page with pictures of a dataset's faults."""

from collections import Counter
from pathlib import Path

import numpy as np

from pipeline.artifacts import whole
from pipeline.datasets.raw.containers import read_if_there
from pipeline.datasets.table.annotation_table import BOX, AnnotationTable
from pipeline.datasets.table.faults import Issue
from pipeline.reporting.fault_gallery import Case, chosen, kinds
from pipeline.reporting.page import render
from pipeline.reporting.thumbnails import encode_within_budget


def write_page(
    page: Path, root: Path, given: AnnotationTable, checked: AnnotationTable, contents: list[str]
) -> None:
    """Write a self-contained page with pictures of each fault.

    Args:
        given: The annotations before the images were checked.
        checked: The annotations afterwards, with all issues.
    """
    shown = [checked.issues[row] for row in chosen(issue.fault.name for issue in checked.issues)]
    cases = [_case(issue, root, given) for issue in shown]
    uris = encode_within_budget([case.image for case in cases])
    counts = Counter(issue.fault.name for issue in checked.issues)
    values = {"dataset": str(root), "contents": contents, "kinds": kinds(cases, uris, counts)}
    page.parent.mkdir(parents=True, exist_ok=True)
    with whole(page) as text:
        text.write_text(render(values, "faults.html.j2"), encoding="utf-8")
    print(f"page:    {page}")


def _case(issue: Issue, root: Path, given: AnnotationTable) -> Case:
    row = given.images.index[given.images["file"] == issue.file]
    image = given.images.loc[row[0]] if len(row) else None
    objects = given.objects[given.objects["image_id"] == (0 if image is None else image["id"])]
    names = [given.class_names[label - 1] for label in objects["label"]]
    fault = issue.fault
    at = np.flatnonzero(objects["object"] == (-1 if fault.object is None else fault.object))
    data = read_if_there(root, issue.file) if issue.file else b""
    return Case(
        fault=fault.name,
        file=issue.file,
        summary=f"{fault.detail} -> {fault.action_text}",
        image=data,
        boxes=objects[BOX].to_numpy(),
        names=names,
        at=int(at[0]) if len(at) else None,
        normalised=image is not None and bool(image["normalised"]),
    )
