"""COCO's average precision (AP) and average recall (AR), computed by hotcoco. They equal pycocotools' bit for bit."""

from typing import Any

import hotcoco
import numpy as np
import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.datasets.converted.labels import NO_CLASS

AREAS = {"small": 1, "medium": 2, "large": 3}  # index on the area axis of the results; 0 is all areas
COCO_DETECTIONS = 100  # detections of a class in an image that count in COCO's own scores
FEWER_DETECTIONS = (
    1,
    10,
)  # those of AR1 and AR10; the last axis of the results has these and the largest number
# COCO has no difficult boxes, and its evaluators overwrite an annotation's `ignore` with `iscrowd`. A box whose area
# is beyond every range is ignored, and is still matched by IoU. With `iscrowd` it would be matched by the share of the
# detection that it covers.
OUT_OF_RANGE = 1e11  # px²


def coco_evaluation(
    truth: GroundTruth,
    detections: pd.DataFrame,
    *,
    iou: float | None = None,
    masks: bool = False,
    max_detections: int = COCO_DETECTIONS,
    areas: list[list[float]] | None = None,
) -> Any:
    """Match detections with the ground truth, for :func:`coco_scores` or :func:`precision_recall`.

    Crowd boxes are COCO's crowds. A difficult box is ignored: a detection that matches it is neither a true nor a false
    positive, and a difficult box that no detection matches is not a false negative. With ``masks``, an object without
    a mask is ignored too, and its box serves as its mask.

    Args:
        truth: The ground truth of one split.
        detections: One row per detection with image_id, label (1..K), x, y, width, height (px), score, and mask
            (compressed run lengths) if ``masks`` is set.
        iou: The IoU threshold. None means COCO's ten thresholds, 0.50 to 0.95.
        masks: Whether to match by the IoU of masks instead of boxes.
        max_detections: The number of detections of a class in an image that count, those with the highest scores.
        areas: The ranges of the objects' areas, px², that are scored apart. None means COCO's four.

    Returns:
        hotcoco's ``COCOeval``, after ``evaluate`` and ``accumulate``.
    """
    if masks:
        dataset = hotcoco.COCO(_with_masks(coco_dataset(truth), truth))
        results = dataset.load_res(_mask_results(detections, truth))
    else:
        dataset = hotcoco.COCO(coco_dataset(truth))
        results = dataset.load_res(_coco_results(detections))
    evaluation = hotcoco.COCOeval(dataset, results, "segm" if masks else "bbox")
    evaluation.params.max_dets = [*FEWER_DETECTIONS, max_detections]
    if iou is not None:
        evaluation.params.iou_thrs = [iou]
    if areas is not None:
        evaluation.params.area_rng = areas
        evaluation.params.area_rng_lbl = [str(number) for number in range(len(areas))]
    evaluation.evaluate()
    evaluation.accumulate()
    return evaluation


def coco_scores(evaluation: Any) -> dict[str, float | None]:
    """Return COCO's twelve scores by name, each in [0, 1], or None if no ground truth defines the score.

    The recalls AR1, AR10 and AR100 are those at so many detections; with another limit the last has another number.

    Args:
        evaluation: The result of :func:`coco_evaluation` at COCO's ten IoU thresholds.
    """
    precision, recall = evaluation.eval["precision"], evaluation.eval["recall"]
    scores = {"mAP": defined_mean(precision[:, :, :, 0, 2])}
    scores |= {name: defined_mean(precision[row, :, :, 0, 2]) for name, row in (("AP50", 0), ("AP75", 5))}
    scores |= {f"AP_{area}": defined_mean(precision[:, :, :, column, 2]) for area, column in AREAS.items()}
    scores |= {
        f"AR{count}": defined_mean(recall[:, :, 0, column])
        for column, count in enumerate(evaluation.params.max_dets)
    }
    return scores | {f"AR_{area}": defined_mean(recall[:, :, column, 2]) for area, column in AREAS.items()}


def coco_class_scores(evaluation: Any, classes: int) -> list[dict[str, float | None]]:
    """Return AP and AP50 of each class, in the order of labels 1..K. A score is None if its class has no ground truth.

    Args:
        evaluation: The result of :func:`coco_evaluation` at COCO's ten IoU thresholds.
        classes: The number of classes, K.
    """
    precision = evaluation.eval["precision"]
    return [
        {"AP": defined_mean(precision[:, :, k, 0, 2]), "AP50": defined_mean(precision[0, :, k, 0, 2])}
        for k in range(classes)
    ]


def precision_recall(evaluation: Any, classes: list[str]) -> pd.DataFrame:
    """Return the precision-recall curves. The mean precision of a curve is its AP.

    Args:
        evaluation: The result of :func:`coco_evaluation` at one IoU threshold.
        classes: The names of labels 1..K.

    Returns:
        101 rows per class that has objects, with the columns class, recall (0, 0.01 ... 1), precision (the best at this
        recall or a higher one) and score. The score is the threshold that reaches this recall, or NaN if none does. The
        first 101 rows are the mean over these classes: their class is
        :data:`pipeline.datasets.converted.labels.NO_CLASS`, and their score NaN.
    """
    recall = np.array(evaluation.params.rec_thrs)
    precision = evaluation.eval["precision"][0, :, :, 0, 2]
    scores = evaluation.eval["scores"][0, :, :, 0, 2]
    present = [k for k in range(len(classes)) if precision[0, k] > -1]
    columns = ["class", "recall", "precision", "score"]
    if not present:
        return pd.DataFrame(columns=columns)
    curves = [(NO_CLASS, precision[:, present].mean(axis=1), np.full(len(recall), np.nan))]
    for k in present:
        reached = precision[:, k] > 0
        curves.append((classes[k], precision[:, k], np.where(reached, scores[:, k], np.nan)))
    tables = [pd.DataFrame(dict(zip(columns, (name, recall, p, s), strict=True))) for name, p, s in curves]
    return pd.concat(tables, ignore_index=True)


def defined_mean(values: np.ndarray) -> float | None:
    """Return the mean of the defined values, or None if there are none. COCO marks undefined values with -1."""
    defined = values[values > -1]
    return float(np.mean(defined)) if len(defined) else None


def coco_dataset(truth: GroundTruth) -> dict[str, Any]:
    """Return the boxes of a ground truth in COCO's format, with the area of difficult ones out of range."""
    images = truth.images.rename(columns={"file": "file_name"})[["id", "file_name", "width", "height"]]
    boxes = truth.boxes()
    columns = [boxes["xmin"], boxes["ymin"], boxes["xmax"] - boxes["xmin"], boxes["ymax"] - boxes["ymin"]]
    area = boxes["area"].where((boxes["difficult"] == 0) | (boxes["crowd"] == 1), OUT_OF_RANGE)
    fields = zip(
        boxes["image_id"], boxes["label"], zip(*columns, strict=True), area, boxes["crowd"], strict=True
    )
    annotations = [
        {
            "id": number,
            "image_id": i,
            "category_id": label,
            "bbox": list(bbox),
            "area": size,
            "iscrowd": crowd,
        }
        for number, (i, label, bbox, size, crowd) in enumerate(fields, start=1)
    ]
    categories = [{"id": label, "name": name} for label, name in enumerate(truth.classes, start=1)]
    return {"images": images.to_dict("records"), "categories": categories, "annotations": annotations}


def _coco_results(detections: pd.DataFrame) -> np.ndarray:
    """Return float64 [D, 7] in the order of ``load_res``: image_id, x, y, width, height, score, label."""
    return detections[["image_id", "x", "y", "width", "height", "score", "label"]].to_numpy(np.float64)


def _with_masks(dataset: dict[str, Any], truth: GroundTruth) -> dict[str, Any]:
    """Add to each annotation its mask. An annotation without a mask gets its box as a polygon, and is ignored."""
    sizes = {image["id"]: [image["height"], image["width"]] for image in dataset["images"]}
    for annotation, counts in zip(dataset["annotations"], truth.boxes()["mask"], strict=True):
        if counts:
            annotation["segmentation"] = {"size": sizes[annotation["image_id"]], "counts": counts}
        else:
            x, y, width, height = annotation["bbox"]
            corners = [x, y, x + width, y, x + width, y + height, x, y + height]
            annotation |= {"segmentation": [corners], "area": OUT_OF_RANGE}
    return dataset


def _mask_results(detections: pd.DataFrame, truth: GroundTruth) -> Any:
    """Return COCO results of masks. They have no ``bbox``, because with it their area would be that of the box."""
    if detections.empty:
        return _coco_results(detections)
    sizes = truth.images.set_index("id").loc[detections["image_id"], ["height", "width"]].to_numpy().tolist()
    columns = zip(detections["image_id"], detections["label"], detections["score"], strict=True)
    return [
        {
            "image_id": image_id,
            "category_id": label,
            "score": score,
            "segmentation": {"size": size, "counts": counts},
        }
        for (image_id, label, score), size, counts in zip(columns, sizes, detections["mask"], strict=True)
    ]
