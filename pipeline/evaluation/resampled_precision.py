"""COCO's average precision on resamples of the images, in which an image counts as often as it was drawn.

hotcoco's ``compare`` resamples too, but counts an image that was drawn several times once. Its resamples hold 63 % of
the images, which makes its intervals a quarter too narrow, and it has no intervals of single classes.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.evaluation.coco_scores import coco_evaluation

RECALLS = np.linspace(0, 1, 101)

EVERY_AREA = [0.0, 1e10]
"""COCO's range of areas of all objects, px²."""

_ELEMENTS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class RankedClass:
    """The detections of a class by descending score, matched with its objects at T thresholds of IoU.

    Attributes:
        image: The position of each detection's image among the N images, int64 [D].
        score: float64 [D].
        right: Whether a detection is a true positive, bool [T, D].
        ignored: Whether it is neither a true nor a false positive, bool [T, D].
        objects: The number of objects that count in each image, int64 [N].
    """

    image: np.ndarray
    score: np.ndarray
    right: np.ndarray
    ignored: np.ndarray
    objects: np.ndarray


def ranked_classes(
    truth: GroundTruth, detections: pd.DataFrame, *, max_detections: int, masks: bool = False
) -> list[RankedClass]:
    """Return the detections of each class, matched by hotcoco, in the order of labels 1..K.

    Args:
        truth: The ground truth of one split.
        detections: One row per detection; see :func:`pipeline.evaluation.coco_scores.coco_evaluation`.
        max_detections: The number of detections of a class in an image that count, those with the highest scores.
        masks: Whether to match by the IoU of masks instead of boxes.
    """
    # the matches of objects of all sizes alone, which are a quarter of the whole
    evaluation = coco_evaluation(
        truth, detections, masks=masks, max_detections=max_detections, areas=[EVERY_AREA]
    )
    positions = {image: position for position, image in enumerate(truth.images["id"])}
    matches: list[list[dict[str, Any]]] = [[] for _ in truth.classes]
    for match in evaluation.eval_imgs:
        if match is not None:
            matches[match["category_id"] - 1].append(match)
    return [_ranked(of_class, positions, len(evaluation.params.iou_thrs)) for of_class in matches]


def average_precision(ranked: RankedClass, draws: np.ndarray) -> np.ndarray:
    """Return COCO's AP of a class at each threshold of IoU in each resample, float64 [B, T]; NaN without objects.

    Args:
        ranked: The detections of the class.
        draws: How often each image is drawn, int64 [B, N].
    """
    # what follows the last true positive changes no precision that counts
    last = int(np.flatnonzero(ranked.right.any(axis=0))[-1:].sum()) + 1
    objects = draws @ ranked.objects
    values = np.full((len(draws), len(ranked.right)), np.nan)
    rows = max(1, _ELEMENTS_AT_ONCE // last)
    for start in range(0, len(draws), rows):
        block = slice(start, start + rows)
        drawn = draws[block][:, ranked.image[:last]].astype(np.int32)
        counted = drawn.cumsum(axis=1)
        for t, (right, ignored) in enumerate(zip(ranked.right, ranked.ignored, strict=True)):
            right, ignored = right[:last], ignored[:last]
            seen = counted - (drawn * ignored).cumsum(axis=1) if ignored.any() else counted
            values[block, t] = _mean_precision(drawn[:, right], seen[:, right], objects[block])
    values[objects == 0] = np.nan
    return values


def image_mistakes(ranked: list[RankedClass]) -> np.ndarray:
    """Return the number of missed objects and wrong detections of each image, the mean over the thresholds.

    Args:
        ranked: The detections of each class, all of which count.

    Returns:
        float64 [N].
    """
    mistakes = np.stack([each.objects for each in ranked]).sum(axis=0).astype(np.float64)
    for each in ranked:
        # a true positive is an object that is not missed
        change = np.where(each.right, -1.0, np.where(each.ignored, 0.0, 1.0)).mean(axis=0)
        mistakes += np.bincount(each.image, change, len(mistakes))
    return mistakes


def _mean_precision(right: np.ndarray, seen: np.ndarray, objects: np.ndarray) -> np.ndarray:
    """Return the mean of the best precision at 101 recalls, float64 [B].

    Args:
        right: How often each true positive is drawn, by descending score, int32 [B, P].
        seen: The number of true and false positives down to each of them, int32 [B, P].
        objects: The number of objects, int64 [B].
    """
    true = right.cumsum(axis=1)
    precision = true / np.maximum(seen, 1)
    best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    recall = true / np.maximum(objects, 1)[:, None]
    nearest = np.rint(recall * (len(RECALLS) - 1)).astype(np.int32)
    reached = nearest + (RECALLS[nearest] <= recall)  # the number of recalls that are reached
    return (np.diff(reached, axis=1, prepend=0) * best).sum(axis=1) / len(RECALLS)


def _ranked(matches: list[dict[str, Any]], positions: dict[int, int], thresholds: int) -> RankedClass:
    """Join what hotcoco says of a class in each image.

    Args:
        matches: The entries of ``COCOeval.eval_imgs`` of the class.
        positions: Position of an image by its id.
        thresholds: The number of thresholds of IoU.
    """
    objects = np.zeros(len(positions), np.int64)
    for match in matches:
        objects[positions[match["image_id"]]] = len(match["gtIgnore"]) - sum(match["gtIgnore"])
    found = [match for match in matches if match["dtScores"]]
    image = [np.full(len(match["dtScores"]), positions[match["image_id"]]) for match in found]
    score = np.concatenate([[], *(match["dtScores"] for match in found)])
    order = np.argsort(-score, kind="stable")
    matched, ignored = (
        np.concatenate([np.zeros((thresholds, 0), bool), *(np.array(m[key], bool) for m in found)], axis=1)
        for key in ("dtMatched", "dtIgnore")
    )
    return RankedClass(
        image=np.concatenate([np.zeros(0, np.int64), *image])[order],
        score=score[order],
        right=(matched & ~ignored)[:, order],
        ignored=ignored[:, order],
        objects=objects,
    )
