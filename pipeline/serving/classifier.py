"""The classifier as a server loads it."""

from collections.abc import Callable, Sequence

import tensorflow as tf
import tf_keras

from pipeline.ops.images import decode_image, resize
from pipeline.serving.signatures import BYTES, PIXELS


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
