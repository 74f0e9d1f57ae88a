"""The classifier with the signatures that a server calls."""

from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf
import tf_keras

from pipeline.models.trained import trained_classifier
from pipeline.ops.images import resize
from pipeline.serving.batches import decode_or_blank, run_batch
from pipeline.serving.signatures import BYTES, PIXELS


class ClassifierService(tf.Module):
    """A classifier with the signatures that a server calls.

    Both signatures return a dict for a batch of B images:

    * ``scores``: float32 [B, K], in [0, 1], the softmax over the classes 1..K.
    * ``classes``: int32 [B], in 1..K, the class with the highest score.
    * ``class_names``: string [B], the name of that class.
    * ``labels``: string [K], the names of all classes.
    * ``valid``: bool [B], False for an element that is no image or a damaged one. Its scores are zeros, its class is 0
      and has an empty name.
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
        self.names = tf.constant(["", *classes])
        self._image_size = image_size
        self._prepared = tf.TensorSpec([image_size, image_size, 3], tf.float32)

    @tf.function(input_signature=[BYTES])
    def from_bytes(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Classify encoded JPEG or PNG images, string [B], of any sizes. EXIF rotation is not applied."""

        def read(encoded: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            image, valid = decode_or_blank(encoded)
            return self._prepare(image), valid

        signature = (self._prepared, tf.TensorSpec([], tf.bool))
        return self._classify(*tf.map_fn(read, image_bytes, fn_output_signature=signature))

    @tf.function(input_signature=[PIXELS])
    def from_tensor(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Classify decoded images of one size, uint8 [B, H, W, 3], RGB."""
        prepared = tf.map_fn(self._prepare, images, fn_output_signature=self._prepared)
        return self._classify(prepared, tf.ones(tf.shape(images)[:1], tf.bool))

    def _prepare(self, image: tf.Tensor) -> tf.Tensor:
        return resize(image, self._image_size, self._image_size)

    def _classify(self, images: tf.Tensor, valid: tf.Tensor) -> dict[str, tf.Tensor]:
        def scored(batch: tf.Tensor) -> dict[str, tf.Tensor]:
            scores = tf.nn.softmax(self.network(batch, training=False)["class"])
            return {"scores": scores, "classes": tf.argmax(scores, axis=-1, output_type=tf.int32) + 1}

        outputs = run_batch(scored, images, valid)
        return outputs | {
            "class_names": tf.gather(self.names, outputs["classes"]),
            "labels": self.names[1:],
        }


def load_classifier(directory: Path) -> ClassifierService:
    """Build the classifier of a model directory, with its weights.

    Raises:
        PipelineError: The directory does not hold a trained classifier.
    """
    config, _, network = trained_classifier(directory)
    return ClassifierService(network, config.classes, config.image_size)
