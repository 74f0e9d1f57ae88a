"""Write one page that shows what a run has made and how good it is.

Reads:
    raw: The images of the dataset.
    converted: ``images.csv``, ``objects.csv``, ``labels.txt``, ``issues.csv`` and, if there are masks, ``masks.csv``.
    predictions: ``detections-test.json``.
    metrics: ``detector.json``, ``classifier.json``, ``exports.json``, ``thresholds.json``, ``errors.json``,
        ``plots/evaluate``, and the learning curves ``finetune`` and ``train``. Any of them may be absent; the page then
        says so.
    models: The ``model.json`` of each model that is there.

Writes:
    output: An HTML page that needs no network. Its one script filters the gallery.
    card: The model card, as Markdown.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.artifacts import read_json, whole
from pipeline.datasets.converted.ground_truth import GroundTruth, read_ground_truth
from pipeline.datasets.converted.issues import read_issues
from pipeline.datasets.raw.containers import read_if_there
from pipeline.evaluation.comparison import Interval, intervals
from pipeline.evaluation.exported_files import HEADS, ExportedFile, read_exported_files, table_rows
from pipeline.evaluation.label_errors import read_suspects
from pipeline.evaluation.predictions import read_detections
from pipeline.evaluation.resampled_scores import detector_scores, draw_images
from pipeline.evaluation.thresholds import class_scores, from_scores, read_thresholds
from pipeline.params.dataset import DatasetSource
from pipeline.params.evaluate import Evaluate
from pipeline.params.report import Report
from pipeline.progress import timed_result
from pipeline.reporting.card import licence_files_of, model_card
from pipeline.reporting.dataset import counts_and_faults, size_cells, size_sentence
from pipeline.reporting.errors import counting, error_values, reliability_chart
from pipeline.reporting.gallery import gallery
from pipeline.reporting.gallery_filter import filter_values
from pipeline.reporting.heatmap import heat_map
from pipeline.reporting.learning import learning_charts
from pipeline.reporting.models import model_facts
from pipeline.reporting.page import render
from pipeline.reporting.scores import (
    class_score_rows,
    further_score_rows,
    operating_point,
    precision_recall_charts,
    score_rows,
    takeaways,
)
from pipeline.reporting.suspects import suspect_pictures
from pipeline.reporting.verdict import NOT_YET
from pipeline.stage import stage_main


def run(
    dataset: DatasetSource,
    evaluate: Evaluate,
    report: Report,
    seed: int,
    *,
    raw: Path,
    converted: Path,
    predictions: Path,
    metrics: Path,
    models: Path,
    output: Path,
    card: Path,
) -> None:
    """Collect what is there, and write the page and the model card."""
    with timed_result(output) as done:
        truth = read_ground_truth(converted)
        test = truth.split("test")
        detections = read_detections(predictions / "detections-test.json", test)
        thresholds = read_thresholds(metrics / "thresholds.json")
        drawn = from_scores(detections, class_scores(report.score, thresholds, truth.classes))
        measured = exported_files(metrics / "exports.json")
        values = {
            "verdict": NOT_YET,
            "evaluate": evaluate,
            "counting": counting(evaluate.score),
            "drawing": counting(report.score),
            "models": model_facts(models),
            "intervals": score_intervals(test, detections, evaluate.max_detections),
            "learning": {name: learning_charts(metrics / name) for name in ("finetune", "train")},
            **gallery_values(test, drawn, raw, images=report.images, iou=evaluate.iou, seed=seed),
            **dataset_values(truth, converted),
            "exported_heads": HEADS,
            "exported_files": table_rows(measured),
            **score_values(metrics, truth.classes, evaluate.iou),
            **error_section(metrics, truth, thresholds, read=lambda file: read_if_there(raw, file)),
        }
        text = card_text(dataset, truth.classes, values, measured, raw=raw, models=models)
        for path, content in ((output, render(values)), (card, text)):
            with whole(path) as partial:
                partial.write_text(content, encoding="utf-8")
        done("report: the page")


def gallery_values(
    test: GroundTruth, drawn: pd.DataFrame, raw: Path, *, images: int, iou: float, seed: int
) -> dict[str, Any]:
    """Return the pictures of the gallery, and what they can be filtered by.

    Args:
        test: The ground truth of the test split.
        drawn: The detections of the test split that are drawn.
        raw: The folder of the images.
        images: The number of pictures.
        iou: The least IoU of a match.
        seed: The seed of the random choice.
    """
    chance, worst = gallery(
        test, drawn, lambda file: read_if_there(raw, file), images=images, iou=iou, seed=seed
    )
    return {"chance": chance, "worst": worst, **filter_values([*chance, *worst], test.classes)}


def score_intervals(test: GroundTruth, detections: pd.DataFrame, max_detections: int) -> dict[str, Interval]:
    """Return the interval of mAP, AP50 and AP75 by the bootstrap over the test images; none if there are no images."""
    if test.images.empty:
        return {}
    draws = draw_images(len(test.images))
    scores = detector_scores(test, detections, draws, max_detections=max_detections)
    return {
        score.name: found
        for score, found in zip(scores.overall, intervals(scores)[0], strict=True)
        if found.low is not None
    }


def card_text(
    dataset: DatasetSource,
    classes: list[str],
    values: dict[str, Any],
    files: list[ExportedFile],
    *,
    raw: Path,
    models: Path,
) -> str:
    """Return the model card.

    Args:
        dataset: Where the dataset comes from.
        classes: The names of the classes 1..K.
        values: The values of the page.
        files: What was measured of the exported files.
        raw: The folder of the dataset.
        models: The folder of the model folders.
    """
    return model_card(
        origin=dataset_origin(dataset),
        drawn=dataset.source == "builtin",
        licence_files=licence_files_of(raw),
        splits=values["splits"],
        classes=classes,
        detector=values["detector"],
        intervals=values["intervals"],
        models={path.parent.name: read_json(path) for path in models.glob("*/model.json")},
        files=files,
    )


def dataset_origin(dataset: DatasetSource) -> str:
    """Return where the dataset comes from, for the model card."""
    places = {
        "builtin": "drawn by the pipeline",
        "path": f"the folder {dataset.path}",
        "url": f"the archive {dataset.url}",
    }
    return places.get(dataset.source, dataset.source)


def dataset_values(truth: GroundTruth, converted: Path) -> dict[str, Any]:
    """Return what the page shows about the dataset."""
    return {
        **counts_and_faults(truth, read_issues(converted / "issues.csv")),
        "size_cells": size_cells(truth),
        "size_sentence": size_sentence(truth),
    }


def exported_files(path: Path) -> list[ExportedFile]:
    """Return what was measured of the exported files; nothing if the file is absent."""
    return read_exported_files(path) if path.is_file() else []


def score_values(metrics: Path, classes: list[str], iou: float) -> dict[str, Any]:
    """Return what the page shows about the scores; None for each file that is absent."""
    detector, classifier = (_json(metrics / f"{name}.json") for name in ("detector", "classifier"))
    plots = metrics / "plots" / "evaluate"
    curves, confused, crops = (
        _csv(plots / f"{name}.csv")
        for name in ("precision_recall", "detector_confusion", "classifier_confusion")
    )
    return {
        "detector": detector,
        "classifier": classifier,
        "score_rows": score_rows(detector or {}),
        "further_score_rows": further_score_rows(detector or {}),
        "class_score_rows": class_score_rows(detector or {}),
        "operating_point": None if confused is None else operating_point(confused),
        "takeaways": takeaways(detector, confused),
        "precision_recall": None if curves is None else precision_recall_charts(curves, iou),
        "detector_map": None if confused is None else heat_map(confused, classes, with_no_class=True),
        "classifier_map": None if crops is None else heat_map(crops, classes, with_no_class=False),
    }


def error_section(
    metrics: Path, truth: GroundTruth, thresholds: dict[str, Any] | None, read: Callable[[str], bytes]
) -> dict[str, Any]:
    """Return what the page shows about the errors of the detector.

    Args:
        metrics: The folder of the metrics.
        truth: The ground truth of all splits.
        thresholds: The contents of ``thresholds.json``; None if it is absent.
        read: Returns the encoded image of a path in ``images.csv``, or b"" if the file does not exist.
    """
    errors = _json(metrics / "errors.json")
    plots = metrics / "plots" / "evaluate"
    points = _csv(plots / "reliability.csv")
    return {
        **error_values(errors, thresholds),
        "reliability": reliability_chart(points, errors) if points is not None and errors else None,
        "reliability_rows": [] if points is None else points.to_dict("records"),
        "suspects": suspect_pictures(read_suspects(plots / "suspected_labels.csv"), truth, read),
    }


def _json(path: Path) -> Any:
    return read_json(path) if path.is_file() else None


def _csv(path: Path) -> pd.DataFrame | None:
    """Read a CSV file, or return None if it is absent or empty. A class may be called NA: names are taken literally."""
    if not path.is_file():
        return None
    table = pd.read_csv(
        path,
        keep_default_na=False,
        na_values={"score": [""]},
        dtype={"actual": str, "predicted": str, "class": str},
    )
    return table if len(table) else None


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
