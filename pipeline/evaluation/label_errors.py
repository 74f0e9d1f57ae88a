"""Suspected label errors: where a confident detector and the labels disagree."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.datasets.converted.tables import positions_in_image, read_table
from pipeline.evaluation.coco_scores import coco_evaluation
from pipeline.evaluation.overlaps import CORNERS, overlaps
from pipeline.evaluation.thresholds import from_scores

WRONG_CLASS, MISPLACED, MISSING, SPURIOUS = KINDS = (
    "wrong class",
    "misplaced box",
    "missing object",
    "spurious box",
)

TOUCHING = 0.1
"""The least IoU of a detection and the box that it would correct."""

TIGHT = 0.75
"""A box that its detection fits with this IoU is not suspected."""

DOUBT = 0.5
"""How much a miss says of a label: detectors overlook sound objects more often than they are sure where nothing is."""

DETECTED = [f"detected_{corner}" for corner in CORNERS]

COLUMNS = {
    "image_id": "int64",
    "file": "str",
    "split": "str",
    "object": "float64",
    "kind": "str",
    "sure": "float64",
    "class_name": "str",
    "detected_class": "str",
    "score": "float64",
    **dict.fromkeys([*CORNERS, *DETECTED], "float64"),
}
"""The columns of ``suspected_labels.csv`` and their types when they are read."""


def read_suspects(path: Path) -> pd.DataFrame:
    """Read what was written of :func:`suspected_labels`; no rows if the file is absent."""
    return read_table(path, COLUMNS) if path.is_file() else pd.DataFrame(columns=list(COLUMNS))


def suspected_labels(
    truth: GroundTruth, detections: pd.DataFrame, scores: list[float], *, iou: float
) -> pd.DataFrame:
    """Return the labels that a detector contradicts, the surest first.

    hotcoco says which of the detections that count are wrong, and which of them cover an object of another class. A
    box is misplaced if the detection of its class beside it fits it badly, and spurious if no detection is near it. A
    missing object is a wrong detection that covers no box.

    Args:
        truth: The ground truth of the images that were detected. Difficult and crowd objects are not suspected.
        detections: One row per detection with image_id, label (1..K), x, y, width, height (px) and score.
        scores: The score from which on a detection counts, in the order of labels 1..K.
        iou: The least IoU of an object and its detection.

    Returns:
        One row per suspicion: image_id, file, split, object (the position among the rows of its image in
        ``objects.csv``, from 0; missing for a missing object), kind (one of :data:`KINDS`), sure (in [0, 1]),
        class_name ("" for a missing object), detected_class ("" for a spurious box), score (of the detection), and the
        corners of the box and of the detection (px).
    """
    counted = from_scores(detections, scores).reset_index(drop=True)
    boxes = truth.boxes()
    evaluation = coco_evaluation(truth, counted, iou=iou)
    diagnostics = evaluation.image_diagnostics(iou_thr=iou, score_thr=0.0)
    found = [
        _wrong_classes(diagnostics, counted, detections, boxes, iou),
        _misplaced(diagnostics, counted, boxes),
        _missing(diagnostics, counted, boxes, iou),
        _spurious(diagnostics, detections, boxes, iou),
    ]
    return _described(_one_each(pd.concat(found, ignore_index=True)), counted, boxes, truth)


def _wrong_classes(
    diagnostics: dict[str, Any],
    counted: pd.DataFrame,
    detections: pd.DataFrame,
    boxes: pd.DataFrame,
    iou: float,
) -> pd.DataFrame:
    """Return the objects that a detection of another class covers. A detection of their own class speaks against it."""
    hints = pd.DataFrame(diagnostics["label_errors"], columns=["type", "dt_id", "gt_id"])
    hints = hints[hints["type"] == "wrong_label"]
    rows = pd.DataFrame({"truth": hints["gt_id"] - 1, "detection": hints["dt_id"] - 1}, dtype="int64")
    own = _best_scores(detections, boxes, rows["truth"].to_numpy(), iou, same_class=True)
    score = counted["score"].to_numpy()[rows["detection"]]
    return rows.assign(sure=score * (1 - own), kind=WRONG_CLASS)


def _misplaced(diagnostics: dict[str, Any], counted: pd.DataFrame, boxes: pd.DataFrame) -> pd.DataFrame:
    """Return the objects whose detection fits them badly: their own, or a free one beside an object without one."""
    pairs = overlaps(counted, boxes, same_class=True)
    pairs = pairs[pairs["iou"].between(TOUCHING, TIGHT, inclusive="left")]
    status, match = diagnostics["gt_status"], diagnostics["dt_match"]
    matched = (pairs["detection"] + 1).map(match)
    missed = (pairs["truth"] + 1).map(status) == "fn"
    known = (pairs["detection"] + 1).map(diagnostics["dt_status"]).notna()
    rows = pairs[known & ((matched == pairs["truth"] + 1) | (matched.isna() & missed))]
    sure = counted["score"].to_numpy()[rows["detection"]] * (1 - rows["iou"])
    return rows[["truth", "detection"]].assign(sure=sure, kind=MISPLACED)


def _missing(
    diagnostics: dict[str, Any], counted: pd.DataFrame, boxes: pd.DataFrame, iou: float
) -> pd.DataFrame:
    """Return the wrong detections that cover no object. The more they overlap one, the less is said.

    hotcoco's own hints are only those that touch no object, which are few where objects overlap.
    """
    pairs = overlaps(counted, boxes, same_class=False)
    nearest = pairs.groupby("detection")["iou"].max().reindex(range(len(counted)), fill_value=0.0)
    status = pd.Series(range(1, len(counted) + 1), dtype="int64").map(diagnostics["dt_status"])
    rows = np.flatnonzero((status == "fp").to_numpy() & (nearest < iou).to_numpy())
    sure = counted["score"].to_numpy()[rows] * (1 - nearest.to_numpy()[rows])
    return pd.DataFrame({"detection": rows, "sure": sure, "kind": MISSING})


def _spurious(
    diagnostics: dict[str, Any], detections: pd.DataFrame, boxes: pd.DataFrame, iou: float
) -> pd.DataFrame:
    """Return the objects that no detection that counts finds. A weak detection of any class speaks against it.

    A detector misses sound objects too, so that the suspicion weighs less the more objects of the class it misses.
    """
    status = (boxes.index.to_series() + 1).map(diagnostics["gt_status"])
    recall = (status == "matched").groupby(boxes["label"]).mean() if len(boxes) else pd.Series(dtype=float)
    missed = np.flatnonzero(status == "fn")
    best = _best_scores(detections, boxes, missed, iou, same_class=False)
    sure = DOUBT * (1 - best) * boxes["label"].iloc[missed].map(recall).to_numpy(float)
    return pd.DataFrame({"truth": missed, "sure": sure, "kind": SPURIOUS})


def _best_scores(
    detections: pd.DataFrame, boxes: pd.DataFrame, rows: np.ndarray, iou: float, *, same_class: bool
) -> np.ndarray:
    """Return the best score of the detections that reach an IoU with an object, 0 if none does, for some objects.

    Args:
        rows: The rows of the objects.
        iou: The least IoU.
        same_class: Whether only detections of the object's class are asked.
    """
    pairs = overlaps(detections, boxes.iloc[rows], same_class=same_class)
    pairs = pairs[pairs["iou"] >= iou]
    scores = pd.Series(detections["score"].to_numpy()[pairs["detection"]], index=pairs["truth"])
    return scores.groupby(level=0).max().reindex(range(len(rows)), fill_value=0.0).to_numpy()


def _one_each(suspicions: pd.DataFrame) -> pd.DataFrame:
    """Keep the surest suspicion of each object and of each detection. Spurious boxes come after all others."""
    order = suspicions[suspicions["sure"] > 0]
    order = order.assign(last=order["kind"] == SPURIOUS)
    order = order.sort_values(["last", "sure"], ascending=[True, False], kind="stable")
    for name in ("truth", "detection"):
        order = order[order[name].isna() | ~order[name].duplicated()]
    return order.sort_values("sure", ascending=False, kind="stable", ignore_index=True)


def _described(
    suspicions: pd.DataFrame, counted: pd.DataFrame, boxes: pd.DataFrame, truth: GroundTruth
) -> pd.DataFrame:
    """Return the suspicions with the columns that :func:`suspected_labels` promises."""
    position = positions_in_image(truth.objects)[
        truth.objects.dropna(subset=CORNERS).index
    ]  # the rows of `boxes`
    objects = boxes.assign(object=position.to_numpy())[["image_id", "object", "class_name", *CORNERS]]
    corners = [counted["x"], counted["y"], counted["x"] + counted["width"], counted["y"] + counted["height"]]
    found = counted[["image_id", "label", "score"]].assign(**dict(zip(DETECTED, corners, strict=True)))
    table = suspicions.join(objects, on="truth").join(found, on="detection", rsuffix="_detected")
    table["image_id"] = table["image_id"].fillna(table["image_id_detected"]).astype("int64")
    names = dict(enumerate(truth.classes, start=1))
    table["detected_class"] = table["label"].map(names).fillna("")
    table["class_name"] = table["class_name"].fillna("")
    table["object"] = table["object"].astype("Int64")
    images = truth.images.set_index("id")[["file", "split"]]
    return table.join(images, on="image_id")[list(COLUMNS)].round(
        {"sure": 4, **dict.fromkeys([*CORNERS, *DETECTED], 1)}
    )
