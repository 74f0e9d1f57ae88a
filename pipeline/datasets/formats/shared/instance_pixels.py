"""Reads pictures in which the value of a pixel is the number of its object."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage

from pipeline.datasets.formats.shared.extents import Box
from pipeline.datasets.formats.shared.outlines import MAX_PIXELS
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError
from pipeline.datasets.table.mask_shapes import segmentation_of
from pipeline.datasets.table.segmentations import packed

_MODES = frozenset({"1", "L", "P", "I", "I;16", "I;16B"})

_MAX_OBJECTS = 10_000


class Instance(NamedTuple):
    """An object of such a picture.

    Attributes:
        number: The value of its pixels.
        box: xmin, ymin, xmax, ymax, px.
        mask: The mask, packed.
    """

    number: int
    box: Box
    mask: bytes


def read_numbers(path: Path) -> np.ndarray:
    """Return the values of the pixels of a PNG: int64 [H, W]; those of a palette are the places in it.

    Raises:
        UnreadableAnnotationError: The file is no PNG of one channel, or it has more than 2^27 pixels.
    """
    try:
        with warnings.catch_warnings(), Image.open(path, formats=("PNG",)) as image:
            warnings.simplefilter("ignore")
            if image.mode not in _MODES:
                raise UnreadableAnnotationError(
                    f"its pixels are of the kind {image.mode}, not one number each"
                )
            if image.width * image.height > MAX_PIXELS:
                raise UnreadableAnnotationError(f"{image.width} × {image.height} pixels are too many")
            return np.asarray(image).astype(np.int64)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UnreadableAnnotationError(str(error)) from None


def instances_of(numbers: np.ndarray) -> Iterator[Instance]:
    """Yield the object of each number above 0, in the order of the numbers.

    Args:
        numbers: int64 [H, W].

    Raises:
        UnreadableAnnotationError: There are more than 10,000 numbers.
    """
    values, labels = np.unique(numbers, return_inverse=True)
    if len(values) > _MAX_OBJECTS:
        raise UnreadableAnnotationError(f"it has {len(values)} different values: it is no picture of numbers")
    labels = labels.reshape(numbers.shape) + 1
    for position, place in enumerate(ndimage.find_objects(labels)):
        if values[position] > 0:
            rows, columns = place
            pixels = labels[place] == position + 1
            mask = packed(segmentation_of(pixels, columns.start, rows.start, numbers.shape))
            box = (float(columns.start), float(rows.start), float(columns.stop), float(rows.stop))
            yield Instance(int(values[position]), box, mask)
