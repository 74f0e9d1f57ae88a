"""Images that no annotation names. They are left out, or kept as background."""

import posixpath
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.datasets.checks.rules import judged
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable, with_issues
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.params.convert import Checks


def check_background(folder: DatasetFolder, table: AnnotationTable, checks: Checks) -> AnnotationTable:
    """List the images that no annotation names, and add them to the table if the rule is "keep".

    Only the images in folders of annotated images belong to the dataset: images elsewhere may be masks. An added
    image gets the split of its folder if all annotated images of the folder have one split, else none.
    """
    named = set(table.images["file"])
    splits: defaultdict[str, set[str]] = defaultdict(set)
    for file, split in zip(table.images["file"], table.images["split"], strict=True):
        splits[posixpath.dirname(file)].add(split)
    files = [file for file in folder.images() if file not in named and posixpath.dirname(file) in splits]
    detail = "no annotation names it"
    fault = Fault(None, "image-without-annotation", detail, Action.KEEP, "kept as background")
    fault = judged(fault, checks, dropping=Action.DROP_IMAGE)
    table = with_issues(table, (Issue(file, fault) for file in files))
    return (
        _with_images(table, files, splits) if checks.image_without_annotation == "keep" and files else table
    )


def _with_images(table: AnnotationTable, files: list[str], splits: dict[str, set[str]]) -> AnnotationTable:
    """Add images, and number all images in the order of their paths.

    Args:
        splits: The splits of the annotated images in each folder.
    """
    nearby = (splits[posixpath.dirname(file)] for file in files)
    added = pd.DataFrame(
        {
            "id": 0,
            "file": pd.Series(files, dtype="str"),
            "width": 0,
            "height": 0,
            "split": pd.Series([next(iter(some)) if len(some) == 1 else "" for some in nearby], dtype="str"),
            "normalised": False,
            "group": pd.Series("", index=range(len(files)), dtype="str"),
        }
    )
    images = pd.concat([table.images, added], ignore_index=True)
    images = images.iloc[np.argsort(images["file"].to_numpy(dtype=object), kind="stable")]
    ids = np.zeros(len(table.images) + 1, np.int64)
    ids[images["id"].to_numpy()] = np.arange(1, len(images) + 1)
    objects = table.objects.assign(image_id=ids[table.objects["image_id"].to_numpy()])
    images = images.assign(id=np.arange(1, len(images) + 1)).reset_index(drop=True)
    return replace(table, images=images, objects=objects)
