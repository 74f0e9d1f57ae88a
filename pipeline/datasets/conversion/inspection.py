"""Reading and checking of a dataset's folder without writing it, for the commands that look at a dataset."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.datasets.checks.classes import annotated_classes, class_issues
from pipeline.datasets.checks.images import UnreadableImageError, check_image
from pipeline.datasets.checks.shrink import record_size
from pipeline.datasets.conversion.check_images import check_images
from pipeline.datasets.conversion.prepare import read_dataset
from pipeline.datasets.conversion.tile_records import encoded_tile
from pipeline.datasets.conversion.tiles import picture_side, tiles_of_row
from pipeline.datasets.formats import format_of
from pipeline.datasets.raw.containers import read_if_there
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import BOX, AnnotationTable, with_issues
from pipeline.errors import PipelineError
from pipeline.params.convert import Convert
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

SAMPLED = 12
"""Photographs of a sample, whose decoding and augmentation are timed."""


class Inspected(NamedTuple):
    """A dataset as the convert stage would see it.

    Attributes:
        given: The annotations before the images were checked.
        checked: The annotations afterwards, with all issues.
        format: The name of the format.
    """

    given: AnnotationTable
    checked: AnnotationTable
    format: str


class Photograph(NamedTuple):
    """An image of the dataset and its boxes.

    Attributes:
        encoded: The file, JPEG or PNG.
        size_px: Height and width.
        boxes: float32 [G, 4], yxyx, normalised.
        labels: int32 [G], in 1..K.
    """

    encoded: bytes
    size_px: tuple[int, int]
    boxes: np.ndarray
    labels: np.ndarray


def inspect_folder(
    path: Path, dataset: DatasetFormat, convert: Convert, *, seed: int, format: str | None = None
) -> Inspected:
    """Read a dataset's folder and check it. Boxes are in px of the images as they are, not shrunk for their records.

    Args:
        path: The folder.
        dataset: The format and how it is read.
        convert: The section ``convert``.
        seed: The seed of the splits.
        format: The format of the dataset; None stands for that of ``dataset``.

    Raises:
        PipelineError: The path is no folder, or there is no annotation to read.
    """
    if not path.is_dir():
        reason = "is no folder; unpack an archive first" if path.exists() else "does not exist"
        raise PipelineError(f"{path} {reason}")
    if format is not None:
        dataset = dataset.model_copy(update={"format": format})
    folder = DatasetFolder(path)
    dataset = dataset.model_copy(update={"format": format_of(folder, dataset)})
    with Workers(convert.workers) as workers:
        given = read_dataset(folder, dataset, convert, seed=seed, workers=workers)
        own_size = convert.model_copy(update={"max_side": None})
        checked = check_images(path, given, own_size, workers, None)
    issues = class_issues(checked, annotated_classes(given), convert.checks)
    return Inspected(given, with_issues(checked, issues), dataset.format)


def sample_photographs(
    root: Path, table: AnnotationTable, convert: Convert, count: int = SAMPLED
) -> list[Photograph]:
    """Return up to ``count`` train images of a table, or tiles of them, evenly spread, as records would hold them.

    Args:
        root: The folder of the images.
        table: The checked table, with boxes in px of images that are not shrunk.
        convert: The limits of the images, and how pictures are cut.
        count: The number of images. Those that cannot be read are left out.
    """
    images = table.images[table.images["split"] == "train"]
    places = np.unique(np.linspace(0, max(len(images) - 1, 0), count).round().astype(int))
    rows = (image for _, image in images.iloc[places[: len(images)]].iterrows())
    return [found for image in rows if (found := _photograph(root, table, image, convert))]


def _photograph(root: Path, table: AnnotationTable, image: pd.Series, convert: Convert) -> Photograph | None:
    """Return an image, or the tile of it with the most objects, as its record would hold it.

    The result is None if the image cannot be read, or if no tile of it would be kept.
    """
    side = picture_side(convert)
    try:
        checked = check_image(
            read_if_there(root, image["file"]), max_pixels=convert.checks.max_pixels, max_side=side
        )
    except UnreadableImageError:
        return None
    objects = table.objects[table.objects["image_id"] == image["id"]]
    size = (int(image["width"]), int(image["height"]))
    if convert.tile is None:
        objects = objects.dropna(subset=["xmin"])
        return _sample(
            checked.data, record_size(*size, side), objects[BOX].to_numpy() / (size * 2), objects["label"]
        )
    tiles = tiles_of_row(table, image, convert)
    if not tiles:
        return None
    best = max(tiles, key=lambda tile: int(tile.learnt.sum()))
    top, left, bottom, right = best.window
    encoded, size = encoded_tile(checked, best, convert.max_side)
    boxes = (best.boxes - (left, top, left, top)) / ((right - left, bottom - top) * 2)
    return _sample(encoded, size, boxes, objects["label"].iloc[best.objects])


def _sample(encoded: bytes, size: tuple[int, int], boxes: np.ndarray, labels: pd.Series) -> Photograph:
    """Return a photograph of a width and a height, with boxes in xyxy as shares of them."""
    return Photograph(
        encoded, size[::-1], boxes[:, [1, 0, 3, 2]].astype(np.float32), labels.to_numpy(np.int32)
    )
