"""The classifier with the signatures that a server calls."""

from collections.abc import Callable, Sequence
from pathlib import Path

import tensorflow as tf
import tf_keras

from pipeline.models.trained import trained_classifier
from pipeline.ops.images import decode_image, resize
from pipeline.serving.signatures import BYTES, PIXELS


class ClassifierService(tf.Module):
    """A classifier with the signatures that a server calls.

    Both signatures return a dict for a batch of B images:

    * ``scores``: float32 [B, K], in [0, 1], the softmax over the classes 1..K.
    * ``classes``: int32 [B], in 1..K, the class with the highest score.
    * ``class_names``: string [B], the name of that class.
    * ``labels``: string [K], the names of all classes.
    """

    def __init__(self, network: tf_keras.Model, classes: Sequence[str], image_size: int) -> None:
        """Wrap a trained classifier.

        Args:
            network: float32 [B, S, S, 3], RGB in [0, 255] -> {"class": logits, float32 [B, K]}.
            classes: The names of the classes 1..K.
            image_size: S, px.
        """
        super().__init__(name="classifier")
        self.network = network
        self.names = tf.constant(list(classes))
        self._image_size = image_size

    @tf.function(input_signature=[BYTES])
    def from_bytes(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Classify encoded JPEG or PNG images, string [B], of any sizes. EXIF rotation is not applied."""
        return self._classify(self._map(lambda encoded: self._prepare(decode_image(encoded)), image_bytes))

    @tf.function(input_signature=[PIXELS])
    def from_tensor(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Classify decoded images of one size, uint8 [B, H, W, 3], RGB."""
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


def load_classifier(directory: Path) -> ClassifierService:
    """Build the classifier of a model directory, with its weights.

    Raises:
        PipelineError: The directory does not hold a trained classifier.
    """
    config, _, network = trained_classifier(directory)
    return ClassifierService(network, config.classes, config.image_size)
