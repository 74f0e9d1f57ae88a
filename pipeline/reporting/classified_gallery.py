"""Gallery of classified test images: some chosen at random, and the mistakes with the highest scores."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.evaluation.classification import class_scores, predicted_labels
from pipeline.reporting.gallery import choose
from pipeline.reporting.marks import Mark
from pipeline.reporting.thumbnails import encode_within_budget


@dataclass(frozen=True)
class ClassifiedPicture:
    """An image of the gallery as the template shows it.

    Attributes:
        width: The width of the image, px.
        height: The height of the image, px.
        uri: The image as a data URI. "" if the file cannot be read.
        summary: The predicted class with its score and, if they differ, the true class.
        marks: None, because nothing is drawn on the image.
    """

    file: str
    width: int
    height: int
    uri: str
    summary: str
    marks: tuple[Mark, ...] = ()


def classified_gallery(
    truth: GroundTruth, classified: pd.DataFrame, read: Callable[[str], bytes], *, images: int, seed: int
) -> tuple[list[ClassifiedPicture], list[ClassifiedPicture]]:
    """Choose test images and describe what the classifier took them for.

    Args:
        truth: The ground truth of the test split.
        classified: One row per image with image_id, label (1..K) and score_1 to score_K.
        read: Returns the encoded image of a path in ``images.csv``, or b"" if the file does not exist.
        images: The number of images. If the split has fewer, all are chosen.
        seed: The seed of the random choice.

    Returns:
        The images chosen at random, and those of the others that were classified wrongly with the highest scores.
    """
    predicted = predicted_labels(classified)
    judged = classified[["image_id", "label"]].assign(
        predicted=predicted, score=class_scores(classified).max(axis=1)
    )
    # A surer mistake is a worse one.
    judged["mistakes"] = (judged["predicted"] != judged["label"]) * judged["score"]
    table = truth.images.merge(judged, left_on="id", right_on="image_id")
    chance, worst = choose(table, images, seed)
    chosen = pd.concat([chance, worst])
    uris = encode_within_budget([read(file) for file in chosen["file"]])
    rows = [{str(key): value for key, value in row.items()} for row in chosen.to_dict("records")]
    pictures = [classified_picture(row, uri, truth.classes) for row, uri in zip(rows, uris, strict=True)]
    return pictures[: len(chance)], pictures[len(chance) :]


def classified_picture(image: dict[str, Any], uri: str, classes: list[str]) -> ClassifiedPicture:
    """Describe what the classifier took an image for.

    Args:
        image: The row of ``images.csv``, with label and predicted (1..K), and the score of the latter.
        uri: The image as a data URI.
        classes: The names of labels 1..K.
    """
    return ClassifiedPicture(image["file"], image["width"], image["height"], uri, _summary(image, classes))


def _summary(row: dict[str, Any], classes: list[str]) -> str:
    text = f"{classes[row['predicted'] - 1]}, score {row['score']:.2f}"
    return text if row["predicted"] == row["label"] else f"{text}; it is {classes[row['label'] - 1]}"
