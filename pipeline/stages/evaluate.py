"""Score the predictions of detect against the truth of convert, from files alone.

Reads: data/converted (images.csv, objects.csv, labels.txt and, if the data has masks, masks.csv), data/predictions.
Writes: metrics/detector.json, metrics/classifier.json, and in metrics/plots/evaluate precision_recall.csv,
    detector_confusion.csv, classifier_confusion.csv.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.artifacts import whole, write_json
from pipeline.datasets.converted.ground_truth import GroundTruth, read_ground_truth
from pipeline.evaluation.classification import class_recall, predicted_labels, top_k, true_class_ranks
from pipeline.evaluation.coco_scores import coco_class_scores, coco_evaluation, coco_scores, precision_recall
from pipeline.evaluation.confusion import classifier_confusion, detector_confusion
from pipeline.evaluation.predictions import read_classifications, read_detections
from pipeline.evaluation.voc_scores import mean_of_defined, voc_average_precision
from pipeline.params.evaluate import Evaluate
from pipeline.stage import stage_main

VAL_SCORES = ("mAP", "AP50", "AP75", "voc07_mAP", "voc10_mAP")
MASK_SCORES = ("mAP", "AP50", "AP75")
VOC_IOU = 0.5


def run(
    evaluate: Evaluate, *, converted: Path, predictions: Path, detector: Path, classifier: Path, plots: Path
) -> None:
    """Score both models on val and test, and draw the data of the test curves."""
    truth = read_ground_truth(converted)
    splits = {name: truth.split(name) for name in ("val", "test")}
    found = {
        name: read_detections(predictions / f"detections-{name}.json", part) for name, part in splits.items()
    }
    named = {
        name: read_classifications(predictions / f"classifier-{name}.csv", part)
        for name, part in splits.items()
    }
    test, val = (detector_scores(splits[name], found[name]) for name in ("test", "val"))
    val = {name: val[name] for name in VAL_SCORES}
    if any("mask" in part for part in found.values()):
        test, val = (
            scores | {"segm": mask_scores(splits[name], found[name])}
            for name, scores in (("test", test), ("val", val))
        )
    write_json(detector, test | {"val": val})
    write_json(
        classifier,
        accuracy(named["test"])
        | {"per_class": class_recall(named["test"], truth.classes), "val": accuracy(named["val"])},
    )
    actual, predicted = named["test"]["label"].to_numpy(), predicted_labels(named["test"])
    curves = coco_evaluation(splits["test"], found["test"], iou=evaluate.iou)
    confused = detector_confusion(splits["test"], found["test"], iou=evaluate.iou, score=evaluate.score)
    with whole(plots, directory=True) as folder:
        precision_recall(curves, truth.classes).to_csv(folder / "precision_recall.csv", index=False)
        confused.to_csv(folder / "detector_confusion.csv", index=False)
        confusion = classifier_confusion(actual, predicted, truth.classes)
        confusion.to_csv(folder / "classifier_confusion.csv", index=False)


def detector_scores(truth: GroundTruth, detections: pd.DataFrame) -> dict[str, Any]:
    """Give COCO's and VOC's scores, overall and by class; None where no box defines one."""
    evaluation = coco_evaluation(truth, detections)
    boxes, classes = truth.boxes(), len(truth.classes)
    voc07, voc10 = (
        voc_average_precision(detections, boxes, classes, iou=VOC_IOU, interpolation=interpolation)
        for interpolation in ("11-point", "all-point")
    )
    overall = coco_scores(evaluation)
    overall |= {"voc07_mAP": mean_of_defined(voc07), "voc10_mAP": mean_of_defined(voc10)}
    objects = truth.counted()
    rows = zip(truth.classes, coco_class_scores(evaluation, classes), voc10, strict=True)
    per_class = {name: coco | {"voc10_AP": voc, "objects": int(objects[name])} for name, coco, voc in rows}
    return {**overall, "per_class": per_class}


def mask_scores(truth: GroundTruth, detections: pd.DataFrame) -> dict[str, float | None]:
    """Give COCO's main scores by the IoU of masks; None where no object has one."""
    scores = coco_scores(coco_evaluation(truth, detections, masks=True))
    return {name: scores[name] for name in MASK_SCORES}


def accuracy(table: pd.DataFrame) -> dict[str, float | None]:
    """Give top1 and top5."""
    ranks = true_class_ranks(table)
    return {"top1": top_k(ranks, 1), "top5": top_k(ranks, 5)}


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
