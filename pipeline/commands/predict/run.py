"""A run of the command ``predict``: the detector, the thresholds, and what is written for each picture."""

import sys
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pipeline.commands.predict.drawing import draw_prediction
from pipeline.commands.predict.files import FORMATS, DetectionWriter, Picture
from pipeline.serving import Prediction, Predictor
from pipeline.serving.thresholds import above

DRAWN = "drawn"
"""The name of the drawn pictures and videos among the formats, and of their folder."""


class Run:
    """Finds the objects of pictures, and writes them.

    Attributes:
        predictor: The exported detector.
        batch_size: The number of pictures of a batch.
        drawn: The folder of the drawn pictures and videos; None if none are wanted.
        done: The number of files that were read to their end.
        failed: The number of files and paths of which a line says what is wrong.
        pictures: The number of images and frames that were written.
        objects: The number of objects found.
    """

    def __init__(
        self,
        predictor: Predictor,
        thresholds: np.ndarray,
        folder: Path,
        formats: Collection[str],
        batch_size: int,
    ) -> None:
        """Start the run. The files of the formats are opened with the first picture.

        Args:
            predictor: The exported detector.
            thresholds: float32 [K], the lowest scores of the classes.
            folder: The folder of the output, which is empty.
            formats: :data:`DRAWN` and names in :data:`pipeline.commands.predict.files.FORMATS`.
            batch_size: The number of pictures of a batch.
        """
        self.predictor, self.batch_size = predictor, batch_size
        self.drawn = folder / DRAWN if DRAWN in formats else None
        self.done = self.failed = self.pictures = self.objects = 0
        self._thresholds, self._folder, self._formats = thresholds, folder, formats
        self._writers: list[DetectionWriter] = []

    def find(
        self, look: Callable[[Sequence[Any]], list[Prediction]], pictures: Sequence[Any]
    ) -> tuple[list[Prediction], float]:
        """Find the objects of a batch of pictures; return also how long that took, s.

        Args:
            look: A method of the predictor.
            pictures: What it takes.
        """
        start = time.perf_counter()
        predictions = look(pictures)
        seconds = time.perf_counter() - start
        return [above(prediction, self._thresholds) for prediction in predictions], seconds

    def write(self, file: str, stem: str, prediction: Prediction, frame: int | None = None) -> None:
        """Write the detections of a picture in all formats; see :class:`pipeline.commands.predict.files.Picture`."""
        if not self.pictures:
            config = self.predictor.config
            self._writers = [
                make(self._folder, config) for name, make in FORMATS.items() if name in self._formats
            ]
        self.pictures += 1
        self.objects += len(prediction.scores)
        for writer in self._writers:
            writer.add(Picture(self.pictures, file, stem, frame), prediction)

    def draw(self, picture: Image.Image, prediction: Prediction) -> Image.Image:
        """Return a picture with its detections."""
        return draw_prediction(picture, prediction, self.predictor.config.classes)

    def fail(self, message: str) -> None:
        """Say what is wrong with a file or a path, and count it."""
        self.failed += 1
        print(f"error: {message}", file=sys.stderr)

    def close(self) -> None:
        """Complete the files of the output."""
        for writer in self._writers:
            writer.close()
