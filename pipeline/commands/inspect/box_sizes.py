"""Compares a dataset's boxes at the detector's input size with the smallest box that the detector can match."""

import io
from contextlib import redirect_stdout
from typing import Any

import numpy as np

from pipeline.commands.inspect.finding import Finding, Inspection
from pipeline.datasets.conversion.summary import relative_sides
from pipeline.params.train import Train

_FAR_SMALLER = 0.5
"""An object that is matched to a box of twice its area reaches an IoU of at most 0.5."""


def box_sizes(inspection: Inspection) -> Finding:
    """Return the sizes of the boxes at the input size, and how many are too small for the detector."""
    train, table = inspection.params.train, inspection.checked
    boxes = table.objects.dropna(subset=["xmin"])
    if boxes.empty:
        line = "boxes:   none; only whole images are labelled, which no detector can learn from"
        return Finding("boxes", None, [line])
    shares = relative_sides(table, boxes, inspection.params.convert.tile)
    sides = shares * train.image_size
    low, middle, high = np.percentile(sides.min(axis=1), [0, 50, 100]).tolist()
    name, width, height = smallest_box(train)
    small = int(too_small(shares, train).sum())
    value: dict[str, Any] = {
        "input_size": train.image_size,
        "shorter_side": {"least": low, "median": middle, "greatest": high},
        "smallest_match": {"name": name, "width": width, "height": height},
        "boxes": len(sides),
        "too_small": small,
    }
    line = (
        f"boxes:   at {train.image_size} px input the shorter side is {low:.2g} to {high:.0f} px, "
        f"median {middle:.0f}; {name} is {width:.0f} × {height:.0f} px"
    )
    if small:
        line += f": {small:,} of {len(sides):,} boxes are less than half of it"
    return Finding("boxes", value, [line])


def too_small(sides: np.ndarray, train: Train) -> np.ndarray:
    """Return bool [N], the boxes that are far smaller than the smallest box that the architecture can match.

    Args:
        sides: float64 [N, 2], width and height of the boxes as shares of their images.
        train: The section ``train``.
    """
    _, width, height = smallest_box(train)
    return np.asarray((sides * train.image_size).prod(axis=1) < _FAR_SMALLER * width * height)


def has_anchors(train: Train) -> bool:
    """Return whether the architecture has anchors, which ``train.auto_anchors`` can fit to the boxes."""
    with redirect_stdout(io.StringIO()):  # keras-cv prints which backend it uses
        from pipeline.models.detectors.auto_anchors import ANCHORS

    return train.architecture in ANCHORS


def smallest_box(train: Train) -> tuple[str, float, float]:
    """Return the name of the smallest box that the architecture can match, and its width and height in px."""
    with redirect_stdout(io.StringIO()):  # keras-cv prints which backend it uses
        from pipeline.models.detectors.auto_anchors import ANCHORS, anchors_of
        from pipeline.models.weights.config import section_names

    if train.architecture not in ANCHORS:
        return f"the finest cell of {train.architecture}", 8.0, 8.0
    section = getattr(train, section_names(train.architecture)[0])
    anchors = anchors_of(train.architecture, section, train.image_size)
    height, width = anchors[np.argmin(anchors[:, 0] * anchors[:, 1]), :2] * train.image_size
    kind = "default box" if train.architecture == "ssd" else "anchor"
    return f"the smallest {kind} of {train.architecture}", float(width), float(height)
