"""Predictions of exported files that end before the suppression, alike for all formats."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from pipeline.models.detectors.base import Candidates
from pipeline.models.detectors.registry import DETECTORS
from pipeline.ops.images import resize
from pipeline.ops.nms import Suppression
from pipeline.serving.batches import decode_and_resize, in_pixels, run_batch
from pipeline.serving.formats.candidate_file import CandidateFile
from pipeline.serving.formats.onnx import OnnxFile
from pipeline.serving.formats.openvino import OpenvinoFile
from pipeline.serving.formats.tflite import TfliteFile
from pipeline.serving.prediction import Prediction
from pipeline.serving.predictor import Predictor, predictions_of

READERS: dict[str, Callable[[Path, int], CandidateFile]] = {
    ".tflite": TfliteFile,
    ".onnx": OnnxFile,
    ".xml": OpenvinoFile,
}
"""Suffix of a file -> what opens it with a number of threads. The runtime of the format is imported by then."""


class CandidatePredictor(Predictor):
    """A detector whose file ends before the suppression.

    The images are prepared, and the detections chosen, by the functions that are inside a SavedModel.
    """

    def __init__(self, file: CandidateFile) -> None:
        """Wrap an open file."""
        self._file = file
        self.config = file.config
        side = self.config.image_size
        suppression = Suppression(**self.config.export.model_dump())
        select = DETECTORS[self.config.architecture].select
        self._read = tf.function(lambda encoded: decode_and_resize(encoded, side))
        self._resize = tf.function(lambda image: resize(image, side, side), reduce_retracing=True)
        self._select = tf.function(lambda candidates: select(candidates, suppression), reduce_retracing=True)

    def predict_files(self, encoded: Sequence[bytes]) -> list[Prediction]:
        """Find the objects of the contents of image files."""
        return self._predictions(*self._read(tf.constant(list(encoded), tf.string, [len(encoded)])))

    def predict_pixels(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        """Find the objects of decoded images."""
        if not images:
            return []
        prepared = tf.stack([self._resize(tf.constant(image)) for image in images])
        sizes = tf.constant([image.shape[:2] for image in images], tf.int32)
        return self._predictions(prepared, sizes, tf.ones([len(images)], tf.bool))

    def _predictions(self, images: tf.Tensor, sizes: tf.Tensor, valid: tf.Tensor) -> list[Prediction]:
        """Return the predictions of prepared images, float32 [B, S, S, 3], of their sizes before, int32 [B, 2], px."""
        detections = in_pixels(run_batch(self._detections, images, valid), sizes)
        return predictions_of(detections | {"sizes": tf.where(valid[:, None], sizes, 0)})

    def _detections(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        candidates = self._file.run(images.numpy())
        return self._select(Candidates(**{name: tf.constant(value) for name, value in candidates.items()}))
