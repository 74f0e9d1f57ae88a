"""The gallery: test images with their truth and what the detector found, some by chance, some the worst."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.artifacts import stable_seed
from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.evaluation.confusion import pair_up
from pipeline.reporting.marks import LabelPlacer, Mark
from pipeline.reporting.mask_outlines import mask_outline
from pipeline.reporting.thumbnails import encode_within_budget

SHOWN_WIDTH, SHOWN_HEIGHT = 355.0, 266.0  # CSS px, about, of a picture on the page; labels are sized for it
FONT = 12.0  # CSS px


@dataclass(frozen=True)
class Picture:
    """An image of the gallery; ``uri`` is empty if the file cannot be read."""

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
        """Say in words what the boxes show."""
        said = f"{self.found} of {self.objects} object{'' if self.objects == 1 else 's'} found"
        return said + (
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
    """Choose and draw test images.

    Args:
        truth: Of the test split.
        detections: Of the test split, those to be drawn.
        read: A file that ``images.csv`` names -> its encoded image, b"" if it is not there.
        images: How many, or all if there are fewer.
        iou: The least IoU of a match.
        seed: Of the choice by chance.

    Returns:
        Those chosen by chance, and the worst of the others by missed objects and wrong detections: half of
        each, or fewer of the worst where fewer have a mistake.
    """
    judged = judge_detections(truth, detections, iou=iou)
    missed = judged.boxes.groupby("image_id")["missed"].sum()
    mistakes = missed.add(judged.detections.groupby("image_id")["wrong"].sum(), fill_value=0)
    table = truth.images.assign(mistakes=truth.images["id"].map(mistakes).fillna(0))
    chance, worst = choose(table, images, seed)
    chosen = pd.concat([chance, worst])
    uris = encode_within_budget([read(file) for file in chosen["file"]])
    rows = [{str(key): value for key, value in row.items()} for row in chosen.to_dict("records")]
    pictures = [_picture(row, judged, uri) for row, uri in zip(rows, uris, strict=True)]
    return pictures[: len(chance)], pictures[len(chance) :]


def choose(images: pd.DataFrame, count: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Choose by a hash of the file's name, so that a changed model is seen on the same images; then the
    worst.

    Args:
        images: file and mistakes.
        count: Of both together.
        seed: Of the hash.
    """
    order = images.assign(hash=[stable_seed(seed, "gallery", file) for file in images["file"]])
    order = order.sort_values(["hash", "file"], ignore_index=True)
    faulty = int((order["mistakes"] > 0).sum())
    by_chance = max(count - min(count // 2, faulty), 0)
    rest = order.iloc[by_chance:]
    worst = rest[rest["mistakes"] > 0].sort_values(["mistakes", "hash"], ascending=[False, True])
    return order.iloc[:by_chance], worst.head(count - by_chance)


@dataclass(frozen=True)
class Judged:
    """Truths with a column ``missed``, detections with a column ``wrong``, and the names of label 1..K."""

    boxes: pd.DataFrame
    detections: pd.DataFrame
    classes: list[str]


def judge_detections(truth: GroundTruth, detections: pd.DataFrame, *, iou: float) -> Judged:
    """Say which truths are missed and which detections wrong, as the detector's confusion matrix counts."""
    boxes, detections = truth.boxes(), detections.reset_index(drop=True)
    matches, excused = pair_up(detections, boxes, iou=iou)
    right = {d: t for d, t in matches.items() if detections["label"][d] == boxes["label"][t]}
    idle = (boxes["difficult"] == 1) | (boxes["crowd"] == 1)
    missed = ~boxes.index.isin(list(right.values())) & ~idle
    wrong = [d not in right and (d in matches or d not in excused) for d in range(len(detections))]
    wrong_column = pd.Series(wrong, index=detections.index, dtype=bool)
    return Judged(boxes.assign(missed=missed), detections.assign(wrong=wrong_column), truth.classes)


def _picture(image: dict[str, Any], judged: Judged, uri: str) -> Picture:
    """Put the truths and detections of an image on it."""
    width, height = image["width"], image["height"]
    boxes = judged.boxes[judged.boxes["image_id"] == image["id"]]
    found = judged.detections[judged.detections["image_id"] == image["id"]]
    counted = boxes[(boxes["difficult"] == 0) & (boxes["crowd"] == 0)]
    scale = max(width / SHOWN_WIDTH, height / SHOWN_HEIGHT)
    place = LabelPlacer(width, height, FONT * scale)
    boxes, found = (_with_outlines(table, width, height, scale) for table in (boxes, found))
    detected = _detection_marks(found, judged.classes, place)  # first, since theirs is the choice of place
    return Picture(
        file=image["file"],
        width=width,
        height=height,
        uri=uri,
        marks=_truth_marks(boxes, place) + detected[::-1],  # the best-scored on top
        font=round(place.font, 2),
        objects=len(counted),
        found=int((~counted["missed"]).sum()),
        wrong=int(found["wrong"].sum()),
    )


def _with_outlines(table: pd.DataFrame, width: int, height: int, scale: float) -> pd.DataFrame:
    """Add the outlines of the masks, "" for none."""
    masks = table["mask"] if "mask" in table else [""] * len(table)
    return table.assign(
        outline=[mask_outline(counts, width, height, tolerance=scale / 2) for counts in masks]
    )


def _truth_marks(boxes: pd.DataFrame, place: LabelPlacer) -> list[Mark]:
    """Draw the truths; only those that were missed are labelled, since a detection labels the others."""
    marks = []
    for box in boxes.to_dict("records"):
        corner, size = (box["xmin"], box["ymin"]), (box["xmax"] - box["xmin"], box["ymax"] - box["ymin"])
        kind, text = ("missed", box["class_name"]) if box["missed"] else ("truth", "")
        marks.append(place.mark(kind, (*corner, *size), text, box["outline"]))
    return marks


def _detection_marks(found: pd.DataFrame, classes: list[str], place: LabelPlacer) -> list[Mark]:
    """Draw the detections in their order, the best-scored first."""
    return [
        place.mark(
            "wrong" if box["wrong"] else "right",
            (box["x"], box["y"], box["width"], box["height"]),
            f"{classes[box['label'] - 1]} {box['score']:.2f}",
            box["outline"],
        )
        for box in found.to_dict("records")
    ]
