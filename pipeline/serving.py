"""What ships: tf.Modules whose SavedModel does the decoding, the preprocessing and the post-processing itself."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
import tf_keras
from tensorflow.core.protobuf import fingerprint_pb2

from pipeline.models.detector import Detector
from pipeline.ops.images import decode_image, resize

BYTES = tf.TensorSpec([None], tf.string, name="image_bytes")
PIXELS = tf.TensorSpec([None, None, None, 3], tf.uint8, name="images")


class DetectorService(tf.Module):
    """A detector as a server loads it.

    Both signatures return, a batch of B images and at most D detections each: ``boxes`` float32 [B, D, 4], yxyx, in
    pixels of the original image; ``scores`` float32 [B, D], descending; ``classes`` int32 [B, D], in 1..K;
    ``class_names`` string [B, D]; ``num_detections`` int32 [B]. Rows past that number are zeros and empty names.
    A detector of masks also returns ``masks`` float32 [B, D, M, M]: the probability that the object is there, in
    the frame of its box, which is the whole of the M x M cells.
    """

    def __init__(
        self,
        detector: Detector,
        classes: Sequence[str],
        image_size: int,
        *,
        score_threshold: float,
        nms_iou: float,
        max_detections: int,
    ) -> None:
        """Wrap a trained detector; ``classes`` are the names of 1..K, ``image_size`` is the network's, px."""
        super().__init__(name="detector")
        self.network = detector.network
        self.names = tf.constant(["", *classes])
        self._decode = detector.decode
        self._image_size = image_size
        self._thresholds: dict[str, Any] = {
            "score_threshold": score_threshold,
            "nms_iou": nms_iou,
            "max_detections": max_detections,
        }

    @tf.function(input_signature=[BYTES])
    def from_bytes(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Detect in encoded JPEG or PNG images of any sizes; EXIF rotation is not applied."""

        def read(encoded: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            image = decode_image(encoded)
            return self._prepare(image), tf.shape(image)[:2]

        shape = [self._image_size, self._image_size, 3]
        signature = (tf.TensorSpec(shape, tf.float32), tf.TensorSpec([2], tf.int32))
        images, sizes = tf.map_fn(read, image_bytes, fn_output_signature=signature)
        return self._detect(images, sizes)

    @tf.function(input_signature=[PIXELS])
    def from_tensor(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Detect in decoded RGB images of one size."""
        sizes = tf.tile(tf.shape(images)[None, 1:3], [tf.shape(images)[0], 1])
        shape = tf.TensorSpec([self._image_size, self._image_size, 3], tf.float32)
        return self._detect(tf.map_fn(self._prepare, images, fn_output_signature=shape), sizes)

    def _prepare(self, image: tf.Tensor) -> tf.Tensor:
        return resize(image, self._image_size, self._image_size)

    def _detect(self, images: tf.Tensor, sizes: tf.Tensor) -> dict[str, tf.Tensor]:
        found = self._decode(self.network(images, training=False), **self._thresholds)
        scale = tf.cast(tf.tile(sizes, [1, 2]), tf.float32)[:, None, :]
        return found | {
            "boxes": found["boxes"] * scale,
            "class_names": tf.gather(self.names, found["classes"]),
        }


class ClassifierService(tf.Module):
    """A classifier as a server loads it.

    Both signatures return, for a batch of B images: ``scores`` float32 [B, K], softmax over the classes 1..K;
    ``classes`` int32 [B], the best one, in 1..K; ``class_names`` string [B], its name; ``labels`` string [K].
    """

    def __init__(self, network: tf_keras.Model, classes: Sequence[str], image_size: int) -> None:
        """Wrap a trained classifier; ``classes`` are the names of 1..K, ``image_size`` is the network's, px."""
        super().__init__(name="classifier")
        self.network = network
        self.names = tf.constant(list(classes))
        self._image_size = image_size

    @tf.function(input_signature=[BYTES])
    def from_bytes(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Classify encoded JPEG or PNG images of any sizes; EXIF rotation is not applied."""
        return self._classify(self._map(lambda encoded: self._prepare(decode_image(encoded)), image_bytes))

    @tf.function(input_signature=[PIXELS])
    def from_tensor(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Classify decoded RGB images of one size."""
        return self._classify(self._map(self._prepare, images))

    def _prepare(self, image: tf.Tensor) -> tf.Tensor:
        return resize(image, self._image_size, self._image_size)

    def _map(self, prepare: Callable[[tf.Tensor], tf.Tensor], images: tf.Tensor) -> tf.Tensor:
        shape = tf.TensorSpec([self._image_size, self._image_size, 3], tf.float32)
        return tf.map_fn(prepare, images, fn_output_signature=shape)

    def _classify(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        scores = tf.nn.softmax(self.network(images, training=False)["class"])
        best = tf.argmax(scores, axis=-1, output_type=tf.int32)
        return {
            "scores": scores,
            "classes": best + 1,
            "class_names": tf.gather(self.names, best),
            "labels": self.names,
        }


def save(service: Any, folder: Path) -> None:
    """Write a service as a SavedModel with the signatures ``serving_default`` and ``from_tensor``."""
    signatures = {"serving_default": service.from_bytes, "from_tensor": service.from_tensor}
    tf.saved_model.save(service, str(folder), signatures=signatures)
    _drop_random_id(folder / "fingerprint.pb")


def _drop_random_id(path: Path) -> None:
    """Take out the one thing in a SavedModel that is drawn anew each time, so that equal models are equal files."""
    fingerprint = fingerprint_pb2.FingerprintDef.FromString(path.read_bytes())
    fingerprint.uuid = ""
    path.write_bytes(fingerprint.SerializeToString(deterministic=True))
