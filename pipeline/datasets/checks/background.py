"""Images that no annotation names: left out, or kept as background, from which a detector learns what is nothing."""

import posixpath
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable, Issue
from pipeline.params.convert import Checks

_ACTIONS = {"drop": "image left out", "keep": "kept as background", "stop": "dataset refused"}


def settle_background(folder: DatasetFolder, table: AnnotationTable, checks: Checks) -> AnnotationTable:
    """List the images beside those that an annotation names, and add them to the table if the rule says so.

    One that is added gets the split of the others in its folder if that is one, else none. Images elsewhere, such as
    masks, are no part of the dataset.
    """
    named = set(table.images["file"])
    splits: defaultdict[str, set[str]] = defaultdict(set)
    for file, split in zip(table.images["file"], table.images["split"], strict=True):
        splits[posixpath.dirname(file)].add(split)
    left = [file for file in folder.images() if file not in named and posixpath.dirname(file) in splits]
    rule = checks.image_without_annotation
    issues = [
        Issue(file, None, "image-without-annotation", "no annotation names it", _ACTIONS[rule])
        for file in left
    ]
    table = replace(table, issues=(*table.issues, *issues))
    return _with_images(table, left, splits) if rule == "keep" and left else table


def _with_images(table: AnnotationTable, files: list[str], splits: dict[str, set[str]]) -> AnnotationTable:
    """Add images, and number all anew in the order of their paths."""
    found = (splits[posixpath.dirname(file)] for file in files)
    added = pd.DataFrame(
        {
            "id": 0,
            "file": pd.Series(files, dtype="str"),
            "width": 0,
            "height": 0,
            "split": pd.Series([next(iter(some)) if len(some) == 1 else "" for some in found], dtype="str"),
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
