"""Finds the annotation files all of whose objects are crowds, such as those with masks painted with a brush."""

from collections.abc import Sequence

import numpy as np

from pipeline.datasets.table.faults import Action, Fault, Issue


def crowd_files(
    sources: Sequence[str], rows: np.ndarray, crowd: np.ndarray
) -> tuple[np.ndarray, list[Issue]]:
    """Return which objects are of an annotation file without any object that is no crowd, and the issues.

    Args:
        sources: The annotation file of each annotation of an image; "" if it describes that image alone.
        rows: int [M], the annotation of each object.
        crowd: bool [M].
    """
    if not crowd.any():
        return np.zeros(len(crowd), bool), []
    numbers = {name: number for number, name in enumerate(dict.fromkeys(sources))}
    of_object = np.array([numbers[name] for name in sources])[rows]
    objects, crowds = (np.bincount(of_object[part], minlength=len(numbers)) for part in (slice(None), crowd))
    only = (objects == crowds) & (objects > 0) & [name != "" for name in numbers]
    names = list(numbers)
    issues = [
        Issue(names[number], crowd_fault("all", objects[number])) for number in np.flatnonzero(only).tolist()
    ]
    return only[of_object], issues


def crowd_fault(what: str, count: int) -> Fault:
    """Return the fault of objects that are all crowds.

    Args:
        what: The words before their number.
        count: Their number.
    """
    detail = f"{what} {count:,} objects are crowds, which neither train nor score"
    return Fault(None, "crowd-only", detail, Action.REPAIR, "taken as ordinary objects")
