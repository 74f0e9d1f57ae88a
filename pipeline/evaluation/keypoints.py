"""Scores of keypoints: distances in pixels, normalised errors, PCK, and COCO's AP by object keypoint similarity."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import hotcoco
import numpy as np
import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.errors import PipelineError
from pipeline.evaluation.coco_scores import coco_dataset, defined_mean

KAGGLE_SIDE = 96
"""Side of the images of Kaggle's facial keypoints, px, whose errors are published."""

PCK = (0.05, 0.1)
"""Shares of the longer side of the object's box within which a keypoint is right."""

SIGMA = 0.05
"""COCO's constant of each keypoint, if they are not its 17 of a person: half of it is the error that costs 0.12 of the
similarity, as a fraction of the square root of the object's area."""

COCO_PERSON = 17


def keypoint_scores(
    truth: GroundTruth, detections: pd.DataFrame, pair: Sequence[str] | None
) -> dict[str, float | None]:
    """Return how near the keypoints of the best detection of each image are to those of its largest object.

    Args:
        truth: The ground truth of one split, with keypoints.
        detections: One row per detection with image_id, score and keypoints (float64 [N, 3], x and y in px).
        pair: Names of the two keypoints whose distance normalises the error; None for no such error.

    Returns:
        "found", the share of the objects with a detection. Over the labelled keypoints of these objects: "rmse_px",
        the root of the mean square of the errors of all x and y; "rmse_96", the same with each image as 96 x 96 px;
        "mean_error", the mean distance as a fraction of the longer side of the image; and, with ``pair``,
        "pair_error", the mean distance as a fraction of the distance of the pair, over objects with both labelled.
        "pck_05" and "pck_10" are over all labelled keypoints. "OKS_mAP" and "OKS_AP50" are COCO's. A score is None if
        nothing defines it.
    """
    objects = _objects(truth)
    best = detections.sort_values("score", ascending=False, kind="stable").drop_duplicates("image_id")
    found = best.set_index("image_id")["keypoints"].reindex(objects["image_id"])
    is_found = found.notna().to_numpy()
    none = np.zeros((0, len(truth.keypoint_names), 3))
    expected = np.stack(objects["keypoints"].to_list()) if len(objects) else none
    labelled = expected[..., 2] > 0
    places = expected[..., :2].copy()
    if is_found.any():
        places[is_found] = np.stack(found[is_found].to_list())[..., :2]
    errors = places - expected[..., :2]
    counted = labelled & is_found[:, None]
    sizes = truth.images.set_index("id").loc[objects["image_id"], ["width", "height"]].to_numpy(np.float64)
    sides = objects[["xmax", "ymax"]].to_numpy() - objects[["xmin", "ymin"]].to_numpy()
    distances = np.linalg.norm(errors, axis=-1)
    scores = {
        "found": _mean(is_found.astype(float)),
        "rmse_px": _root(errors[counted]),
        "rmse_96": _root((errors * KAGGLE_SIDE / sizes[:, None])[counted]),
        "mean_error": _mean((distances / sizes.max(axis=1)[:, None])[counted]) if len(objects) else None,
    }
    if pair is not None:
        scores["pair_error"] = _pair_error(
            expected, distances, counted, _places_of(pair, truth.keypoint_names)
        )
    for share in PCK:
        right = counted & (distances <= share * sides.max(axis=1)[:, None]) if len(objects) else counted
        scores[f"pck_{round(100 * share):02d}"] = _mean(right[labelled].astype(float))
    return scores | _oks_scores(truth, detections)


def _objects(truth: GroundTruth) -> pd.DataFrame:
    """Return the largest object with a labelled keypoint of each image; difficult ones and crowds do not count."""
    boxes = truth.boxes()
    boxes = boxes[(boxes["difficult"] == 0) & (boxes["crowd"] == 0)]
    boxes = boxes[_with_keypoints(boxes)]
    size = (boxes["xmax"] - boxes["xmin"]) * (boxes["ymax"] - boxes["ymin"])
    order = boxes.assign(size=size).sort_values("size", ascending=False, kind="stable")
    return order.drop_duplicates("image_id").sort_values("image_id").reset_index(drop=True)


def _with_keypoints(boxes: pd.DataFrame) -> np.ndarray:
    """Return bool [G], whether an object has a labelled keypoint."""
    return np.array([(points[:, 2] > 0).any() for points in boxes["keypoints"]], bool)


def _places_of(pair: Sequence[str], names: list[str]) -> list[int]:
    for name in pair:
        if name not in names:
            raise PipelineError(
                f"evaluate.keypoint_pair names {name}, but the keypoints are {', '.join(names)[:300]}"
            )
    return [names.index(name) for name in pair]


def _pair_error(
    expected: np.ndarray, distances: np.ndarray, counted: np.ndarray, pair: list[int]
) -> float | None:
    """Return the mean distance as a fraction of the distance of the pair, over objects with both labelled."""
    one, other = (expected[:, place] for place in pair)
    lengths = np.linalg.norm(one[:, :2] - other[:, :2], axis=-1)
    usable = (one[:, 2] > 0) & (other[:, 2] > 0) & (lengths > 0)
    rows = counted & usable[:, None]
    shares = distances / np.where(usable, lengths, 1.0)[:, None]
    return _mean(shares[rows])


def _oks_scores(truth: GroundTruth, detections: pd.DataFrame) -> dict[str, float | None]:
    """Return COCO's AP by object keypoint similarity, of all objects with keypoints."""
    boxes = truth.boxes()
    boxes = boxes[_with_keypoints(boxes)]
    if boxes.empty or detections.empty:
        return {"OKS_mAP": 0.0 if len(boxes) else None, "OKS_AP50": 0.0 if len(boxes) else None}
    evaluation: Any = hotcoco.COCOeval(*_coco_pair(truth, boxes, detections), "keypoints")
    if len(truth.keypoint_names) != COCO_PERSON:
        evaluation.params.kpt_oks_sigmas = [SIGMA] * len(truth.keypoint_names)
    evaluation.evaluate()
    evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0, 0]
    return {"OKS_mAP": defined_mean(precision), "OKS_AP50": defined_mean(precision[0])}


def _coco_pair(truth: GroundTruth, boxes: pd.DataFrame, detections: pd.DataFrame) -> tuple[Any, Any]:
    """Return the ground truth and the detections for hotcoco."""
    contents = coco_dataset(replace(truth, objects=boxes))
    for annotation, box in zip(contents["annotations"], boxes.to_dict("records"), strict=True):
        annotation |= {
            "area": box["area"],
            "iscrowd": int(box["crowd"] or box["difficult"]),  # COCO ignores objects with this mark
            "keypoints": box["keypoints"].ravel().tolist(),
            "num_keypoints": int((box["keypoints"][:, 2] > 0).sum()),
        }
    for category in contents["categories"]:
        category |= {"keypoints": truth.keypoint_names, "skeleton": []}
    dataset = hotcoco.COCO(contents)
    results = [
        {
            "image_id": int(row["image_id"]),
            "category_id": int(row["label"]),
            "score": float(row["score"]),
            "keypoints": np.column_stack([row["keypoints"][:, :2], np.full(len(row["keypoints"]), 2.0)])
            .ravel()
            .tolist(),
        }
        for row in detections.to_dict("records")
    ]
    return dataset, dataset.load_res(results)


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if values.size else None


def _root(errors: np.ndarray) -> float | None:
    return float(np.sqrt((errors**2).mean())) if errors.size else None
