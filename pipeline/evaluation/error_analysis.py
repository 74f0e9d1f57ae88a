"""The analysis of a detector's errors: thresholds, types of error, calibration, sizes, and suspected labels."""

from typing import Any, NamedTuple

import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.evaluation.calibration import calibration, reliability
from pipeline.evaluation.coco_scores import coco_evaluation
from pipeline.evaluation.error_types import error_type_table, error_types
from pipeline.evaluation.label_errors import KINDS, suspected_labels
from pipeline.evaluation.object_sizes import size_scores
from pipeline.evaluation.thresholds import Setting, choose_thresholds, class_scores, from_scores, outcomes

MOST_SUSPECTS = 200
"""So many suspected labels are kept, the surest."""


class ErrorAnalysis(NamedTuple):
    """What is known of a detector's errors.

    Attributes:
        thresholds: The contents of ``metrics/thresholds.json``.
        errors: The contents of ``metrics/errors.json``, but for the fingerprint.
        tables: The tables of the plots, by the name of the file.
        evaluation: The evaluation of all detections on test at the IoU threshold.
        counted: The detections on test from the thresholds of their classes on.
    """

    thresholds: dict[str, Any]
    errors: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    evaluation: Any
    counted: pd.DataFrame


def analyse_errors(
    parts: dict[str, GroundTruth],
    detections: dict[str, pd.DataFrame],
    *,
    iou: float,
    score: Setting,
    max_detections: int,
) -> ErrorAnalysis:
    """Choose the thresholds on val, analyse the errors on test, and suspect labels of both.

    Args:
        parts: The ground truth of "val" and of "test".
        iou: The IoU from which on a detection finds an object.
        score: The score from which on a detection counts.
        max_detections: As for :func:`pipeline.evaluation.coco_scores.coco_evaluation`.
    """
    limits: dict[str, Any] = {"iou": iou, "max_detections": max_detections}
    evaluations = {name: coco_evaluation(part, detections[name], **limits) for name, part in parts.items()}
    val, test = (outcomes(evaluations[name], parts[name], detections[name]) for name in ("val", "test"))
    classes = parts["test"].classes
    thresholds = {"iou": iou, **choose_thresholds(val, test, classes)}
    scores = class_scores(score, thresholds, classes)
    counted = from_scores(detections["test"], scores).reset_index(drop=True)
    every, shown = evaluations["test"], coco_evaluation(parts["test"], counted, **limits)
    types = error_types(every, shown)
    sizes = size_scores(parts["test"], detections["test"], max_detections=max_detections)
    suspects = pd.concat(
        [suspected_labels(part, detections[name], scores, iou=iou) for name, part in parts.items()]
    ).sort_values(["sure", "image_id"], ascending=[False, True], kind="stable", ignore_index=True)
    errors = {
        "iou": iou,
        "error_types": types,
        "calibration": calibration(every, shown),
        "object_sizes": {row.pop("size"): row for row in sizes.to_dict("records")},
        "suspected_labels": {kind: int((suspects["kind"] == kind).sum()) for kind in KINDS},
    }
    tables = {
        "error_types": error_type_table(types),
        "reliability": reliability(every),
        "object_sizes": sizes,
        "suspected_labels": suspects.head(MOST_SUSPECTS),
    }
    return ErrorAnalysis(thresholds, errors, tables, every, counted)
