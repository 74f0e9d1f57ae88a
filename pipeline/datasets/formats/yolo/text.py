"""The text files of YOLO datasets, one an image.

A line is ``class cx cy width height``, in shares of the image. Of outlines (``class x1 y1 x2 y2 x3 y3 ...``) the
extent is taken, and of keypoints the box, where data.yaml has ``kpt_shape``. A sixth number is the score of a
detection, which is no ground truth: such a box is left out, as box-unreadable.
"""

from math import isfinite
from pathlib import Path

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    left_out,
)
from pipeline.datasets.formats.yolo.data_file import read_head
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError
from pipeline.datasets.table.faults import Action, Fault

# An outline is a line of thousands of numbers.
_HEAD_BYTES = 2**16


def parse_labels(root: Path, file: str, names: dict[int, str], keypoints: int) -> AnnotatedImage:
    """Read one text file.

    Args:
        root: The dataset's folder.
        file: Relative to it.
        names: Of the classes, by number; none: they are called by their numbers.
        keypoints: Numbers that follow a line's box.
    """
    data = (root / file).read_bytes()
    if b"\0" in data:
        raise UnreadableAnnotationError("it is not text")
    objects, faults = [], []
    lines = [line.split() for line in data.decode("utf-8-sig", errors="replace").splitlines()]
    for position, fields in enumerate(filter(None, lines)):
        try:
            number, box = _object(fields, keypoints)
        except ValueError as error:
            faults.append(left_out(position, error))
            continue
        if names and number not in names:
            detail = f"class {number} is not among the {len(names)} names"
            faults.append(Fault(position, "unknown-class", detail, Action.DROP_OBJECT))
            continue
        objects.append(AnnotatedObject(position, names[number] if names else str(number), box))
    return AnnotatedImage(file, (), 0, 0, tuple(objects), tuple(faults), normalised=True)


def _object(fields: list[str], keypoints: int) -> tuple[int, tuple[float, float, float, float]]:
    """Return class and box of a line.

    Raises:
        ValueError: it has none; the text says why.
    """
    number, values = _numbers(fields)
    if len(values) == 4 or (keypoints > 0 and len(values) == 4 + keypoints):
        x, y, width, height = values[:4]
        return number, (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    if len(values) < 6 or len(values) % 2:
        raise ValueError(f"the line {_said(fields)} has {len(fields)} numbers, neither a box nor an outline")
    across, down = values[::2], values[1::2]
    return number, (min(across), min(down), max(across), max(down))


def _numbers(fields: list[str]) -> tuple[int, list[float]]:
    try:
        number, *values = map(float, fields)
    except ValueError:
        raise ValueError(f"the line {_said(fields)} is not of numbers") from None
    if len(fields) == 6:
        raise ValueError(f"the line {_said(fields)} has six numbers: a detection and its score")
    if number < 0 or not number.is_integer() or not all(map(isfinite, values)):
        raise ValueError(f"the line {_said(fields)} has numbers that cannot be")
    return int(number), values


def _said(fields: list[str]) -> str:
    return repr(" ".join(fields)[:80])


def holds_boxes(folder: DatasetFolder, file: str) -> bool:
    """Say whether the first line is a class and a box, an outline, or a box and keypoints."""
    head = read_head(folder, file, _HEAD_BYTES).decode("utf-8-sig", errors="replace").strip()
    fields = head.splitlines()[0].split() if head else []
    try:
        return len(fields) >= 5 and bool(_numbers(fields))
    except ValueError:
        return False


def is_blank(folder: DatasetFolder, file: str) -> bool:
    """Say whether a file holds nothing, at least at its beginning."""
    return not read_head(folder, file, _HEAD_BYTES).strip()
