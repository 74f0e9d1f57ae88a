"""COCO's average precision and recall, by hotcoco, bit for bit those of pycocotools."""

from typing import Any

import hotcoco
import numpy as np
import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth

AREAS = {"small": 1, "medium": 2, "large": 3}  # positions on COCO's axis of areas; 0 is all
MAX_DETECTIONS = {1: 0, 10: 1, 100: 2}
# COCO has no difficult boxes, and its evaluators overwrite an annotation's own `ignore` with `iscrowd`. An
# area beyond every range makes a box ignored, and its IoU stays an IoU, where iscrowd would excuse any part
# of it.
OUT_OF_RANGE = 1e11


def coco_evaluation(
    truth: GroundTruth, detections: pd.DataFrame, *, iou: float | None = None, masks: bool = False
) -> Any:
    """Match and accumulate, ready for :func:`coco_scores` or :func:`precision_recall`.

    Crowd boxes are COCO's crowds. A difficult box is ignored: whoever matches it is neither right nor wrong,
    and whoever misses it has missed nothing. So is, among masks, an object that has none; its box stands in.

    Args:
        truth: Of one split.
        detections: Rows of image_id, label, x, y, width, height, score and, for ``masks``, mask.
        iou: The one threshold; None for COCO's ten, 0.50 to 0.95.
        masks: Whether to match by the IoU of the masks, not of the boxes.

    Returns:
        hotcoco's COCOeval, accumulated.
    """
    if masks:
        dataset = hotcoco.COCO(_with_masks(_coco_dataset(truth), truth))
        results = dataset.load_res(_mask_results(detections, truth))
    else:
        dataset = hotcoco.COCO(_coco_dataset(truth))
        results = dataset.load_res(_coco_results(detections))
    evaluation = hotcoco.COCOeval(dataset, results, "segm" if masks else "bbox")
    if iou is not None:
        evaluation.params.iou_thrs = [iou]
    evaluation.evaluate()
    evaluation.accumulate()
    return evaluation


def coco_scores(evaluation: Any) -> dict[str, float | None]:
    """Give COCO's twelve numbers by name, each in [0, 1], None where no box is of the kind.

    Args:
        evaluation: Of :func:`coco_evaluation`, at COCO's ten thresholds.
    """
    precision, recall = evaluation.eval["precision"], evaluation.eval["recall"]
    scores = {"mAP": _mean(precision[:, :, :, 0, 2])}
    scores |= {name: _mean(precision[row, :, :, 0, 2]) for name, row in (("AP50", 0), ("AP75", 5))}
    scores |= {f"AP_{area}": _mean(precision[:, :, :, column, 2]) for area, column in AREAS.items()}
    scores |= {f"AR{count}": _mean(recall[:, :, 0, column]) for count, column in MAX_DETECTIONS.items()}
    return scores | {f"AR_{area}": _mean(recall[:, :, column, 2]) for area, column in AREAS.items()}


def coco_class_scores(evaluation: Any, classes: int) -> list[dict[str, float | None]]:
    """Give AP and AP50 of each class, label 1 first."""
    precision = evaluation.eval["precision"]
    return [
        {"AP": _mean(precision[:, :, k, 0, 2]), "AP50": _mean(precision[0, :, k, 0, 2])}
        for k in range(classes)
    ]


def precision_recall(evaluation: Any, classes: list[str]) -> pd.DataFrame:
    """Give the precision-recall curves that AP is the mean of.

    Args:
        evaluation: Of :func:`coco_evaluation` at one threshold.
        classes: Names of label 1..K.

    Returns:
        class, recall (0, 0.01 ... 1), precision (the best at that recall or beyond) and score (the lowest of
        the detections that reach it; missing where none do), 101 rows a class that has objects; first
        ``all``, the mean over those classes, which has no score of its own.
    """
    recall = np.array(evaluation.params.rec_thrs)
    precision = evaluation.eval["precision"][0, :, :, 0, 2]
    scores = evaluation.eval["scores"][0, :, :, 0, 2]
    present = [k for k in range(len(classes)) if precision[0, k] > -1]
    columns = ["class", "recall", "precision", "score"]
    if not present:
        return pd.DataFrame(columns=columns)
    curves = [("all", precision[:, present].mean(axis=1), np.full(len(recall), np.nan))]
    for k in present:
        reached = precision[:, k] > 0
        curves.append((classes[k], precision[:, k], np.where(reached, scores[:, k], np.nan)))
    tables = [pd.DataFrame(dict(zip(columns, (name, recall, p, s), strict=True))) for name, p, s in curves]
    return pd.concat(tables, ignore_index=True)


def _mean(values: np.ndarray) -> float | None:
    """Average as pycocotools does: -1 marks what no truth defines."""
    defined = values[values > -1]
    return float(np.mean(defined)) if len(defined) else None


def _coco_dataset(truth: GroundTruth) -> dict[str, Any]:
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
    """Give float64 [D, 7]: image_id, x, y, width, height, score, label, which is load_res' order."""
    return detections[["image_id", "x", "y", "width", "height", "score", "label"]].to_numpy(np.float64)


def _with_masks(dataset: dict[str, Any], truth: GroundTruth) -> dict[str, Any]:
    """Give each annotation its mask, and those without their box, ignored."""
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
    """Give COCO results of masks, which have no bbox, or else their area would be the box's."""
    if detections.empty:
        return _coco_results(detections)
    images = truth.images.set_index("id").loc[detections["image_id"], ["height", "width"]].to_numpy().tolist()
    columns = zip(detections["image_id"], detections["label"], detections["score"], strict=True)
    return [
        {
            "image_id": image_id,
            "category_id": label,
            "score": score,
            "segmentation": {"size": size, "counts": counts},
        }
        for (image_id, label, score), size, counts in zip(columns, images, detections["mask"], strict=True)
    ]
