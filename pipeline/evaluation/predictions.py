"""The predictions to be scored, as detect wrote them; anything that cannot belong to the truth is refused."""

import json
from collections.abc import Mapping
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
    """Read COCO results, in an order that does not depend on the file's.

    Args:
        path: ``[{image_id, category_id, bbox: [x, y, width, height] in px, score}, ...]``; may be empty. All
            may have a segmentation too, ``{size: [height, width], counts: compressed run lengths}``.
        truth: Of the split that was detected.

    Returns:
        One row a detection: image_id, label, x, y, width, height (px), score, and where the file has
        segmentations mask (their counts); by image, then score descending.

    Raises:
        PipelineError: the file is absent or not COCO results, or names an image or class that the truth
        lacks.
    """
    entries = _entries(path)
    rows = [_row(path, number, entry) for number, entry in enumerate(entries)]
    table = pd.DataFrame(rows, columns=DETECTION).astype({"image_id": "int64", "label": "int64"})
    table = table.astype({name: "float64" for name in DETECTION[2:]})
    _check(path, table, truth)
    order = ["image_id", "score", "label", "x", "y", "width", "height"]
    if any("segmentation" in entry for entry in entries):
        table["mask"] = _masks(path, entries, truth)
        order.append("mask")
    ascending = [name != "score" for name in order]
    return table.sort_values(order, ascending=ascending, kind="stable", ignore_index=True)


def detection_table(
    found: Mapping[str, np.ndarray], image_ids: np.ndarray, sizes: np.ndarray
) -> pd.DataFrame:
    """Turn a batch of a detector's output into rows as :func:`read_detections` gives them, in the batch's order.

    Args:
        found: "boxes": float32 [B, D, 4], yxyx, normalised; "scores": [B, D]; "classes": [B, D], in 1..K;
            "num_detections": [B], rows beyond which are padding.
        image_ids: int64 [B].
        sizes: [B, 2], width and height of each image, px.
    """
    batch, rank = np.nonzero(np.arange(found["scores"].shape[1]) < found["num_detections"][:, None])
    y_min, x_min, y_max, x_max = found["boxes"][batch, rank].astype(np.float64).T
    width, height = sizes[batch].T
    columns = [x_min * width, y_min * height, (x_max - x_min) * width, (y_max - y_min) * height]
    labels, scores = found["classes"][batch, rank], found["scores"][batch, rank]
    return pd.DataFrame(
        dict(zip(DETECTION, (image_ids[batch], labels, *columns, scores.astype(np.float64)), strict=True))
    )


def read_classifications(path: Path, truth: GroundTruth) -> pd.DataFrame:
    """Read the classifier's scores: image_id, label, score_1 .. score_K, one row a crop.

    Raises:
        PipelineError: the file is absent, or its columns, labels or images are not the truth's.
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
        raise PipelineError(f"{path}: not JSON: {error}") from None
    if not isinstance(entries, list):
        raise PipelineError(f"{path}: not COCO results, which are a list of detections")
    return entries


def _row(path: Path, number: int, entry: object) -> tuple[object, ...]:
    try:
        if not isinstance(entry, dict):
            raise TypeError
        x, y, width, height = map(float, entry["bbox"])
        return int(entry["image_id"]), int(entry["category_id"]), x, y, width, height, float(entry["score"])
    except (KeyError, TypeError, ValueError):
        wanted = "image_id, category_id, bbox [x, y, width, height] and score"
        raise PipelineError(f"{path}: entry {number} is not a detection with {wanted}") from None


def _masks(path: Path, entries: list[dict[str, Any]], truth: GroundTruth) -> list[str]:
    """Give the counts of each entry's run lengths, which must fill its image."""
    images = zip(truth.images["id"], truth.images["height"], truth.images["width"], strict=True)
    sizes = {image_id: [height, width] for image_id, height, width in images}
    counts = []
    for number, entry in enumerate(entries):
        found: Any = entry.get("segmentation")
        try:
            if found["size"] != sizes[int(entry["image_id"])] or not isinstance(found["counts"], str):
                raise ValueError
            hotcoco.mask.decode(found)  # which refuses what does not fit
        except (KeyError, TypeError, ValueError):
            raise PipelineError(
                f"{path}: entry {number} has no segmentation with the image's size and compressed counts"
            ) from None
        counts.append(found["counts"])
    return counts


def _check(path: Path, table: pd.DataFrame, truth: GroundTruth) -> None:
    _check_known(path, table, truth)
    finite = np.isfinite(table[DETECTION[2:]].to_numpy()).all(axis=1)
    if not finite.all():
        raise PipelineError(f"{path}: entry {int(np.argmin(finite))} has a bbox or score that is not finite")


def _check_known(path: Path, table: pd.DataFrame, truth: GroundTruth) -> None:
    strangers = table["image_id"][~table["image_id"].isin(truth.images["id"])]
    if len(strangers):
        raise PipelineError(
            f"{path}: image_id {strangers.iloc[0]} is not an image of this split in images.csv "
            f"({len(strangers)} of {len(table)} rows); run the detect stage again"
        )
    wrong = table["label"][~table["label"].between(1, len(truth.classes))]
    if len(wrong):
        raise PipelineError(
            f"{path}: class {wrong.iloc[0]} is not one of labels.txt, 1 to {len(truth.classes)}"
        )
