"""The test images on which two models differ most, each drawn with what one and the other found."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.evaluation.classification import class_scores, predicted_labels
from pipeline.evaluation.resampled_precision import image_mistakes, ranked_classes
from pipeline.reporting.classified_gallery import ClassifiedPicture, classified_picture
from pipeline.reporting.gallery import Picture, judge_detections, picture
from pipeline.reporting.thumbnails import encode_within_budget


class Pair(NamedTuple):
    """An image as both models see it.

    Attributes:
        first: The image with what the first model found.
        second: The image with what the second model found.
        mistakes: The mistakes of the first and of the second model.
    """

    first: Picture | ClassifiedPicture
    second: Picture | ClassifiedPicture
    mistakes: tuple[float, float]


class Changed(NamedTuple):
    """The pairs in which the second model makes fewer mistakes, and those in which it makes more; most first."""

    better: list[Pair]
    worse: list[Pair]


def changed_detections(
    truth: GroundTruth,
    predicted: tuple[pd.DataFrame, pd.DataFrame],
    read: Callable[[str], bytes],
    *,
    images: int,
    iou: float,
    score: float,
    max_detections: int,
) -> Changed:
    """Draw the images whose number of mistakes changed most, at most half of ``images`` in either direction.

    A mistake is a missed object or a wrong detection. The number is the mean over COCO's ten thresholds of IoU.

    Args:
        truth: The ground truth of the test split.
        predicted: The detections of the first and the second model.
        read: Returns the encoded image of a path in ``images.csv``, or b"" if the file does not exist.
        images: The largest number of images.
        iou: The least IoU of a match in the drawings.
        score: Detections with a lower score do not count.
        max_detections: The number of detections of a class in an image that count.
    """
    drawn = [found[found["score"] >= score] for found in predicted]
    mistakes = np.stack(
        [image_mistakes(ranked_classes(truth, found, max_detections=max_detections)) for found in drawn]
    )
    judged = [judge_detections(truth, found, iou=iou) for found in drawn]

    def draw(row: dict[str, Any], uri: str) -> tuple[Picture, Picture]:
        return picture(row, judged[0], uri), picture(row, judged[1], uri)

    return _changed(truth, mistakes, read, draw, images)


def changed_classifications(
    truth: GroundTruth,
    predicted: tuple[pd.DataFrame, pd.DataFrame],
    read: Callable[[str], bytes],
    *,
    images: int,
) -> Changed:
    """Show the images that one model classifies rightly and the other wrongly, the surest mistakes first.

    Args:
        truth: The ground truth of the test split.
        predicted: The class scores of the first and the second model, one row per image.
        read: Returns the encoded image of a path in ``images.csv``, or b"" if the file does not exist.
        images: The largest number of images.
    """
    tables = [_judged(truth, table) for table in predicted]
    mistakes = np.stack([table["mistakes"].to_numpy() for table in tables])
    found: list[dict[Any, Any]] = [table.to_dict("index") for table in tables]
    mistakes[:, (mistakes[0] > 0) == (mistakes[1] > 0)] = 0

    def draw(row: dict[str, Any], uri: str) -> tuple[ClassifiedPicture, ClassifiedPicture]:
        first, second = (
            classified_picture({**row, **judged[row["id"]]}, uri, truth.classes) for judged in found
        )
        return first, second

    return _changed(truth, mistakes, read, draw, images)


def _judged(truth: GroundTruth, classified: pd.DataFrame) -> pd.DataFrame:
    """Return label, predicted, score and mistakes (the score if it is wrong) of each image, by its id."""
    table = classified[["image_id", "label"]].assign(
        predicted=predicted_labels(classified), score=class_scores(classified).max(axis=1)
    )
    wrong = table["predicted"] != table["label"]
    return table.assign(mistakes=wrong * table["score"]).set_index("image_id").loc[truth.images["id"]]


def _changed(
    truth: GroundTruth,
    mistakes: np.ndarray,
    read: Callable[[str], bytes],
    draw: Callable[[dict[str, Any], str], tuple[Any, Any]],
    images: int,
) -> Changed:
    """Choose the images, and draw them.

    Args:
        truth: The ground truth of the test split.
        mistakes: The mistakes of both models, float64 [2, N].
        draw: Returns both drawings of a row of ``images.csv``, given the image as a data URI.
        images: The largest number of images.
    """
    change = mistakes[1] - mistakes[0]
    order = np.argsort(change, kind="stable")
    better, worse = (
        order[change[order] < 0][: images // 2],
        order[::-1][change[order[::-1]] > 0][: images // 2],
    )
    chosen = np.concatenate([better, worse])
    rows = [
        {str(key): value for key, value in row.items()}
        for row in truth.images.iloc[chosen].to_dict("records")
    ]
    uris = encode_within_budget([read(row["file"]) for row in rows])
    pairs = [
        Pair(*draw(row, uri), (float(mistakes[0, at]), float(mistakes[1, at])))
        for row, uri, at in zip(rows, uris, chosen, strict=True)
    ]
    return Changed(pairs[: len(better)], pairs[len(better) :])
