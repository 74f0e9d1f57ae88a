"""TIDE: how much AP each type of error costs, and how often it happens. Bolya et al. 2020, computed by hotcoco."""

from typing import Any

import pandas as pd

from pipeline.evaluation.coco_scores import defined_mean

BACKGROUND_IOU = 0.1
"""A detection with a lower IoU with every object is a detection of the background."""

TYPES = {
    "class": "Cls",
    "localisation": "Loc",
    "class and localisation": "Both",
    "duplicate": "Dupe",
    "background": "Bkg",
    "missed": "Miss",
}
"""The types of error -> their names in hotcoco."""


def error_types(evaluation: Any, counted: Any) -> dict[str, Any]:
    """Return AP and, for each type of error, by how much AP would rise without it, and the number of such errors.

    The rises do not add up: without one error another one weighs more.

    Args:
        evaluation: The evaluation of all detections at one IoU threshold, for AP.
        counted: The evaluation of the detections from the thresholds of their classes on, for the numbers.

    Returns:
        "AP", and "types": "dAP" and "count" of each of :data:`TYPES`. AP is None if there are no objects, and the rises
        are then 0.
    """
    iou = evaluation.params.iou_thrs[0]
    costs, counts = (
        each.tide_errors(pos_thr=iou, bg_thr=min(BACKGROUND_IOU, iou)) for each in (evaluation, counted)
    )
    types = {
        name: {"dAP": costs["delta_ap"][key], "count": counts["counts"][key]} for name, key in TYPES.items()
    }
    return {"AP": defined_mean(evaluation.eval["precision"][0, :, :, 0, 2]), "types": types}


def error_type_table(errors: dict[str, Any]) -> pd.DataFrame:
    """Return the types of :func:`error_types` as a table with the columns type, dAP and count."""
    return pd.DataFrame(
        [(name, *each.values()) for name, each in errors["types"].items()], columns=["type", "dAP", "count"]
    )
