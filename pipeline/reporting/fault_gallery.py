"""Pictures of a dataset's faults, a few of each kind."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from pipeline.reporting.gallery import FONT, SHOWN_HEIGHT, SHOWN_WIDTH
from pipeline.reporting.marks import LabelPlacer, Mark

_SHOWN = 6  # of a kind


class Case(NamedTuple):
    """One fault.

    Attributes:
        fault: Its name.
        file: Of the image, or of the annotation.
        said: Detail and action.
        image: The encoded image; b"" where there is none.
        boxes: float64 [G, 4], xyxy, px, or shares if ``normalised``: of the objects as the annotation gives them.
        names: Of their classes.
        at: Which of them the fault is about; None for the image.
        normalised: See ``boxes``.
    """

    fault: str
    file: str
    said: str
    image: bytes
    boxes: np.ndarray
    names: list[str]
    at: int | None
    normalised: bool


@dataclass(frozen=True)
class FaultPicture:
    """A picture, as the template draws it; ``uri`` is empty if it cannot be read."""

    file: str
    summary: str
    width: int
    height: int
    uri: str
    marks: list[Mark]
    font: float


@dataclass(frozen=True)
class Kind:
    """The faults of one name: some with pictures, some that have none in words, and how many more there are."""

    name: str
    count: int
    pictures: list[FaultPicture]
    lines: list[tuple[str, str]]
    left_out: int


def chosen(faults: Iterable[str]) -> list[int]:
    """Return which of the faults are shown: of each name the first few."""
    seen: dict[str, int] = {}
    rows = []
    for row, fault in enumerate(faults):
        seen[fault] = seen.get(fault, 0) + 1
        if seen[fault] <= _SHOWN:
            rows.append(row)
    return rows


def kinds(cases: list[Case], uris: list[str], counts: dict[str, int]) -> list[Kind]:
    """Sort the shown faults by their names, the frequent ones first.

    Args:
        cases: Those that are shown.
        uris: Their pictures, as data; "" for none.
        counts: How many there are of each name.
    """
    found = []
    for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        own = [(case, uri) for case, uri in zip(cases, uris, strict=True) if case.fault == name]
        pictures = [_picture(case, uri) for case, uri in own if uri]
        lines = [(case.file, case.said) for case, uri in own if not uri]
        found.append(Kind(name, count, pictures, lines, count - len(own)))
    return found


def _picture(case: Case, uri: str) -> FaultPicture:
    with Image.open(io.BytesIO(case.image)) as image:
        width, height = ImageOps.exif_transpose(image).size
    place = LabelPlacer(width, height, FONT * max(width / SHOWN_WIDTH, height / SHOWN_HEIGHT))
    boxes = case.boxes * ((width, height, width, height) if case.normalised else 1)
    marks = []
    for row, (box, name) in enumerate(zip(boxes, case.names, strict=True)):
        if np.isfinite(box).all():
            (xmin, ymin), (xmax, ymax) = np.minimum(box[:2], box[2:]), np.maximum(box[:2], box[2:])
            about = row == case.at
            corner = (float(xmin), float(ymin), float(xmax - xmin), float(ymax - ymin))
            marks.append(place.mark("wrong" if about else "truth", corner, name if about else ""))
    return FaultPicture(case.file, case.said, width, height, uri, marks, round(place.font, 2))
