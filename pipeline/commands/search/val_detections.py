"""What the detectors of two trials find on val, and how sure their difference is."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth, read_ground_truth
from pipeline.evaluation.comparison import Comparison, compare_scores
from pipeline.evaluation.resampled_scores import detector_scores, draw_images
from pipeline.experiments import fetch_files
from pipeline.params.train import Train

CONVERTED, DETECTOR = Path("data/converted"), Path("models/detector")


def compare_on_val(first: tuple[str, Train], second: tuple[str, Train]) -> Comparison:
    """Compare the detectors of two trials on the resampled val images.

    Args:
        first: The revision of the experiment, and its section ``train``.
        second: The same of the other trial.

    Raises:
        PipelineError: The outputs of an experiment are not in DVC's cache.
    """
    from pipeline.training.val_scores import most_detections

    with TemporaryDirectory() as scratch:
        converted = Path(scratch) / "converted"
        fetch_files(first[0], CONVERTED, converted, lambda name: not name.startswith(("train", "test")))
        truth = read_ground_truth(converted).split("val")
        draws = draw_images(len(truth.images))
        scores = []
        for number, (revision, train) in enumerate((first, second)):
            folder = Path(scratch) / str(number)
            fetch_files(revision, DETECTOR, folder, lambda name: True)
            found = detect_val(converted, folder, train, truth)
            scores.append([detector_scores(truth, found, draws, max_detections=most_detections(truth))])
        return compare_scores(scores[0], scores[1], len(truth.images))


def detect_val(converted: Path, folder: Path, train: Train, truth: GroundTruth) -> pd.DataFrame:
    """Run a trained detector over val, as it was scored while it was trained.

    Args:
        converted: The folder of the val records.
        folder: The model directory of the detector.
        train: The section ``train`` of its training.
        truth: The ground truth of val.

    Returns:
        One row per detection; see :func:`pipeline.evaluation.predictions.detection_table`.
    """
    from pipeline.models.trained import trained_detector
    from pipeline.models.weights.config import TrainedDetectorConfig, read_config
    from pipeline.training.precision import computing_in
    from pipeline.training.val_scores import split_detector

    with computing_in(read_config(folder, TrainedDetectorConfig).policy):
        _, model = trained_detector(folder)
    return split_detector(converted, "val", model, train, truth)()
