"""Finds the annotation files all of whose objects are crowds, such as those with masks painted with a brush."""

from collections.abc import Sequence

import numpy as np


def crowd_files(
    sources: Sequence[str], rows: np.ndarray, crowd: np.ndarray
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return which objects are of an annotation file all of whose objects are crowds.

    Args:
        sources: The annotation file of each annotation of an image; "" if it describes that image alone.
        rows: int [M], the annotation of each object.
        crowd: bool [M].

    Returns:
        int64 [M], the position of the object's file in the second value, -1 if not all of its objects are crowds; and
        these files.
    """
    if not crowd.any():
        return np.full(len(crowd), -1), ()
    numbers = {name: number for number, name in enumerate(dict.fromkeys(sources))}
    of_object = np.array([numbers[name] for name in sources])[rows]
    objects, crowds = (np.bincount(of_object[part], minlength=len(numbers)) for part in (slice(None), crowd))
    only = (objects == crowds) & (objects > 0) & [name != "" for name in numbers]
    positions = np.where(only, np.cumsum(only) - 1, -1)
    return positions[of_object], tuple(name for name, is_only in zip(numbers, only, strict=True) if is_only)
