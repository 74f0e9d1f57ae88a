"""The embedding of images: the pooled last feature map of a backbone."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras

from pipeline.inputs.crops import Crop, unaugmented_crop, window_of
from pipeline.inputs.examples import batched
from pipeline.models.classifier import last_map
from pipeline.models.trained import zoo_backbone


class Embedder:
    """A backbone with global average pooling, whose outputs have length 1."""

    def __init__(self, directory: Path) -> None:
        """Load the backbone.

        Args:
            directory: The model directory of the zoo.

        Raises:
            PipelineError: The directory holds no backbone.
        """
        _, backbone = zoo_backbone(directory)
        pooled = tf_keras.layers.GlobalAveragePooling2D(dtype="float32")(last_map(backbone.output))
        self._embed = tf.function(tf_keras.Model(backbone.input, pooled), reduce_retracing=True)

    def __call__(self, images: tf.Tensor) -> np.ndarray:
        """Return the embeddings of images, float32 [B, S, S, 3], RGB in [0, 255]: float32 [B, C], of length 1."""
        return tf.math.l2_normalize(self._embed(images, training=False), axis=-1).numpy()


def embeddings(
    embedder: Embedder, crops: tf.data.Dataset, *, image_size: int, batch_size: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Embed crops or whole images.

    Args:
        crops: A dataset of :class:`pipeline.inputs.crops.Crop`.
        image_size: Side to which each is resized, px.
        batch_size: Number of crops in a batch.

    Yields:
        The embeddings of a batch, float32 [B, C]; their image ids, int64 [B]; their windows, float32 [B, 4], yxyx, px;
        and their labels, int32 [B].
    """

    def prepare(crop: Crop) -> tuple[tf.Tensor, ...]:
        return unaugmented_crop(crop, image_size), crop.image_id, window_of(crop), crop.label

    for images, ids, windows, labels in batched(crops, prepare, batch_size, drop_remainder=False):
        yield embedder(images), ids.numpy(), windows.numpy(), labels.numpy()
