"""The record of a checked image, in whose pixels its boxes, areas, masks and keypoints are."""

from typing import NamedTuple

import numpy as np

from pipeline.datasets.checks.boxes import CheckedBoxes
from pipeline.datasets.checks.images import CheckedImage
from pipeline.datasets.conversion.tasks import ImageTask
from pipeline.datasets.records.files import frame
from pipeline.datasets.records.schema import RecordImage, RecordObjects, detection_example
from pipeline.datasets.table.faults import Fault


class Masks(NamedTuple):
    """The masks of the K objects that are left.

    Attributes:
        present: bool [K], the objects with a mask.
        runs: K compressed run lengths, "" for an object without a mask.
        pngs: K PNGs; none if no object has a mask.
        faults: The faults.
    """

    present: np.ndarray
    runs: list[str]
    pngs: list[bytes]
    faults: list[Fault]


def shrink_objects(
    checked: CheckedBoxes,
    area: np.ndarray,
    keypoints: np.ndarray,
    image: CheckedImage,
    size: tuple[int, int],
) -> tuple[CheckedBoxes, np.ndarray, np.ndarray]:
    """Return boxes, areas and keypoints in pixels of the shrunk image, whose width and height are ``size``."""
    factors = np.array(size) / (image.width, image.height)
    boxes = np.minimum(checked.boxes * np.tile(factors, 2), np.tile(size, 2))
    return checked._replace(boxes=boxes), area * factors.prod(), keypoints * (*factors, 1.0)


def framed_record(
    task: ImageTask,
    image: CheckedImage,
    size: tuple[int, int],
    sha256: str,
    class_names: tuple[str, ...],
    checked: CheckedBoxes,
    area: np.ndarray,
    masks: Masks,
    keypoints: np.ndarray,
) -> bytes:
    """Return the framed record of an image.

    Args:
        task: The image with its objects.
        size: Width and height of the encoded image, px.
        sha256: The digest of the encoded image in hexadecimal.
        class_names: The names of the classes 1..K.
        checked: The boxes that are left.
        area: float64 [K], px², the areas of the objects that are left.
        masks: The masks of the objects that are left.
        keypoints: float64 [K, N, 3], those of the objects that are left.
    """
    example = detection_example(
        RecordImage(
            encoded=image.data,
            format=image.format,
            file=task.file,
            id=task.row + 1,
            width=size[0],
            height=size[1],
            sha256=sha256,
        ),
        RecordObjects(
            boxes=checked.boxes,
            labels=task.labels[checked.kept],
            difficult=task.difficult[checked.kept],
            crowd=task.crowd[checked.kept],
            area=area,
            masks=masks.pngs,
            has_mask=masks.present,
            keypoints=keypoints,
        ),
        class_names,
    )
    return frame(example)
