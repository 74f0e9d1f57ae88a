"""The images on which the ranges of an int8 file's activations are measured."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.inputs.examples import records
from pipeline.ops.images import STORED_BITS
from pipeline.serving.batches import prepare_files

IMAGES = 100
"""Number of images, from the first of the train split on. The ranges hardly change with more."""


def calibration_images(converted: Path, image_size: int) -> Iterator[np.ndarray]:
    """Yield images of the train split as the network sees them in use, without augmentation.

    Args:
        converted: Folder of the converted dataset.
        image_size: S, the side of the network's input, px.

    Yields:
        float32 [S, S, 3], RGB in [0, 255].
    """
    encoded = records(converted, "train").take(IMAGES).map(lambda example: example.encoded)
    for batch in encoded.batch(1):
        images = prepare_files(batch, image_size, STORED_BITS).image  # records have 8 bits
        yield images[0].numpy()
