"""The annotation table. Every format is parsed into it, every check reads it, and records are made from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.datasets.table.keypoints import Keypoints
from pipeline.datasets.table.segmentations import Segmentations

SPLITS = ("train", "val", "test")

BOX = ["xmin", "ymin", "xmax", "ymax"]


@dataclass(frozen=True)
class AnnotationTable:
    """A dataset's annotations, whatever their format was.

    Attributes:
        images: Has one row for each image, in sorted order of ``file``. The columns are

            * ``id`` int64, 1..N: the number of the row, and the ``source_id`` of the image's record
            * ``file`` str, a POSIX path relative to the dataset's folder
            * ``width``, ``height`` int64, px, as the annotation declares them; 0 where it does not
            * ``split`` str, train | val | test. It is "" where the dataset gives no split, and "unlisted" where
              the dataset has split lists and none of them names the image
            * ``normalised`` bool: the boxes are shares of width and height, 0..1, until the image is opened
            * ``group`` str: images of one group stay in one split; "" for no group
        objects: Has one row for each object, in order of the images, then of ``object``. The columns are

            * ``image_id`` int64
            * ``object`` int64, the index in the image's annotation, from 0
            * ``label`` int64, 1..K
            * ``xmin``, ``ymin``, ``xmax``, ``ymax`` float64, px, continuous: width = xmax − xmin. All four are
              NaN for a label of the whole image
            * ``difficult``, ``crowd`` bool
            * ``crowd_file`` int64: the position in ``crowd_files`` of the object's annotation file if all objects of
              that file are crowds, else −1
            * ``area`` float64, px²: the area of the mask where the format has one, else of the box
            * ``segmentation`` int64, the row of the object's mask in ``segmentations``; −1 for no mask
            * ``keypoints`` int64, the row of the object's keypoints in ``keypoints``; −1 for none
        class_names: The names of the classes 1..K.
        issues: The faults, in the order in which they were noticed.
        segmentations: The places of the masks in the dataset's files.
        keypoints: The keypoints of the objects.
        crowd_files: The annotation files of many images all of whose objects are crowds.
        drawn_upright: The boxes are known to be of the upright pictures, whatever sizes are declared of images that
            EXIF turns.
    """

    images: pd.DataFrame
    objects: pd.DataFrame
    class_names: tuple[str, ...]
    issues: tuple[Issue, ...]
    segmentations: Segmentations
    keypoints: Keypoints
    crowd_files: tuple[str, ...] = ()
    drawn_upright: bool = False


def with_issues(table: AnnotationTable, issues: Iterable[Issue]) -> AnnotationTable:
    """Return the table with further issues."""
    return replace(table, issues=(*table.issues, *issues))


def without_labels(table: AnnotationTable, fault: str, details: Mapping[int, str]) -> AnnotationTable:
    """Return the table without the objects of some classes, each of which becomes an issue.

    Args:
        fault: The name of the issues' fault.
        details: The detail of the fault for each label whose objects are left out.
    """
    dropped = table.objects["label"].isin(details)
    if not dropped.any():
        return table
    files = dict(zip(table.images["id"].tolist(), table.images["file"], strict=True))
    rows = table.objects.loc[dropped, ["image_id", "object", "label"]].itertuples(index=False, name=None)
    issues = [
        Issue(files[image], Fault(position, fault, details[label], Action.DROP_OBJECT))
        for image, position, label in rows
    ]
    return with_issues(replace(table, objects=table.objects[~dropped].reset_index(drop=True)), issues)
