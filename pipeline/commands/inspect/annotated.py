"""An image of the dataset as its annotation describes it, for pictures of its faults."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.datasets.raw.containers import read_if_there
from pipeline.datasets.table.annotation_table import BOX, AnnotationTable


class Annotated(NamedTuple):
    """An image and the G objects that the annotation gives it.

    Attributes:
        encoded: The image's file; b"" if it cannot be read, or is too large to be decoded.
        boxes: float64 [G, 4], xyxy, in px or as shares of the image.
        names: The class of each object.
        numbers: int64 [G], the index of each object in the annotation.
        normalised: Whether the boxes are shares.
    """

    encoded: bytes
    boxes: np.ndarray
    names: list[str]
    numbers: np.ndarray
    normalised: bool


def annotated_image(root: Path, file: str, given: AnnotationTable, faults: set[str]) -> Annotated:
    """Return the image of a file; without objects if the annotations do not name it.

    Args:
        file: The image's path; "" for none.
        given: The annotations before the images were checked.
        faults: The names of the faults of the file.
    """
    rows = given.images.index[given.images["file"] == file]
    image = given.images.loc[rows[0]] if len(rows) else None
    objects = given.objects[given.objects["image_id"] == (0 if image is None else image["id"])]
    return Annotated(
        encoded=read_if_there(root, file) if file and "too-large-image" not in faults else b"",
        boxes=objects[BOX].to_numpy(),
        names=[given.class_names[label - 1] for label in objects["label"]],
        numbers=objects["object"].to_numpy(),
        normalised=image is not None and bool(image["normalised"]),
    )
