"""Detections on every image of the dataset: by the exported detector, or by detectors that did not see the image."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.datasets.converted.tables import read_images
from pipeline.evaluation.predictions import read_detections, results_table
from pipeline.experiments import absolute_paths, fetch, reproduce, revision_of
from pipeline.params.schema import Params
from pipeline.progress import progress_bar

SPLITS = ("train", "val", "test")
CONVERTED, DETECTOR = Path("data/converted"), Path("models/exported/detector")
PREDICTIONS = Path("data/predictions")


def detect_all(params: Params, truth: GroundTruth) -> pd.DataFrame:
    """Run the exported detector over all splits.

    Raises:
        PipelineError: There is no exported detector, or it is one of other classes.
    """
    from pipeline.inputs.examples import records
    from pipeline.serving.loading import load_predictor
    from pipeline.serving.predict import detections

    detector = load_predictor(DETECTOR, batch_size=params.detect.batch_size)
    found: list[Any] = []
    with progress_bar("detecting", len(truth.images)) as advance:
        for split in SPLITS:
            if (truth.images["split"] == split).any():
                found += detections(detector, records(CONVERTED, split), params.detect.batch_size, advance)
    return results_table(found, truth, DETECTOR)


def fold_changes(params: Params, folds: int, fold: int) -> dict[str, Any]:
    """Return the parameters of a fold's training that differ from ``params.yaml``: dotted key -> value.

    The classifier is left out where the detector does not start from it.
    """
    without = {"finetune.mode": "none"} if params.train.backbone == "zoo" else {}
    return {"convert.folds": folds, "convert.fold": fold, **without, **absolute_paths(params)}


def shaping(params: Params) -> dict[str, Any]:
    """Return the parameters that shape the detections of a fold."""
    sections = {"seed", "split_seed", "task", "precision", "dataset", "convert", "zoo", "finetune", "train"}
    return params.model_dump(include=sections | {"export", "detect"})


def detect_out_of_fold(params: Params, truth: GroundTruth, folds: int) -> tuple[pd.DataFrame, GroundTruth]:
    """Train a detector for each fold as an experiment of DVC, and take of each what it finds in its own fold.

    No fold trains on test, so that the first fold's detector judges it.

    Returns:
        The detections, and the ground truth of the images that were judged.

    Raises:
        PipelineError: A stage fails.
    """
    ids = truth.images.set_index("file")["id"]
    judged: list[pd.DataFrame] = []
    seen: set[int] = set()
    for fold in range(1, folds + 1):
        name = f"fold-{fold}-of-{folds}"
        print(name, flush=True)
        revision = revision_of(name, params, fold_changes(params, folds, fold), shaping, ["detect"])
        for split in ("val", "test") if fold == 1 else ("val",):
            found, images = _detections(revision, split, truth)
            numbers = images.set_index("id")["file"].map(ids)
            found = found.assign(image_id=found["image_id"].map(numbers)).dropna(subset=["image_id"])
            judged.append(found[~found["image_id"].isin(seen)].astype({"image_id": "int64"}))
            seen |= set(numbers.dropna().astype(int))
    if left := len(truth.images) - len(seen):
        print(f"{left:,} images are val in no fold, and are not judged", flush=True)
    images = truth.images[truth.images["id"].isin(seen)].reset_index(drop=True)
    objects = truth.objects[truth.objects["image_id"].isin(seen)].reset_index(drop=True)
    return pd.concat(judged, ignore_index=True), replace(truth, images=images, objects=objects)


def _detections(revision: str, split: str, truth: GroundTruth) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the detections of an experiment on a split, and the images of the split there."""
    with TemporaryDirectory() as folder:
        converted, found = Path(folder) / "converted", Path(folder) / "detections.json"
        converted.mkdir()
        fetch(revision, CONVERTED / "images.csv", converted / "images.csv")
        fetch(revision, PREDICTIONS / f"detections-{split}.json", found)
        images = read_images(converted)
        images = images[images["split"] == split].reset_index(drop=True)
        return read_detections(found, replace(truth, images=images)), images


def convert_first() -> None:
    """Run ``convert`` in the workspace, so that the suspicions are of the dataset as ``params.yaml`` has it now."""
    reproduce(["convert"])
