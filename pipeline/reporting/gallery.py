"""Gallery of test images with their ground truth and detections: some chosen at random, some with many mistakes."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from pipeline.artifacts import stable_seed
from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.evaluation.confusion import pair_up
from pipeline.evaluation.detection_types import MISSED, detection_types
from pipeline.reporting.marks import LabelPlacer, Mark
from pipeline.reporting.mask_outlines import mask_outline
from pipeline.reporting.thumbnails import encode_within_budget

SHOWN_WIDTH, SHOWN_HEIGHT = 355.0, 266.0  # approximate size of a picture on the page, in CSS px
FONT = 12.0  # size of the labels on the page, in CSS px


@dataclass(frozen=True)
class Picture:
    """An image of the gallery as the template draws it.

    Attributes:
        width: The width of the image, px.
        height: The height of the image, px.
        uri: The image as a data URI. "" if the file cannot be read.
        font: The size of the labels, in px of the image.
        objects: The number of objects that count, that is, neither difficult nor crowds.
        found: The number of these objects that were found.
        wrong: The number of wrong detections.
    """

    file: str
    width: int
    height: int
    uri: str
    marks: list[Mark]
    font: float
    objects: int
    found: int
    wrong: int

    @property
    def summary(self) -> str:
        """The numbers of found objects and wrong detections in words."""
        text = f"{self.found} of {self.objects} object{'' if self.objects == 1 else 's'} found"
        return text + (
            f", {self.wrong} wrong detection{'' if self.wrong == 1 else 's'}" if self.wrong else ""
        )


def gallery(
    truth: GroundTruth,
    detections: pd.DataFrame,
    read: Callable[[str], bytes],
    *,
    images: int,
    iou: float,
    seed: int,
) -> tuple[list[Picture], list[Picture]]:
    """Choose test images, and draw their objects and detections.

    Args:
        truth: The ground truth of the test split.
        detections: The detections of the test split to draw, one row each with image_id, label (1..K), x, y, width,
            height (px), score and, if there are masks, mask.
        read: Returns the encoded image of a path in ``images.csv``, or b"" if the file does not exist.
        images: The number of images. If the split has fewer, all are chosen.
        iou: The least IoU of a match.
        seed: The seed of the random choice.

    Returns:
        The images chosen at random, and those of the others with the most missed objects and wrong detections, among
        them an example of each type of error. Each is half of the gallery. If too few images have mistakes, more are
        chosen at random.
    """
    judged = judge_detections(truth, detections, iou=iou)
    chance, worst = choose(_with_mistakes(truth.images, judged), images, seed)
    chosen = pd.concat([chance, worst])
    uris = encode_within_budget([read(file) for file in chosen["file"]])
    rows = [{str(key): value for key, value in row.items()} for row in chosen.to_dict("records")]
    pictures = [picture(row, judged, uri) for row, uri in zip(rows, uris, strict=True)]
    return pictures[: len(chance)], pictures[len(chance) :]


def choose(images: pd.DataFrame, count: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Choose the images of the gallery: some at random, then others with the most mistakes.

    The random choice is by a hash of the path, so different models are shown on the same images. Of the others, the
    first are examples of the types of error that the random ones do not show, the rarest type first.

    Args:
        images: One row per image with file, mistakes (the number of missed objects and wrong detections) and, if the
            types of error are known, errors (the set of those in the image).
        count: The number of images of both kinds together.
        seed: The seed of the hash.

    Returns:
        The rows chosen at random, and those with the most mistakes in descending order.
    """
    order = images.assign(hash=[stable_seed(seed, "gallery", file) for file in images["file"]])
    order = order.sort_values(["hash", "file"], ignore_index=True)
    faulty = int((order["mistakes"] > 0).sum())
    by_chance = max(count - min(count // 2, faulty), 0)
    rest = order.iloc[by_chance:]
    worst = rest[rest["mistakes"] > 0].sort_values(["mistakes", "hash"], ascending=[False, True])
    chance = order.iloc[:by_chance]
    if "errors" in images:
        rows = _examples(worst["errors"].tolist(), shown=frozenset().union(*chance["errors"]))
        examples = worst.iloc[rows]
        worst = pd.concat([examples, worst.drop(index=examples.index)])
    chosen = worst.head(count - by_chance)
    return chance, chosen.sort_values(["mistakes", "hash"], ascending=[False, True])


def _examples(images: list[frozenset[str]], shown: frozenset[str]) -> list[int]:
    """Return the positions of images that show the types of error which are not shown yet, the rarest type first.

    Args:
        images: The types of error of each image, in the order in which the images are preferred.
        shown: The types of error that other images show.
    """
    number = Counter(name for errors in images for name in errors)
    chosen: list[int] = []
    for name in sorted(number.keys() - shown, key=lambda name: (number[name], name)):
        if name not in shown:
            chosen.append(next(at for at, errors in enumerate(images) if name in errors))
            shown |= images[chosen[-1]]
    return chosen


def _with_mistakes(images: pd.DataFrame, judged: "Judged") -> pd.DataFrame:
    """Return the images with the columns that :func:`choose` needs."""
    wrong = judged.detections[judged.detections["wrong"]]
    missed = judged.boxes[judged.boxes["missed"]].assign(type=MISSED)
    columns = ["image_id", "type"]
    mistakes = pd.concat([wrong[columns], missed[columns]]).groupby("image_id")["type"]
    errors = {image: frozenset(types) for image, types in mistakes}
    return images.assign(
        mistakes=images["id"].map(mistakes.size()).fillna(0),
        errors=pd.Series([errors.get(image, frozenset()) for image in images["id"]], index=images.index),
    )


@dataclass(frozen=True)
class Judged:
    """The ground truth and the detections with their mistakes.

    Attributes:
        boxes: The ground-truth boxes with a boolean column ``missed``.
        detections: The detections with a boolean column ``wrong`` and a column ``type``, as
            :func:`pipeline.evaluation.detection_types.detection_types` names it.
        classes: The names of labels 1..K.
    """

    boxes: pd.DataFrame
    detections: pd.DataFrame
    classes: list[str]


def judge_detections(truth: GroundTruth, detections: pd.DataFrame, *, iou: float) -> Judged:
    """Return which objects are missed, and which detections are wrong and how.

    The rules are those of the detector's confusion matrix (see :func:`pipeline.evaluation.confusion.pair_up`).

    Args:
        truth: The ground truth of one split.
        detections: One row per detection of the split with image_id, label (1..K), x, y, width, height (px) and score.
        iou: The least IoU of a match.
    """
    boxes, detections = truth.boxes(), detections.reset_index(drop=True)
    matches, excused = pair_up(detections, boxes, iou=iou)
    right = {d: t for d, t in matches.items() if detections["label"][d] == boxes["label"][t]}
    ignored = (boxes["difficult"] == 1) | (boxes["crowd"] == 1)
    missed = ~boxes.index.isin(list(right.values())) & ~ignored
    wrong = [d not in right and (d in matches or d not in excused) for d in range(len(detections))]
    wrong_column = pd.Series(wrong, index=detections.index, dtype=bool)
    types = detection_types(detections, boxes, wrong_column, iou=iou)
    return Judged(
        boxes.assign(missed=missed), detections.assign(wrong=wrong_column, type=types), truth.classes
    )


def picture(image: dict[str, Any], judged: Judged, uri: str) -> Picture:
    """Draw the objects and detections of an image.

    Args:
        image: The row of ``images.csv``, with id, file, width and height (px).
        uri: The image as a data URI.
    """
    width, height = image["width"], image["height"]
    boxes = judged.boxes[judged.boxes["image_id"] == image["id"]]
    detections = judged.detections[judged.detections["image_id"] == image["id"]]
    counted = boxes[(boxes["difficult"] == 0) & (boxes["crowd"] == 0)]
    scale = max(width / SHOWN_WIDTH, height / SHOWN_HEIGHT)
    placer = LabelPlacer(width, height, FONT * scale)
    boxes, detections = (_with_outlines(table, width, height, scale) for table in (boxes, detections))
    # The labels of the detections are placed first, so that they get the best places.
    detected = _detection_marks(detections, judged.classes, placer)
    return Picture(
        file=image["file"],
        width=width,
        height=height,
        uri=uri,
        marks=_truth_marks(boxes, placer) + detected[::-1],  # The best-scored detection is drawn on top.
        font=round(placer.font, 2),
        objects=len(counted),
        found=int((~counted["missed"]).sum()),
        wrong=int(detections["wrong"].sum()),
    )


def _with_outlines(table: pd.DataFrame, width: int, height: int, scale: float) -> pd.DataFrame:
    """Return the table with a column ``outline``: the outline of each mask as SVG path data, "" if there is none."""
    masks = table["mask"] if "mask" in table else [""] * len(table)
    return table.assign(
        outline=[mask_outline(counts, width, height, tolerance=scale / 2) for counts in masks]
    )


def _truth_marks(boxes: pd.DataFrame, placer: LabelPlacer) -> list[Mark]:
    """Return the marks of the objects. Only missed objects are labelled, because detections label the others."""
    marks = []
    for box in boxes.to_dict("records"):
        corner, size = (box["xmin"], box["ymin"]), (box["xmax"] - box["xmin"], box["ymax"] - box["ymin"])
        kind, text = ("missed", box["class_name"]) if box["missed"] else ("truth", "")
        places = _places(box.get("keypoints"))
        mark = placer.mark(kind, (*corner, *size), text, box["outline"], places)
        marks.append(replace(mark, type=MISSED, label=box["label"]) if box["missed"] else mark)
    return marks


def _detection_marks(detections: pd.DataFrame, classes: list[str], placer: LabelPlacer) -> list[Mark]:
    """Return the marks of the detections in the order of the table, which is by descending score."""
    return [
        replace(
            placer.mark(
                "wrong" if box["wrong"] else "right",
                (box["x"], box["y"], box["width"], box["height"]),
                f"{classes[box['label'] - 1]} {box['score']:.2f}",
                box["outline"],
                _places(box.get("keypoints")),
            ),
            type=box["type"],
            label=box["label"],
            score=round(box["score"], 3),
        )
        for box in detections.to_dict("records")
    ]


def _places(keypoints: np.ndarray | None) -> tuple[tuple[float, float], ...]:
    """Return the places of the keypoints that are not absent, px, for the marks of an object or a detection.

    Args:
        keypoints: float64 [N, 3], x and y in px, and 0 for an absent one; None for no keypoints.
    """
    if keypoints is None:
        return ()
    return tuple((round(x, 1), round(y, 1)) for x, y, code in keypoints.tolist() if code > 0)
