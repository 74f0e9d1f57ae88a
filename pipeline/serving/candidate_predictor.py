"""Predictions of exported files that end before the suppression, alike for all formats."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from pipeline.models.detectors.base import Candidates
from pipeline.models.detectors.registry import detector_class
from pipeline.ops.images import resize
from pipeline.ops.nms import Suppression
from pipeline.serving.batches import PreparedImage, in_pixels, prepare_files, run_batch
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
        select = detector_class(self.config.architecture).select
        self._read = tf.function(lambda encoded: prepare_files(encoded, side, self.config.bit_depth))
        self._resize = tf.function(lambda image: resize(image, side, side), reduce_retracing=True)
        self._select = tf.function(lambda candidates: select(candidates, suppression), reduce_retracing=True)

    def predict_files(self, encoded: Sequence[bytes]) -> list[Prediction]:
        """Find the objects of the contents of image files."""
        return self._predictions(self._read(tf.constant(list(encoded), tf.string, [len(encoded)])))

    def predict_pixels(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        """Find the objects of decoded images."""
        if not images:
            return []
        resized = tf.stack([self._resize(tf.constant(image)) for image in images])
        sizes = tf.constant([image.shape[:2] for image in images], tf.int32)
        return self._predictions(PreparedImage(resized, sizes, tf.ones([len(images)], tf.bool)))

    def _predictions(self, prepared: PreparedImage) -> list[Prediction]:
        detections = run_batch(self._detections, prepared.image, prepared.valid)
        return predictions_of(in_pixels(detections, prepared.size_px) | {"sizes": prepared.size_px})

    def _detections(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        candidates = self._file.run(images.numpy())
        return self._select(Candidates(**{name: tf.constant(value) for name, value in candidates.items()}))
