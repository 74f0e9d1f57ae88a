"""The type of error of each single detection, by the rules of TIDE; see :mod:`pipeline.evaluation.error_types`."""

import numpy as np
import pandas as pd

from pipeline.evaluation.error_types import BACKGROUND_IOU
from pipeline.evaluation.overlaps import overlaps

CORRECT, MISSED = "correct", "missed"


def detection_types(
    detections: pd.DataFrame, boxes: pd.DataFrame, wrong: pd.Series, *, iou: float
) -> list[str]:
    """Return the type of each detection: one of TIDE's types of error, or ``correct``.

    The first rule that applies to a wrong detection gives its type. ``localisation``: it overlaps an object of its
    class, with too low an IoU. ``class``: it fits an object of another class. ``duplicate``: it fits an object of its
    class, which another detection found. ``background``: it overlaps nothing. What is left is
    ``class and localisation``. Difficult and crowd objects are left out.

    Args:
        detections: One row per detection with image_id, label (1..K), x, y, width, height (px) and score.
        boxes: One row per object with image_id, label, xmin, ymin, xmax, ymax (px), difficult and crowd.
        wrong: Whether each detection is wrong, bool [D].
        iou: The least IoU of a detection and the object that it finds.
    """
    counted = boxes[(boxes["difficult"] == 0) & (boxes["crowd"] == 0)]
    pairs = overlaps(detections, counted, same_class=False)
    own = pairs["detected"] == pairs["label"]
    same, other = (
        part.groupby("detection")["iou"].max().reindex(range(len(detections)), fill_value=0.0).to_numpy()
        for part in (pairs[own], pairs[~own])
    )
    least = min(BACKGROUND_IOU, iou)
    rules = {
        CORRECT: ~wrong.to_numpy(bool),
        "localisation": (same >= least) & (same < iou),
        "class": other >= iou,
        "duplicate": same >= iou,
        "background": np.maximum(same, other) <= least,
    }
    return [str(name) for name in np.select(list(rules.values()), list(rules), "class and localisation")]
