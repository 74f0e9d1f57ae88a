"""The scores of a detector on val while it is trained."""

import math
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import tensorflow as tf

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.errors import PipelineError
from pipeline.evaluation.coco_scores import COCO_DETECTIONS, coco_evaluation, coco_scores
from pipeline.evaluation.keypoints import keypoint_scores
from pipeline.evaluation.predictions import detection_table
from pipeline.inputs.learnt_truth import learnt_truth
from pipeline.inputs.scenes import unaugmented_scenes
from pipeline.models.detectors.base import Detector
from pipeline.ops.nms import Suppression
from pipeline.params.train import Train
from pipeline.training.callbacks import Scorer

SCORED_DETECTIONS = Suppression(
    score_threshold=0.01, nms_iou=0.6, max_detections=COCO_DETECTIONS, voting_sigma=0.05
)
"""The post-processing of the val scores during training. These scores only compare periods, so they do not use the
section ``export``, which can be changed without training again. If an image has more objects, more detections count."""

ERROR_OF_AN_OBJECT = 0.1
"""The standard error of the difference between the mAP of two periods of a training, times the root of the number of
objects. Between two trainings on few images, the bootstrap over images gave 0.13 to 0.15."""


def split_scorer(
    converted: Path,
    split: str,
    model: Detector,
    train: Train,
    show: Callable[[int, pd.DataFrame], None] | None = None,
) -> Scorer:
    """Return what scores the current weights on a split: boxes, or the keypoints of a detector of these.

    Args:
        converted: Folder of the converted dataset.
        split: One of the splits whose pictures may be cut.
        model: The detector in training.
        train: The section ``train``.
        show: Called with each scored period, counted from 0, and the detections of the split, as
            :func:`pipeline.evaluation.predictions.results_table` describes them.

    Raises:
        PipelineError: The split has no box that counts.
    """
    truth = learnt_truth(converted, split)
    objects = int(truth.counted().sum())
    if not objects:
        raise PipelineError(
            f"{converted}: the {split} split has no box to score with; set train.evaluations to 0"
        )
    detections = split_detector(converted, split, model, train, truth)

    def score(epoch: int) -> dict[str, float]:
        found = detections()
        if show is not None:
            show(epoch, found)
        return _map_and_ap50(truth, found, most_detections(truth))

    return Scorer(score, ERROR_OF_AN_OBJECT / math.sqrt(objects))


def split_detector(
    converted: Path, split: str, model: Detector, train: Train, truth: GroundTruth
) -> Callable[[], pd.DataFrame]:
    """Return a function that runs the current weights over a split.

    Args:
        converted: Folder of the converted dataset.
        split: One of the splits whose pictures may be cut.
        model: The detector.
        train: The section ``train``.
        truth: The ground truth of the split.

    Returns:
        A function without arguments, which returns one row per detection; see
        :func:`pipeline.evaluation.predictions.detection_table`.
    """
    sizes = truth.images.set_index("id")[["width", "height"]]
    batches = unaugmented_scenes(converted, split, lambda example: example.image_id, train)
    suppression = SCORED_DETECTIONS._replace(max_detections=most_detections(truth))
    detect = tf.function(
        lambda images: model.decode(model.network(images, training=False), suppression),
        reduce_retracing=True,
    )

    def detections() -> pd.DataFrame:
        tables = []
        for images, image_ids in batches:
            outputs = {name: value.numpy() for name, value in detect(images).items()}
            tables.append(
                detection_table(outputs, image_ids.numpy(), sizes.loc[image_ids.numpy()].to_numpy())
            )
        return pd.concat(tables, ignore_index=True)

    return detections


def most_detections(truth: GroundTruth) -> int:
    """Return the number of detections of an image that count: COCO's, or more if an image has more objects."""
    return max(COCO_DETECTIONS, int(truth.objects.groupby("image_id").size().max()))


def _map_and_ap50(truth: GroundTruth, found: pd.DataFrame, max_detections: int) -> dict[str, float]:
    """Return ``mAP`` and ``AP50`` of boxes, or of keypoints if the detections have any."""
    if "keypoints" in found:
        scores, prefix = keypoint_scores(truth, found, None), "OKS_"
    else:
        scores, prefix = coco_scores(coco_evaluation(truth, found, max_detections=max_detections)), ""
    return {name: float(scores[f"{prefix}{name}"] or 0.0) for name in ("mAP", "AP50")}
