"""Predictions of exported files that end before the suppression, alike for all formats."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from pipeline.models.detectors.base import Candidates
from pipeline.models.detectors.registry import detector_class
from pipeline.ops.images import resize
from pipeline.ops.nms import Suppression
from pipeline.serving.batches import PreparedImage, blank_invalid, in_pixels, prepare_files
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
        self._suppression = Suppression(**self.config.export.model_dump())
        self._read = tf.function(lambda encoded: prepare_files(encoded, side, self.config.bit_depth))
        self._resize = tf.function(lambda image: resize(image, side, side), reduce_retracing=True)
        self._select = tf.function(self._selected, reduce_retracing=True)

    def predict_files(self, encoded: Sequence[bytes]) -> list[Prediction]:
        """Find the objects of the contents of image files."""
        if not encoded:
            return []
        return self._predictions(self._read(tf.constant(list(encoded))))

    def predict_pixels(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        """Find the objects of decoded images."""
        if not images:
            return []
        resized = tf.stack([self._resize(tf.constant(image)) for image in images])
        sizes = tf.constant([image.shape[:2] for image in images], tf.int32)
        return self._predictions(PreparedImage(resized, sizes, tf.ones([len(images)], tf.bool)))

    def _predictions(self, prepared: PreparedImage) -> list[Prediction]:
        candidates = self._file.run(prepared.image.numpy())
        tensors = Candidates(**{name: tf.constant(value) for name, value in candidates.items()})
        return predictions_of(self._select(tensors, prepared.size_px, prepared.valid))

    def _selected(self, candidates: Candidates, sizes: tf.Tensor, valid: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the outputs of a :class:`pipeline.serving.detector.DetectorService`, without class names."""
        detections = detector_class(self.config.architecture).select(candidates, self._suppression)
        return in_pixels(blank_invalid(detections, valid), sizes) | {"sizes": sizes}
