"""Pictures of suspected label errors: the part of the image around the label and the detection that contradicts it."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.evaluation.label_errors import DETECTED
from pipeline.evaluation.overlaps import CORNERS
from pipeline.reporting.fault_gallery import FaultPicture
from pipeline.reporting.gallery import FONT, SHOWN_HEIGHT, SHOWN_WIDTH
from pipeline.reporting.marks import LabelPlacer
from pipeline.reporting.thumbnails import Window, encode_within_budget

SHOWN = 8
"""So many suspected labels are pictured on the page."""

BUDGET = 500_000
"""Bytes of JPEG of these pictures together."""

MARGIN = 1.0
"""What is shown around the boxes, as a share of their longer side."""


def suspect_pictures(
    suspects: pd.DataFrame, truth: GroundTruth, read: Callable[[str], bytes]
) -> list[FaultPicture]:
    """Draw the surest suspected labels.

    Args:
        suspects: The rows of ``suspected_labels.csv``, the surest first.
        read: Returns the encoded image of a path in ``images.csv``, or b"" if the file does not exist.
    """
    sizes = truth.images.set_index("id")[["width", "height"]]
    rows = [row for row in suspects.head(SHOWN).to_dict("records") if row["image_id"] in sizes.index]
    places = [(*sizes.loc[row["image_id"]],) for row in rows]
    windows = [window(row, *place) for row, place in zip(rows, places, strict=True)]
    uris = encode_within_budget([read(row["file"]) for row in rows], windows, BUDGET)
    return [_picture(*each) for each in zip(rows, places, windows, uris, strict=True)]


def window(row: dict[Any, Any], width: int, height: int) -> Window:
    """Return the part of the image that is shown: the boxes, and as much around them.

    Args:
        row: A row of ``suspected_labels.csv``.
        width: The width of the image, px.
        height: The height of the image, px.
    """
    boxes = shown_boxes(row)
    x_min, y_min = (min(box[k] for box in boxes) for k in (0, 1))
    x_max, y_max = (max(box[k] for box in boxes) for k in (2, 3))
    margin = MARGIN * max(x_max - x_min, y_max - y_min)
    return (
        max((y_min - margin) / height, 0.0),
        max((x_min - margin) / width, 0.0),
        min((y_max + margin) / height, 1.0),
        min((x_max + margin) / width, 1.0),
    )


def shown_boxes(row: dict[Any, Any]) -> list[tuple[float, float, float, float]]:
    """Return the corners of the label and of the detection, px, as far as there are any."""
    boxes = [tuple(row[name] for name in names) for names in (CORNERS, DETECTED)]
    return [box for box in boxes if not pd.isna(box[0])]


def sentence(row: dict[Any, Any]) -> str:
    """Return what the label says and what the detector says, in one line."""
    labelled = f"labelled {row['class_name']}" if row["class_name"] else "no label"
    if not row["detected_class"]:
        return f"{labelled}, not detected"
    return f"{labelled}, detected {row['detected_class']} ({row['score']:.2f})"


def _picture(row: dict[Any, Any], size: tuple[int, int], part: Window, uri: str) -> FaultPicture:
    """Draw the label as "missed" and the detection as "wrong" on the shown part of the image."""
    left, top = part[1] * size[0], part[0] * size[1]
    width, height = round(part[3] * size[0] - left), round(part[2] * size[1] - top)
    placer = LabelPlacer(width, height, FONT * max(width / SHOWN_WIDTH, height / SHOWN_HEIGHT))
    marks = []
    texts = ("missed", row["class_name"]), ("wrong", f"{row['detected_class']} {row['score']:.2f}")
    for (kind, text), names in zip(texts, (CORNERS, DETECTED), strict=True):
        x_min, y_min, x_max, y_max = (row[name] for name in names)
        if not pd.isna(x_min):
            box = (x_min - left, y_min - top, x_max - x_min, y_max - y_min)
            marks.append(placer.mark(kind, box, text))
    summary = f"{row['kind']}, {row['split']}: {sentence(row)}"
    return FaultPicture(row["file"], summary, width, height, uri, marks, round(placer.font, 2))
