"""Exported detectors, whatever the format of their file, as one kind of object."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from pipeline.serving.exported_config import ExportedDetector
from pipeline.serving.prediction import Prediction
from pipeline.serving.saved_model import load, read_exported_config


class Predictor(ABC):
    """An exported detector, which finds the objects of pictures.

    Attributes:
        config: What the file knows of itself: the classes, the side of the network's input, the suppression.
    """

    config: ExportedDetector

    @abstractmethod
    def predict_files(self, encoded: Sequence[bytes]) -> list[Prediction]:
        """Find the objects of the contents of image files, of any sizes, as one batch. EXIF rotation is applied.

        An element that is no image has a prediction that is not valid.
        """

    @abstractmethod
    def predict_pixels(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        """Find the objects of decoded images, uint8 [H, W, 3] each, RGB, as one batch."""


class SavedModelPredictor(Predictor):
    """A detector that was exported as a SavedModel."""

    def __init__(self, folder: Path) -> None:
        """Load the SavedModel of a model.

        Args:
            folder: The folder of the model, such as ``models/exported/detector``, which holds a folder of its version.

        Raises:
            PipelineError: The folder holds no SavedModel of this project's detectors.
        """
        self._model = load(folder)
        self.config = read_exported_config(folder)

    def predict_files(self, encoded: Sequence[bytes]) -> list[Prediction]:
        """Find the objects of the contents of image files."""
        if not encoded:
            return []
        return predictions_of(self._model.signatures["serving_default"](tf.constant(list(encoded))))

    def predict_pixels(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        """Find the objects of decoded images. Those of one size run as one batch."""
        found: dict[int, Prediction] = {}
        for size in dict.fromkeys(image.shape for image in images):
            indices = [index for index, image in enumerate(images) if image.shape == size]
            batch = tf.constant(np.stack([images[index] for index in indices]))
            found |= zip(indices, predictions_of(self._model.signatures["from_tensor"](batch)), strict=True)
        return [found[index] for index in range(len(images))]


def predictions_of(outputs: dict[str, Any]) -> list[Prediction]:
    """Return the predictions of the B images of a batch.

    Args:
        outputs: The tensors that :class:`pipeline.serving.detector.DetectorService` describes.
    """
    arrays = {name: value.numpy() for name, value in outputs.items()}
    return [
        _prediction({name: value[row] for name, value in arrays.items()})
        for row in range(len(arrays["num_detections"]))
    ]


def _prediction(row: dict[str, np.ndarray]) -> Prediction:
    """Return the prediction of one image from its rows of the outputs."""
    count = int(row["num_detections"])
    height, width = row["sizes"].tolist()
    return Prediction(
        size_px=(height, width),
        boxes=row["boxes"][:count],
        scores=row["scores"][:count],
        classes=row["classes"][:count],
        masks=row["masks"][:count] if "masks" in row else None,
        keypoints=row["keypoints"][:count] if "keypoints" in row else None,
        valid=bool(row["valid"]),
    )
