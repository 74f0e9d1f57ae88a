"""What the finished run of a project knows of its detector: the exported file, and how right its detections are."""

from pathlib import Path

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.errors import PipelineError
from pipeline.evaluation.coco_scores import coco_evaluation
from pipeline.evaluation.correctness import Correctness
from pipeline.evaluation.predictions import read_detections
from pipeline.evaluation.thresholds import outcomes
from pipeline.params.schema import Params
from pipeline.serving import Predictor, load_predictor

CONVERTED, DETECTOR = Path("data/converted"), Path("models/exported/detector")
PREDICTIONS = Path("data/predictions/detections-val.json")


def project_detector(truth: GroundTruth, batch_size: int) -> Predictor:
    """Load the exported detector of the project.

    Raises:
        PipelineError: There is none, or it has other classes than the dataset.
    """
    predictor = load_predictor(DETECTOR, batch_size=batch_size)
    if predictor.config.classes != truth.classes:
        raise PipelineError(f"{DETECTOR}: its classes are not those of {CONVERTED}; run `make repro`")
    return predictor


def val_correctness(params: Params, truth: GroundTruth) -> Correctness:
    """Fit the chance of a detection to be right to the detections on val.

    Raises:
        PipelineError: There are none, or they are all right or all wrong.
    """
    val = truth.split("val")
    detections = read_detections(PREDICTIONS, val)
    evaluation = coco_evaluation(
        val, detections, iou=params.evaluate.iou, max_detections=params.evaluate.max_detections
    )
    correctness = Correctness(outcomes(evaluation, val, detections), len(truth.classes))
    if not correctness.is_known:
        raise PipelineError(
            f"{PREDICTIONS}: val has no right and wrong detections to judge by; it needs more labelled images"
        )
    return correctness
