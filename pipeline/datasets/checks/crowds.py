"""The check for annotation files and classes all of whose objects are crowds.

A crowd is a box around a group of objects. Detectors do not learn from it, and scores ignore it. Some tools mark every
mask that was painted with a brush as a crowd, so that nothing would be left to learn from.
"""

from dataclasses import replace

import numpy as np

from pipeline.datasets.checks.rules import judged
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.crowd_files import crowd_fault
from pipeline.datasets.table.faults import Issue
from pipeline.params.convert import Checks


def check_crowds(table: AnnotationTable, checks: Checks) -> AnnotationTable:
    """Take crowds as ordinary objects where all objects of an annotation file or of a class are crowds.

    The table lists such files already. A class is listed only if it has crowds of other files too.

    Args:
        checks: By the rule "keep" the objects stay crowds.
    """
    crowd = table.objects["crowd"].to_numpy()
    if not crowd.any():
        return table
    ordinary = table.objects["crowd_only"].to_numpy(copy=True)
    labels = table.objects["label"].to_numpy()
    all_of_class, crowds, left = (
        np.bincount(labels[part], minlength=len(table.class_names) + 1)
        for part in (slice(None), crowd, ~ordinary)
    )
    issues = [
        issue._replace(fault=judged(issue.fault, checks)) if issue.fault.name == "crowd-only" else issue
        for issue in table.issues
    ]
    for label in np.flatnonzero((all_of_class == crowds) & (left > 0)).tolist():
        fault = crowd_fault(f"{table.class_names[label - 1]}: all", all_of_class[label])
        issues.append(Issue("", judged(fault, checks)))
        ordinary |= labels == label
    if checks.crowd_only != "repair":
        return replace(table, issues=tuple(issues))
    return replace(table, issues=tuple(issues), objects=table.objects.assign(crowd=crowd & ~ordinary))
