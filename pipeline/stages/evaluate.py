"""Score the predictions of ``detect`` against the ground truth of ``convert``, from files alone.

Reads:
    converted: ``images.csv``, ``objects.csv``, ``labels.txt`` and, if the dataset has masks, ``masks.csv``.
    predictions: The detections and the classifier's scores on val and test.

Writes:
    detector: The fingerprint of the test set, and the detector's scores on test and, under "val", on val. With
        ``train.seeds``, "seeds" has the mean and spread of the scores on test over all trainings.
    classifier: The classifier's scores, likewise; an empty object if there is no classifier.
    summary: The few scores that the tables of DVC show.
    thresholds: The score of each class from which on detections count best, which is chosen on val.
    errors: How much each type of error costs, calibration, AP by the size of objects, and numbers of suspected labels.
    plots: ``precision_recall.csv``, ``detector_confusion.csv``, ``classifier_confusion.csv``, ``error_types.csv``,
        ``reliability.csv`` and ``object_sizes.csv`` of the test split, and ``suspected_labels.csv`` of val and test.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.artifacts import whole, write_json
from pipeline.datasets.converted.fingerprint import with_fingerprint
from pipeline.datasets.converted.ground_truth import GroundTruth, read_ground_truth
from pipeline.evaluation.classification import classifier_scores, confused_classes
from pipeline.evaluation.coco_scores import coco_class_scores, coco_evaluation, coco_scores, precision_recall
from pipeline.evaluation.confusion import detector_confusion
from pipeline.evaluation.error_analysis import analyse_errors
from pipeline.evaluation.keypoints import keypoint_scores
from pipeline.evaluation.limits import limit_messages
from pipeline.evaluation.localization import localization_scores
from pipeline.evaluation.predictions import read_classifications, read_detections
from pipeline.evaluation.seeds import seed_spread
from pipeline.evaluation.voc_scores import mean_of_defined, voc_average_precision
from pipeline.params.evaluate import Evaluate
from pipeline.params.export import Export
from pipeline.progress import timed_result
from pipeline.seed_folders import seed_folder, seed_numbers
from pipeline.stage import stage_main

VAL_SCORES = ("mAP", "AP50", "AP75", "voc07_mAP", "voc10_mAP")
SUMMARY = ("mAP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large")
SEED_SCORES = ("mAP", "AP50", "AP75")
MASK_SCORES = ("mAP", "AP50", "AP75")
VOC_IOU = 0.5


def run(
    evaluate: Evaluate,
    export: Export,
    *,
    converted: Path,
    predictions: Path,
    detector: Path,
    classifier: Path,
    summary: Path,
    thresholds: Path,
    errors: Path,
    plots: Path,
) -> None:
    """Score both models on val and test, and write the tables that the plots of the test split are drawn from."""
    with timed_result(detector) as done:
        truth = read_ground_truth(converted)
        parts = {name: truth.split(name) for name in ("val", "test")}
        detections = {
            name: read_detections(predictions / f"detections-{name}.json", part)
            for name, part in parts.items()
        }
        classified = read_classified(parts, predictions)
        print_limits(parts, detections, evaluate, export)
        analysis = analyse_errors(
            parts,
            detections,
            iou=evaluate.iou,
            score=evaluate.score,
            max_detections=evaluate.max_detections,
        )
        scores = all_detector_scores(parts, detections, evaluate)
        scores |= scores_of_seeds(predictions, parts["test"], scores, evaluate.max_detections)
        write_json(detector, with_fingerprint(scores, truth))
        of_classifier = classifier_scores(classified, truth.classes)
        write_json(classifier, with_fingerprint(of_classifier, truth))
        write_json(summary, with_fingerprint(summary_of(scores, of_classifier), truth))
        write_json(thresholds, with_fingerprint(analysis.thresholds, truth))
        write_json(errors, with_fingerprint(analysis.errors, truth))
        tables = {
            "precision_recall": precision_recall(analysis.evaluation, truth.classes),
            "detector_confusion": detector_confusion(parts["test"], analysis.counted, iou=evaluate.iou),
            "classifier_confusion": confused_classes(classified, truth.classes),
            **analysis.tables,
        }
        with whole(plots, directory=True) as folder:
            for name, table in tables.items():
                table.to_csv(folder / f"{name}.csv", index=False)
        done("evaluate: the scores")


def read_classified(parts: dict[str, GroundTruth], predictions: Path) -> dict[str, pd.DataFrame]:
    """Return the class scores of the crops of each split; nothing if there is no classifier."""
    return {
        name: read_classifications(path, part)
        for name, part in parts.items()
        if (path := predictions / f"classifier-{name}.csv").exists()
    }


def print_limits(
    parts: dict[str, GroundTruth], detections: dict[str, pd.DataFrame], evaluate: Evaluate, export: Export
) -> None:
    """Print a line for each limit on the number of detections that a split reaches."""
    for name, part in parts.items():
        limits = {"returned": export.max_detections, "counted": evaluate.max_detections}
        for message in limit_messages(part, detections[name], name, **limits):
            print(message, flush=True)


def all_detector_scores(
    parts: dict[str, GroundTruth],
    detections: dict[str, pd.DataFrame],
    evaluate: Evaluate,
) -> dict[str, Any]:
    """Return the scores on test and, under "val", the main scores on val; also those of masks and of keypoints.

    Args:
        parts: The ground truth of "val" and of "test".
    """
    most, keypoint_pair = evaluate.max_detections, evaluate.keypoint_pair
    test, val = (detector_scores(parts[name], detections[name], most) for name in ("test", "val"))
    val = {name: val[name] for name in VAL_SCORES}
    if any("mask" in table for table in detections.values()):
        test |= {"segm": mask_scores(parts["test"], detections["test"], most)}
        val |= {"segm": mask_scores(parts["val"], detections["val"], most)}
    if any("keypoints" in table for table in detections.values()):
        test |= {"keypoints": keypoint_scores(parts["test"], detections["test"], keypoint_pair)}
        val |= {"keypoints": keypoint_scores(parts["val"], detections["val"], keypoint_pair)}
    return test | {"val": val}


def summary_of(detector: dict[str, Any], classifier: dict[str, Any]) -> dict[str, Any]:
    """Return the scores that the tables of DVC show: those of test and, with "val_", of val. There are ten at most.

    Args:
        detector: The scores of the detector.
        classifier: The scores of the classifier; empty if there is none.
    """
    chosen: dict[str, Any] = {name: detector[name] for name in SUMMARY}
    if "seeds" in detector:
        chosen["mAP_of_seeds"] = detector["seeds"]["mAP"]["mean"]
    chosen |= {f"val_{name}": detector["val"][name] for name in ("mAP", "AP50")}
    return chosen | ({"classifier_top1": classifier["top1"]} if classifier else {})


def scores_of_seeds(
    predictions: Path, truth: GroundTruth, scores: dict[str, Any], max_detections: int
) -> dict[str, Any]:
    """Return "seeds", the spread of the main scores over the trainings; nothing if there is one training.

    Args:
        predictions: The folder with the detections of the first training and, in its folders, of the others.
        truth: The ground truth of the test split.
        scores: The scores of the first training.
        max_detections: Detections of a class in an image that count.
    """
    trainings = [scores]
    for number in seed_numbers(predictions)[1:]:
        path = seed_folder(predictions, number) / "detections-test.json"
        evaluation = coco_evaluation(truth, read_detections(path, truth), max_detections=max_detections)
        trainings.append(coco_scores(evaluation))
    if len(trainings) == 1 or scores["mAP"] is None:
        return {}
    spreads = {name: seed_spread([each[name] for each in trainings]) for name in SEED_SCORES}
    return {"seeds": {"trainings": len(trainings), **spreads}}


def detector_scores(truth: GroundTruth, detections: pd.DataFrame, max_detections: int) -> dict[str, Any]:
    """Return the scores of COCO and VOC, over all classes and for each class; None where no box defines a score.

    If each image has one object, the scores of its localization are added.
    """
    evaluation = coco_evaluation(truth, detections, max_detections=max_detections)
    boxes, classes = truth.boxes(), len(truth.classes)
    voc07, voc10 = (
        voc_average_precision(detections, boxes, classes, iou=VOC_IOU, interpolation=interpolation)
        for interpolation in ("11-point", "all-point")
    )
    overall = coco_scores(evaluation)
    overall |= {"voc07_mAP": mean_of_defined(voc07), "voc10_mAP": mean_of_defined(voc10)}
    objects = truth.counted()
    rows = zip(truth.classes, coco_class_scores(evaluation, classes), voc10, objects.tolist(), strict=True)
    per_class = {name: coco | {"voc10_AP": voc, "objects": count} for name, coco, voc, count in rows}
    localization = localization_scores(truth, detections)
    one_object = {"localization": localization} if localization else {}
    return {**overall, **one_object, "per_class": per_class}


def mask_scores(truth: GroundTruth, detections: pd.DataFrame, max_detections: int) -> dict[str, float | None]:
    """Return the main scores of COCO by the IoU of masks; None if no object has a mask."""
    scores = coco_scores(coco_evaluation(truth, detections, masks=True, max_detections=max_detections))
    return {name: scores[name] for name in MASK_SCORES}


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
