"""The annotation table: every format is parsed into it, every check runs on it, records are made from it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import pandas as pd

from pipeline.datasets.table.segmentations import Segmentations

SPLITS = ("train", "val", "test")

BOX = ["xmin", "ymin", "xmax", "ymax"]


class Issue(NamedTuple):
    """One line of ``issues.csv``.

    Attributes:
        file: The image or annotation file, a POSIX path relative to the dataset's folder.
        object: The object's index in its image's annotation, from 0; None where the fault is the file's.
        fault: Its kebab-case name, one of :data:`pipeline.datasets.table.faults.FAULTS`.
        detail: What was found.
        action: What was done about it.
    """

    file: str
    object: int | None
    fault: str
    detail: str
    action: str


@dataclass(frozen=True)
class AnnotationTable:
    """A dataset's annotations, whatever format they came in.

    Attributes:
        images: One row an image, in sorted order of ``file``; columns

            * ``id`` int64, 1..N: the row's number, and the ``source_id`` of its record
            * ``file`` str, POSIX path relative to the dataset's folder
            * ``width``, ``height`` int64, px, as the annotation declares them; 0 where it does not
            * ``split`` str, train | val | test, "" where nothing says, or "unlisted" where the dataset has
              split lists and none of them names the image
            * ``normalised`` bool: its boxes are shares of width and height, 0..1, until the image is opened
            * ``group`` str: images of one group stay in one split; "" for none
        objects: One row an object, in order of image, then of ``object``; columns

            * ``image_id`` int64
            * ``object`` int64, the index in the image's annotation, from 0
            * ``label`` int64, 1..K
            * ``xmin``, ``ymin``, ``xmax``, ``ymax`` float64, px, continuous: width = xmax − xmin; all four
              are NaN for a label of the whole image
            * ``difficult``, ``crowd`` bool
            * ``area`` float64, px², of the mask where the format has one, else of the box
            * ``segmentation`` int64, the row of its mask in ``segmentations``; −1 for none
        class_names: Names of the classes 1..K.
        issues: Faults met while reading.
        segmentations: Where the masks stand in the dataset's files.
    """

    images: pd.DataFrame
    objects: pd.DataFrame
    class_names: tuple[str, ...]
    issues: tuple[Issue, ...]
    segmentations: Segmentations


def with_issues(table: AnnotationTable, issues: Iterable[Issue]) -> AnnotationTable:
    """Return the table with further issues."""
    return replace(table, issues=(*table.issues, *issues))
