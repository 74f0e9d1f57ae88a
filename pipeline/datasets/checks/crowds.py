"""The check for annotation files and classes all of whose objects are crowds.

A crowd is a box around a group of objects. Detectors do not learn from it, and scores ignore it. Some tools mark every
mask that was painted with a brush as a crowd, so that nothing would be left to learn from.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from pipeline.datasets.checks.rules import judged
from pipeline.datasets.table.annotation_table import AnnotationTable, with_issues
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.params.convert import Checks


def check_crowds(table: AnnotationTable, checks: Checks) -> AnnotationTable:
    """Take crowds as ordinary objects where all objects of an annotation file or of a class are crowds.

    A class is listed only if it has crowds of other files than those that are listed.

    Args:
        checks: By the rule "keep" the objects stay crowds.
    """
    crowd = table.objects["crowd"].to_numpy()
    if not crowd.any():
        return table
    groups = list(_groups_of_crowds(table, crowd))
    issues = [Issue(file, judged(_fault(what, int(members.sum())), checks)) for file, what, members in groups]
    table = with_issues(table, issues)
    if checks.crowd_only != "repair" or not groups:
        return table
    ordinary = np.any([members for _, _, members in groups], axis=0)
    return replace(table, objects=table.objects.assign(crowd=crowd & ~ordinary))


def _groups_of_crowds(table: AnnotationTable, crowd: np.ndarray) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield the files and classes of crowds alone.

    Args:
        crowd: bool [M].

    Yields:
        The file, "" for a class; the words before the number of objects; and bool [M], the objects.
    """
    of_file = table.objects["crowd_file"].to_numpy()
    for position, file in enumerate(table.crowd_files):
        yield file, "all", of_file == position
    labels = table.objects["label"].to_numpy()
    objects, crowds, left = (
        np.bincount(labels[part], minlength=len(table.class_names) + 1)
        for part in (slice(None), crowd, of_file < 0)
    )
    for label in np.flatnonzero((objects == crowds) & (left > 0)).tolist():
        yield "", f"{table.class_names[label - 1]}: all", labels == label


def _fault(what: str, count: int) -> Fault:
    detail = f"{what} {count:,} objects are crowds, which neither train nor score"
    return Fault(None, "crowd-only", detail, Action.REPAIR, "taken as ordinary objects")
