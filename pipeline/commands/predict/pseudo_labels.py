"""A dataset of image files with the boxes that a detector found, for the writers of annotation formats."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.commands.predict.images import image_batches
from pipeline.commands.predict.sources import Source
from pipeline.datasets.converted.checked_dataset import ConvertedDataset, WrittenImage, WrittenObject
from pipeline.errors import PipelineError
from pipeline.serving import Prediction

SPLIT = "train"
"""The split that the images are written into: who corrects the labels wants to train on them."""


@dataclass(frozen=True)
class PseudoLabels(ConvertedDataset):
    """Image files, read anew when they are written, with the boxes that were found in them.

    Attributes:
        sources: The files, in the order of ``images``.
    """

    sources: Sequence[Source] = ()

    def of_split(self, split: str) -> Iterator[WrittenImage]:
        """Iterate over the images. All are of one split."""
        if split != SPLIT:
            return
        for number, source in enumerate(self.sources, start=1):
            for ((_, checked),) in image_batches([source], 1, _vanished, lambda _: None):
                objects = [WrittenObject(*each) for each in self._objects_of(number)]
                yield WrittenImage(number, *self._rows[number], checked.format, checked.data, objects)

    @property
    def issues(self) -> dict[str, list[str]]:
        """None: the images are not those of a checked dataset."""
        return {}


def pseudo_labels(
    found: Sequence[tuple[Source, Prediction]], class_names: list[str], folder: Path
) -> PseudoLabels:
    """Return the dataset of images and their predictions.

    Args:
        found: The images with the detections that are taken as labels.
        class_names: The names of the classes 1..K.
        folder: The folder of the images, for messages.
    """
    images = pd.DataFrame(
        [
            (number, Path(source.file).as_posix(), prediction.size_px[1], prediction.size_px[0], SPLIT)
            for number, (source, prediction) in enumerate(found, start=1)
        ],
        columns=["id", "file", "width", "height", "split"],
    )
    counts = [len(prediction.scores) for _, prediction in found]
    boxes = np.concatenate([np.zeros((0, 4)), *(prediction.boxes for _, prediction in found)])
    y_min, x_min, y_max, x_max = boxes.round(2).T
    objects = pd.DataFrame(
        {
            "image_id": np.repeat(images["id"].to_numpy(np.int64), counts),
            "label": np.concatenate([np.zeros(0, np.int64), *(each.classes for _, each in found)]),
            "xmin": x_min,
            "ymin": y_min,
            "xmax": x_max,
            "ymax": y_max,
            "difficult": 0,
            "crowd": 0,
            "area": (x_max - x_min) * (y_max - y_min),
        }
    )
    return PseudoLabels(images, objects, class_names, folder, sources=[source for source, _ in found])


def _vanished(message: str) -> None:
    raise PipelineError(f"{message}; it could be read when the detector looked at it")
