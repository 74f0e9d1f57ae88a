"""The fingerprint of the test set: scores of two experiments can be compared only if it is the same in both."""

import hashlib
from typing import Any

import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth

KEY = "test_set"
"""The key of the fingerprint in the files of metrics."""

_DIGITS = 12

_IMAGE = ["file", "width", "height"]

_OBJECT = ["file", "class_name", "xmin", "ymin", "xmax", "ymax", "difficult", "crowd", "area"]


def with_fingerprint(metrics: dict[str, Any], truth: GroundTruth) -> dict[str, Any]:
    """Return metrics with the fingerprint of the test split as the first entry. Empty metrics stay empty.

    Args:
        metrics: Name -> value.
        truth: The ground truth of all splits.
    """
    return {KEY: fingerprint(truth.split("test")), **metrics} if metrics else {}


def fingerprint(truth: GroundTruth) -> str:
    """Return 12 hex digits that depend on the images of a split and their objects, but not on their order.

    Of an image, its name and its size count; of an object, its class, box, area, flags, mask and keypoints.
    """
    files = truth.images.set_index("id")["file"]
    objects = truth.objects.assign(file=truth.objects["image_id"].map(files))[_OBJECT]
    if "mask" in truth.objects:
        objects["mask"] = truth.objects["mask"]
    if "keypoints" in truth.objects:
        objects["keypoints"] = [keypoints.tobytes().hex() for keypoints in truth.objects["keypoints"]]
    digest = hashlib.sha256()
    for table in (truth.images[_IMAGE], objects):
        digest.update(_sorted_rows(table).encode())
    return digest.hexdigest()[:_DIGITS]


def _sorted_rows(table: pd.DataFrame) -> str:
    """Return the rows of a table as text, in an order that depends on their values alone."""
    return table.sort_values(list(table.columns)).to_csv(index=False)
