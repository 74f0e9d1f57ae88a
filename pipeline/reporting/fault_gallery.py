"""Gallery of a dataset's faults, with a few pictures of each kind."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from pipeline.reporting.gallery import FONT, SHOWN_HEIGHT, SHOWN_WIDTH
from pipeline.reporting.marks import LabelPlacer, Mark

_SHOWN = 6  # faults of each kind that are shown


class Case(NamedTuple):
    """One fault.

    Attributes:
        fault: The name of the kind of fault.
        file: The path of the image, or of the annotation file.
        summary: The detail and the action, in one line.
        image: The encoded image. b"" if there is none.
        boxes: The boxes of the image's objects as the annotation gives them, float64 [G, 4], xyxy, in px or normalised.
        names: The class name of each object.
        at: The index of the faulty object. None if the fault concerns the whole image.
        normalised: Whether ``boxes`` are fractions of the image instead of px.
    """

    fault: str
    file: str
    summary: str
    image: bytes
    boxes: np.ndarray
    names: list[str]
    at: int | None
    normalised: bool


@dataclass(frozen=True)
class FaultPicture:
    """A picture as the template draws it.

    Attributes:
        summary: The detail and the action of the fault.
        width: The width of the upright image, px.
        height: The height of the upright image, px.
        uri: The picture as a data URI.
        font: The size of the labels, in px of the image.
    """

    file: str
    summary: str
    width: int
    height: int
    uri: str
    marks: list[Mark]
    font: float


@dataclass(frozen=True)
class Kind:
    """The faults of one kind.

    Attributes:
        name: The name of the kind.
        count: The number of all faults of the kind.
        pictures: The shown faults that have a picture.
        lines: The file and the description of the shown faults that have no picture.
        left_out: The number of faults that are not shown.
    """

    name: str
    count: int
    pictures: list[FaultPicture]
    lines: list[tuple[str, str]]
    left_out: int


def chosen(faults: Iterable[str]) -> list[int]:
    """Return the indices of the faults to show, ascending: the first six of each kind.

    Args:
        faults: The kind of each fault.
    """
    seen: dict[str, int] = {}
    rows = []
    for row, fault in enumerate(faults):
        seen[fault] = seen.get(fault, 0) + 1
        if seen[fault] <= _SHOWN:
            rows.append(row)
    return rows


def kinds(cases: list[Case], uris: list[str], counts: dict[str, int]) -> list[Kind]:
    """Return the faults grouped by kind, the most frequent kind first.

    Args:
        cases: The faults to show.
        uris: The picture of each case as a data URI. "" if there is none.
        counts: The number of all faults by kind.
    """
    groups = []
    for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        own = [(case, uri) for case, uri in zip(cases, uris, strict=True) if case.fault == name]
        pictures = [_picture(case, uri) for case, uri in own if uri]
        lines = [(case.file, case.summary) for case, uri in own if not uri]
        groups.append(Kind(name, count, pictures, lines, count - len(own)))
    return groups


def _picture(case: Case, uri: str) -> FaultPicture:
    """Draw the boxes of a case on its image: the faulty object as "wrong" with a label, the others as "truth"."""
    with Image.open(io.BytesIO(case.image)) as image:
        width, height = ImageOps.exif_transpose(image).size
    placer = LabelPlacer(width, height, FONT * max(width / SHOWN_WIDTH, height / SHOWN_HEIGHT))
    boxes = case.boxes * ((width, height, width, height) if case.normalised else 1)
    marks = []
    for row, (box, name) in enumerate(zip(boxes, case.names, strict=True)):
        if np.isfinite(box).all():
            (xmin, ymin), (xmax, ymax) = np.minimum(box[:2], box[2:]), np.maximum(box[:2], box[2:])
            faulty = row == case.at
            rectangle = (float(xmin), float(ymin), float(xmax - xmin), float(ymax - ymin))
            marks.append(placer.mark("wrong" if faulty else "truth", rectangle, name if faulty else ""))
    return FaultPicture(case.file, case.summary, width, height, uri, marks, round(placer.font, 2))
