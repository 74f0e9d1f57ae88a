"""Reading of the predictions that the detect stage wrote. Predictions that do not fit the dataset are refused."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import hotcoco
import numpy as np
import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.datasets.converted.tables import read_table
from pipeline.errors import PipelineError

DETECTION = ["image_id", "label", "x", "y", "width", "height", "score"]


def read_detections(path: Path, truth: GroundTruth) -> pd.DataFrame:
    """Read a detector's COCO results, a JSON list that may be empty, as :func:`results_table` describes them.

    Raises:
        PipelineError: The file does not exist, is not COCO results, or names an image or class that the split does not
            have.
    """
    return results_table(_entries(path), truth, path)


def results_table(entries: Sequence[Any], truth: GroundTruth, path: Path) -> pd.DataFrame:
    """Return a detector's COCO results as a table, which does not depend on their order.

    Args:
        entries: Dicts ``{image_id, category_id, bbox: [x, y, width, height] in px, score}``. Either all or none have
            ``segmentation: {size: [height, width], counts: compressed run lengths}`` or ``keypoints: [x, y,
            visibility, ...]``.
        truth: The ground truth of the images that were detected.
        path: Where the results come from, for the messages.

    Returns:
        One row per detection with image_id, label (1..K), x, y, width, height (px), score, mask (the counts) if there
        are segmentations, and keypoints (float64 [N, 3], x and y in px) if there are keypoints. Rows are sorted by
        image, then by descending score.

    Raises:
        PipelineError: An entry is no detection, or names an image or class that ``truth`` does not have.
    """
    rows = [_row(path, number, entry) for number, entry in enumerate(entries)]
    table = pd.DataFrame(rows, columns=DETECTION).astype({"image_id": "int64", "label": "int64"})
    table = table.astype({name: "float64" for name in DETECTION[2:]})
    _check(path, table, truth)
    order = ["image_id", "score", "label", "x", "y", "width", "height"]
    if any("segmentation" in entry for entry in entries):
        table["mask"] = _masks(path, entries, truth)
        order.append("mask")
    if any("keypoints" in entry for entry in entries):
        table["keypoints"] = pd.Series(_keypoints(path, entries, len(truth.keypoint_names)), dtype=object)
    ascending = [name != "score" for name in order]
    return table.sort_values(order, ascending=ascending, kind="stable", ignore_index=True)


def detection_table(
    outputs: Mapping[str, np.ndarray], image_ids: np.ndarray, sizes: np.ndarray
) -> pd.DataFrame:
    """Convert the outputs of a detector for a batch to the rows of :func:`results_table`, in the order of the batch.

    Args:
        outputs: "boxes": float32 [B, D, 4], yxyx, normalised to [0, 1]; "scores": float32 [B, D]; "classes": int
            [B, D], in 1..K; "num_detections": int [B]. Rows of an image after its number of detections are padding. A
            detector of keypoints has "keypoints" too: float32 [B, D, N, 3], y and x, normalised, and the visibility.
        image_ids: int64 [B].
        sizes: The width and height of each image in px, [B, 2].
    """
    batch, rank = np.nonzero(np.arange(outputs["scores"].shape[1]) < outputs["num_detections"][:, None])
    y_min, x_min, y_max, x_max = outputs["boxes"][batch, rank].astype(np.float64).T
    width, height = sizes[batch].T
    columns = [x_min * width, y_min * height, (x_max - x_min) * width, (y_max - y_min) * height]
    labels, scores = outputs["classes"][batch, rank], outputs["scores"][batch, rank]
    table = pd.DataFrame(
        dict(zip(DETECTION, (image_ids[batch], labels, *columns, scores.astype(np.float64)), strict=True))
    )
    if "keypoints" in outputs:
        y, x, visible = np.moveaxis(outputs["keypoints"][batch, rank].astype(np.float64), -1, 0)
        points = np.stack([x * width[:, None], y * height[:, None], visible], axis=-1)
        table["keypoints"] = pd.Series(list(points), dtype=object)
    return table


def read_classifications(path: Path, truth: GroundTruth) -> pd.DataFrame:
    """Read the classifier's scores of the crops of a split.

    Args:
        path: A CSV file with the columns image_id, label and score_1 to score_K.
        truth: The ground truth of the split.

    Returns:
        One row per crop with image_id, label (the true class, 1..K) and score_1 to score_K.

    Raises:
        PipelineError: The file does not exist, lacks a column, names an image or class that the split does not have, or
            has a score that is not finite.
    """
    scores = {f"score_{label}": "float64" for label in range(1, len(truth.classes) + 1)}
    table = read_table(path, {"image_id": "int64", "label": "int64", **scores})
    _check_known(path, table, truth)
    if not np.isfinite(table[list(scores)].to_numpy()).all():
        raise PipelineError(f"{path}: a score is missing or not finite; run the detect stage again")
    return table


def _entries(path: Path) -> list[Any]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PipelineError(f"{path}: not found; run the detect stage first") from None
    except ValueError as error:
        raise PipelineError(f"{path}: not JSON: {error}; run the detect stage again") from None
    if not isinstance(entries, list):
        raise PipelineError(
            f"{path}: not COCO results, which are a JSON list of detections; run the detect stage again"
        )
    return entries


def _row(path: Path, number: int, entry: object) -> tuple[object, ...]:
    try:
        if not isinstance(entry, dict):
            raise TypeError
        x, y, width, height = map(float, entry["bbox"])
        return int(entry["image_id"]), int(entry["category_id"]), x, y, width, height, float(entry["score"])
    except (KeyError, TypeError, ValueError):
        wanted = "image_id, category_id, bbox [x, y, width, height] and score"
        raise PipelineError(
            f"{path}: entry {number} is not a detection with {wanted}; run the detect stage again"
        ) from None


def _masks(path: Path, entries: Sequence[dict[str, Any]], truth: GroundTruth) -> list[str]:
    """Return the compressed run lengths of each entry's mask. Each mask must have the size of its image."""
    images = zip(truth.images["id"], truth.images["height"], truth.images["width"], strict=True)
    sizes = {image_id: [height, width] for image_id, height, width in images}
    counts = []
    for number, entry in enumerate(entries):
        mask: Any = entry.get("segmentation")
        try:
            if mask["size"] != sizes[int(entry["image_id"])] or not isinstance(mask["counts"], str):
                raise ValueError
            hotcoco.mask.decode(mask)  # It raises a ValueError if the counts do not fit the size.
        except (KeyError, TypeError, ValueError):
            raise PipelineError(
                f"{path}: entry {number} has no segmentation with the image's size and compressed counts; "
                "run the detect stage again"
            ) from None
        counts.append(mask["counts"])
    return counts


def _keypoints(path: Path, entries: Sequence[dict[str, Any]], count: int) -> list[np.ndarray]:
    """Return the keypoints of each entry, float64 [N, 3]."""
    found = []
    for number, entry in enumerate(entries):
        try:
            points = np.array(entry.get("keypoints"), np.float64).reshape(count, 3)
        except (TypeError, ValueError):
            points = np.full((count, 3), np.nan)
        if not np.isfinite(points).all():
            raise PipelineError(
                f"{path}: entry {number} has not the {count} keypoints of the dataset; run the detect stage again"
            )
        found.append(points)
    return found


def _check(path: Path, table: pd.DataFrame, truth: GroundTruth) -> None:
    _check_known(path, table, truth)
    finite = np.isfinite(table[DETECTION[2:]].to_numpy()).all(axis=1)
    if not finite.all():
        number = int(np.argmin(finite))
        raise PipelineError(
            f"{path}: entry {number} has a bbox or score that is not finite; "
            "check whether the training loss of the detector diverged"
        )


def _check_known(path: Path, table: pd.DataFrame, truth: GroundTruth) -> None:
    unknown = table["image_id"][~table["image_id"].isin(truth.images["id"])]
    if len(unknown):
        raise PipelineError(
            f"{path}: image_id {unknown.iloc[0]} is not an image of this split in images.csv "
            f"({len(unknown)} of {len(table)} rows); run the detect stage again"
        )
    wrong = table["label"][~table["label"].between(1, len(truth.classes))]
    if len(wrong):
        raise PipelineError(
            f"{path}: class {wrong.iloc[0]} is not one of the classes 1 to {len(truth.classes)} of labels.txt; "
            "run `dvc repro` to train and detect with the same classes"
        )
