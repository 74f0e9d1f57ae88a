"""Decides for a dataset whether the boxes of photographs that EXIF turns are of the stored or the upright picture.

A camera stores the picture as its sensor sees it, and EXIF says how to turn it upright. Some tools draw boxes on the
stored picture, others on the upright one. The declared sizes say on which, if they are those of one picture alone. They
may mislead: a tool may declare the stored size of a picture that it shows upright. So boxes that leave the picture in
one of the two readings, and not in the other, outvote them.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from pipeline.datasets.table.faults import Fault

_ROUNDING = 1.0  # px by which a box may leave the picture

# So many of the images may have a box outside by a fault of the box alone.
_STRAY_SHARE = 0.02

_SIDEWAYS = 5  # EXIF orientations from here on exchange width and height


class Reading(NamedTuple):
    """Of which picture the boxes of an image are.

    Attributes:
        stored: Whether they are of the stored picture, else of the upright one.
        reason: Why, in words.
    """

    stored: bool
    reason: str


class Rotated(NamedTuple):
    """What an image that EXIF turns tells about its boxes.

    Attributes:
        declared: The picture whose size alone is declared: "stored" or "upright"; "" if the size does not tell.
        outside_stored: A box leaves the stored picture.
        outside_upright: A box leaves the upright picture.
    """

    row: int
    declared: str
    outside_stored: bool
    outside_upright: bool


def stored_size(upright: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Return width and height of the stored picture in px. The same function gives those of the upright one."""
    return upright[::-1] if orientation >= _SIDEWAYS else upright


def evidence(
    row: int, stored: tuple[int, int], orientation: int, declared: tuple[int, int], boxes: np.ndarray
) -> Rotated:
    """Return what an image tells.

    Args:
        row: The image.
        stored: Width and height of the stored picture, px.
        orientation: EXIF orientation, 2..8.
        declared: Width and height that the annotation declares, px; 0 if it does not.
        boxes: float64 [G, 4], xyxy, px; none if they are shares of the image.
    """
    upright = stored_size(stored, orientation)
    if stored == upright or (all(declared) and declared not in (stored, upright)):
        return Rotated(row, "", outside_stored=False, outside_upright=False)
    known = "stored" if declared == stored else "upright" if declared == upright else ""
    return Rotated(row, known, _any_outside(boxes, stored), _any_outside(boxes, upright))


def _any_outside(boxes: np.ndarray, size: tuple[int, int]) -> bool:
    ends = boxes[np.isfinite(boxes).all(axis=1)].reshape(-1, 2)
    return bool((ends > np.array(size) + _ROUNDING).any())


def readings(rotated: Iterable[Rotated], *, drawn_upright: bool) -> dict[int, Reading]:
    """Decide of which picture the boxes of each image are.

    The images are judged together, those with the same kind of declared size alike.

    Args:
        drawn_upright: The tool is known to draw on the upright picture, whatever size it declares.

    Returns:
        The reading of each image by its row.
    """
    kinds: defaultdict[str, list[Rotated]] = defaultdict(list)
    for image in rotated:
        kinds[image.declared].append(image)
    decided = {
        kind: _reading(kind, kinds[kind], drawn_upright) for kind in ("stored", "upright") if kinds[kind]
    }
    if unknown := kinds[""]:
        most = max(decided, key=lambda kind: len(kinds[kind]), default="")
        others = decided[most].stored if most else None
        decided[""] = _by_boxes(unknown) or (
            Reading(False, "as nothing says otherwise")
            if others is None
            else Reading(others, "like those of the other rotated images")
        )
    return {image.row: decided[kind] for kind, images in kinds.items() for image in images}


def boxes_as_stored(
    reading: Reading | None, declared: tuple[int, int], upright: tuple[int, int], orientation: int
) -> bool:
    """Return whether the boxes of an image that was turned upright are of the stored picture.

    If the size of another picture is declared, they are taken as upright, because their scale is unknown.

    Args:
        reading: The reading of the image; None if EXIF does not turn it.
        declared: Width and height that the annotation declares, px; 0 if it does not.
        upright: Width and height of the upright picture, px.
        orientation: EXIF orientation, 1..8.
    """
    if reading is None or not reading.stored:
        return False
    return not all(declared) or declared in (upright, stored_size(upright, orientation))


def with_reading(fault: Fault, reading: Reading | None, *, as_stored: bool) -> Fault:
    """Return the fault of a rotated image that also says of which picture the boxes are, and why.

    Args:
        reading: The reading of the image.
        as_stored: Whether the boxes are taken as those of the stored picture.
    """
    detail = f"{fault.detail}, boxes of the {'stored' if as_stored else 'upright'} picture"
    if reading and reading.stored == as_stored:
        detail = f"{detail} {reading.reason}"
    boxes = ", its boxes too" if as_stored else "; boxes taken as upright already"
    return fault._replace(detail=detail, how=f"{fault.how}{boxes}")


def _reading(declared: str, images: list[Rotated], drawn_upright: bool) -> Reading:
    if by_boxes := _by_boxes(images):
        return by_boxes
    if drawn_upright and declared == "stored":
        return Reading(False, "as Label Studio draws them")
    return Reading(declared == "stored", "by the declared sizes")


def _by_boxes(images: list[Rotated]) -> Reading | None:
    """Return the reading in which fewer images have boxes outside, None if the readings are about equal."""
    stored = sum(image.outside_upright and not image.outside_stored for image in images)
    upright = sum(image.outside_stored and not image.outside_upright for image in images)
    if abs(stored - upright) <= _STRAY_SHARE * len(images):
        return None
    reason = (
        f"by boxes that would be outside otherwise, in {max(stored, upright):,} of {len(images):,} images"
    )
    return Reading(stored > upright, reason)
