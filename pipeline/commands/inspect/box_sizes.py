"""Compares a dataset's boxes at the detector's input size with the smallest box that the detector can match."""

import numpy as np

from pipeline.datasets.conversion.summary import relative_sides
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.params.schema import Params
from pipeline.params.train import Train

# An object that is matched to a box of twice its area reaches an IoU of at most 0.5.
_FAR_SMALLER = 0.5


def describe_sizes(table: AnnotationTable, params: Params) -> str:
    """Return a line about the sizes of the boxes at the input size, and how many are too small for the detector."""
    sides = relative_sides(table, table.objects.dropna(subset=["xmin"])) * params.train.image_size
    shorter = sides.min(axis=1)
    low, middle, high = np.percentile(shorter, [0, 50, 100])
    line = (
        f"boxes:   at {params.train.image_size} px input the shorter side is {low:.2g} to {high:.0f} px, "
        f"median {middle:.0f}"
    )
    name, width, height = smallest_box(params.train)
    small = int((sides.prod(axis=1) < _FAR_SMALLER * width * height).sum())
    line += f"; {name} is {width:.0f} × {height:.0f} px"
    if not small:
        return line
    return (
        f"{line}: {small:,} of {len(sides):,} boxes are less than half of it; "
        "a larger train.image_size, or train.auto_anchors, would see more of them"
    )


def smallest_box(train: Train) -> tuple[str, float, float]:
    """Return the name of the smallest box that the architecture can match, and its width and height in px."""
    from pipeline.models.detectors.auto_anchors import ANCHORS, anchors_of
    from pipeline.models.weights.config import section_names

    if train.architecture not in ANCHORS:
        return f"the finest cell of {train.architecture}", 8.0, 8.0
    section = getattr(train, section_names(train.architecture)[0])
    anchors = anchors_of(train.architecture, section, train.image_size)
    height, width = anchors[np.argmin(anchors[:, 0] * anchors[:, 1]), :2] * train.image_size
    kind = "default box" if train.architecture == "ssd" else "anchor"
    return f"the smallest {kind} of {train.architecture}", float(width), float(height)
