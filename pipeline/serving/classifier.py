"""The classifier with the signatures that a server calls."""

from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf
import tf_keras

from pipeline.models.trained import trained_classifier
from pipeline.ops.images import STORED_BITS
from pipeline.serving.batches import PreparedImage, prepare_files, prepare_pixels, run_batch
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

    def __init__(
        self,
        network: tf_keras.Model,
        classes: Sequence[str],
        image_size: int,
        bit_depth: int = STORED_BITS,
    ) -> None:
        """Wrap a trained classifier.

        Args:
            network: float32 [B, S, S, 3], RGB in [0, 255] -> {"class": logits, float32 [B, K]}.
            classes: The names of the classes 1..K.
            image_size: S, px.
            bit_depth: The bits that grey images of 16 bits a channel use in the dataset: 10, 12, 14 or 16.
        """
        super().__init__(name="classifier")
        self.network = network
        self.names = tf.constant(["", *classes])
        self._image_size = image_size
        self._bit_depth = bit_depth

    @tf.function(input_signature=[BYTES])
    def from_bytes(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Classify encoded JPEG or PNG images, string [B], of any sizes. EXIF rotation is applied."""
        return self._classify(prepare_files(image_bytes, self._image_size, self._bit_depth))

    @tf.function(input_signature=[PIXELS])
    def from_tensor(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Classify decoded images of one size, uint8 [B, H, W, 3], RGB."""
        return self._classify(prepare_pixels(images, self._image_size))

    def _classify(self, prepared: PreparedImage) -> dict[str, tf.Tensor]:
        def scored(batch: tf.Tensor) -> dict[str, tf.Tensor]:
            scores = tf.nn.softmax(self.network(batch, training=False)["class"])
            return {"scores": scores, "classes": tf.argmax(scores, axis=-1, output_type=tf.int32) + 1}

        outputs = run_batch(scored, prepared.image, prepared.valid)
        return outputs | {
            "class_names": tf.gather(self.names, outputs["classes"]),
            "labels": self.names[1:],
        }


def load_classifier(directory: Path, bit_depth: int) -> ClassifierService:
    """Build the classifier of a model directory, with its weights.

    Args:
        bit_depth: The bits that grey images of 16 bits a channel use in the dataset: 10, 12, 14 or 16.

    Raises:
        PipelineError: The directory does not hold a trained classifier.
    """
    config, _, network = trained_classifier(directory)
    return ClassifierService(network, config.classes, config.image_size, bit_depth)
