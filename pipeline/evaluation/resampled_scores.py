"""The scores of a detector or a classifier on resamples of the test images, for intervals by the bootstrap."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.evaluation.classification import true_class_ranks
from pipeline.evaluation.resampled_precision import average_precision, ranked_classes

RESAMPLES, SEED = 2000, 1


class Resampled(NamedTuple):
    """A score on the test images and on each resample of them.

    Attributes:
        name: The score or, of a class, its name.
        values: float64 [1 + B] in [0, 1]: of the test images, then of each resample. NaN where nothing defines it.
        images: The number of images that it rests on: those with objects of the class, or of any.
    """

    name: str
    values: np.ndarray
    images: float


class Scores(NamedTuple):
    """The scores of a model, the main one first, and those of each class."""

    overall: list[Resampled]
    classes: list[Resampled]


def draw_images(images: int, resamples: int = RESAMPLES, seed: int = SEED) -> np.ndarray:
    """Return how often each image counts, int64 [1 + B, N]: once in the first row, which is the test set itself.

    Every further row is a resample: N draws with replacement. Equal arguments give equal draws, so that two models are
    scored on the same resamples.
    """
    draws = np.random.default_rng(seed).multinomial(images, np.full(images, 1 / images), size=resamples)
    return np.concatenate([np.ones((1, images), np.int64), draws])


def detector_scores(
    truth: GroundTruth, detections: pd.DataFrame, draws: np.ndarray, *, max_detections: int
) -> Scores:
    """Return mAP, AP50 and AP75 of boxes and, if the detections have masks, of masks, and the AP of each class.

    Args:
        truth: The ground truth of the test split.
        detections: Its detections; see :func:`pipeline.evaluation.coco_scores.coco_evaluation`.
        draws: See :func:`draw_images`.
        max_detections: The number of detections of a class in an image that count.
    """
    boxes, classes = _precision_scores(truth, detections, draws, max_detections, masks=False)
    if "mask" not in detections:
        return Scores(boxes, classes)
    masks, _ = _precision_scores(truth, detections, draws, max_detections, masks=True)
    return Scores([*boxes, *(each._replace(name=f"mask {each.name}") for each in masks)], classes)


def classifier_scores(truth: GroundTruth, classified: pd.DataFrame, draws: np.ndarray) -> Scores:
    """Return top-1 and top-5 of a classifier of whole images, and the recall of each class.

    Args:
        truth: The ground truth of the test split.
        classified: One row per image with image_id, label (1..K) and score_1 to score_K.
        draws: See :func:`draw_images`.
    """
    drawn = draws[:, pd.Index(truth.images["id"]).get_indexer(classified["image_id"])]
    ranks, labels = true_class_ranks(classified), classified["label"].to_numpy()
    everything = np.ones(len(labels), bool)
    return Scores(
        [_share(name, ranks < k, everything, drawn) for name, k in (("top1", 1), ("top5", 5))],
        [
            _share(name, ranks < 1, labels == label, drawn)
            for label, name in enumerate(truth.classes, start=1)
        ],
    )


def _precision_scores(
    truth: GroundTruth, detections: pd.DataFrame, draws: np.ndarray, max_detections: int, *, masks: bool
) -> tuple[list[Resampled], list[Resampled]]:
    """Return mAP, AP50 and AP75, and the AP of each class."""
    ranked = ranked_classes(truth, detections, max_detections=max_detections, masks=masks)
    values = np.stack([average_precision(each, draws) for each in ranked])  # [K, 1 + B, T]
    images = int(np.any([each.objects for each in ranked], axis=0).sum())
    overall = [
        Resampled(name, _defined_mean(values[:, :, rows].mean(axis=2)), images)
        for name, rows in (("mAP", slice(None)), ("AP50", [0]), ("AP75", [5]))
    ]
    classes = [
        Resampled(name, of_class.mean(axis=1), int((each.objects > 0).sum()))
        for name, of_class, each in zip(truth.classes, values, ranked, strict=True)
    ]
    return overall, classes


def _defined_mean(values: np.ndarray) -> np.ndarray:
    """Return the mean over the classes that are defined, float64 [B]; NaN where none is.

    Args:
        values: float64 [K, B].
    """
    defined = ~np.isnan(values)
    count = defined.sum(axis=0)
    return np.where(count, np.where(defined, values, 0).sum(axis=0) / np.maximum(count, 1), np.nan)


def _share(name: str, right: np.ndarray, counted: np.ndarray, drawn: np.ndarray) -> Resampled:
    """Return the share of the counted rows that are right.

    Args:
        name: The name of the score.
        right: bool [R].
        counted: bool [R].
        drawn: How often each row is drawn, int64 [B, R].
    """
    total = drawn @ counted
    share = np.where(total > 0, drawn @ (right & counted) / np.maximum(total, 1), np.nan)
    return Resampled(name, share, int(counted.sum()))
