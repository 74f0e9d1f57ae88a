"""The command ``suspects``: list labels that are probably wrong, with pictures."""

from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.artifacts import whole
from pipeline.commands.suspects.detected import CONVERTED, convert_first, detect_all, detect_out_of_fold
from pipeline.datasets.converted.ground_truth import GroundTruth, read_ground_truth
from pipeline.datasets.raw.containers import read_if_there
from pipeline.embedding.contact_sheet import DrawnBox, Item, write_contact_sheet
from pipeline.errors import PipelineError
from pipeline.evaluation.coco_scores import coco_evaluation
from pipeline.evaluation.label_errors import DETECTED, KINDS, suspected_labels
from pipeline.evaluation.overlaps import CORNERS
from pipeline.evaluation.thresholds import choose_thresholds, class_scores, outcomes
from pipeline.params.load import PARAMS_FILE, load_params
from pipeline.params.schema import Params
from pipeline.reporting.suspects import sentence, window

TABLE, SHEET = Path("reports/suspects.csv"), Path("reports/suspects.png")
COLUMNS, CELL, LINES = 5, 300, 4
PRINTED = 10
"""So many suspicions are printed."""

LEARNT = (
    "the detector learnt the labels of train, and agrees with part of their errors; --folds 5 judges each image by a "
    "detector that did not see it"
)


def suspects(count: int, folds: int | None) -> None:
    """Print the surest suspicions, write all of them as a table, and the surest as a contact sheet.

    Args:
        folds: The number of folds, each of which is judged by a detector that is trained on the others; None to judge
            all images by the exported detector.

    Raises:
        PipelineError: There are no detections to judge by, or a training fails.
    """
    params = load_params()
    if params.task != "detection":
        raise PipelineError(
            f"{PARAMS_FILE}: task is {params.task}, but suspects judges boxes; set it to detection"
        )
    if folds is None:
        truth = read_ground_truth(CONVERTED)
        detections, chosen_on = detect_all(params, truth), truth.split("val")
    else:
        convert_first()
        detections, truth = detect_out_of_fold(params, read_ground_truth(CONVERTED), folds)
        chosen_on = truth
    scores = _scores(chosen_on, detections, params)
    table = suspected_labels(truth, detections, scores, iou=params.evaluate.iou)
    _print(table, truth, in_fold=folds is None)
    with whole(TABLE) as partial:
        table.to_csv(partial, index=False)
    if table.empty:
        print(f"wrote {TABLE}, which is empty")
        return
    sizes = truth.images.set_index("id")[["width", "height"]]
    raw = Path("data") / params.dataset.images
    items = [
        _item(row, sizes.loc[row["image_id"]].tolist(), read_if_there(raw, row["file"]))
        for row in table.head(count).to_dict("records")
    ]
    write_contact_sheet(items, COLUMNS, SHEET, cell=CELL, lines=LINES)
    print(f"wrote {SHEET} (green: the label, red: the detection) and {TABLE} with all {len(table):,}")


def _scores(part: GroundTruth, detections: pd.DataFrame, params: Params) -> list[float]:
    """Return the score from which on detections count, in the order of labels 1..K, chosen on some of the images."""
    own = detections[detections["image_id"].isin(part.images["id"])].reset_index(drop=True)
    found = outcomes(coco_evaluation(part, own, iou=params.evaluate.iou), part, own)
    thresholds = choose_thresholds(found, found, part.classes)
    return class_scores(params.evaluate.score, thresholds, part.classes)


def _print(table: pd.DataFrame, truth: GroundTruth, *, in_fold: bool) -> None:
    counts = ", ".join(f"{kind} {int((table['kind'] == kind).sum()):,}" for kind in KINDS)
    print(f"{len(table):,} of {len(truth.boxes()):,} objects and places are suspected: {counts}")
    for row in table.head(PRINTED).to_dict("records"):
        print(f"{row['sure']:.2f}  {row['kind']:<14}  {row['file']} ({row['split']}): {sentence(row)}")
    if in_fold:
        print(LEARNT)


def _item(row: dict[Any, Any], size: list[int], encoded: bytes) -> Item:
    """Return the picture of a suspicion: the part of the image around the label and the detection.

    Args:
        size: The width and height of the image in the record, px.
        encoded: The file of the image.
    """
    width, height = size
    part = window(row, width, height)
    top, left, bottom, right = part
    boxes = []
    for names, faulty in ((CORNERS, False), (DETECTED, True)):
        if not pd.isna(row[names[0]]):
            xs = [(row[name] / width - left) / (right - left) for name in (names[0], names[2])]
            ys = [(row[name] / height - top) / (bottom - top) for name in (names[1], names[3])]
            boxes.append(DrawnBox((xs[0], ys[0], xs[1], ys[1]), faulty))
    lines = [row["file"], f"{row['kind']}, {row['sure']:.2f} ({row['split']})", *sentence(row).split(", ")]
    return Item(encoded, part, "\n".join(lines), tuple(boxes))
