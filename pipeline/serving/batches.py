"""Batches as a server receives them: an element may be no image, and a batch may be empty."""

from collections.abc import Callable, Mapping

import tensorflow as tf

from pipeline.ops.images import decode_image


def decode_or_blank(encoded: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Decode an image file, whatever its bytes are.

    Args:
        encoded: string [].

    Returns:
        The image, uint8 [H, W, 3], RGB, and whether it could be decoded, bool []. If not, the image is one black pixel.
    """
    # Only tf.data can go on after an operation has failed.
    decoded = tf.data.Dataset.from_tensors(encoded).map(lambda data: (decode_image(data), True))
    blank = tf.data.Dataset.from_tensors((tf.zeros([1, 1, 3], tf.uint8), False))
    return decoded.ignore_errors().concatenate(blank).take(1).get_single_element()


def run_batch(
    run: Callable[[tf.Tensor], Mapping[str, tf.Tensor]], images: tf.Tensor, valid: tf.Tensor
) -> dict[str, tf.Tensor]:
    """Run a network with its post-processing on a batch that may be empty, and blank the outputs of invalid images.

    Args:
        run: Images, float32 [B, S, S, 3] with B of at least 1 -> outputs by name, numbers of the shape [B, ...].
        images: float32 [B, S, S, 3].
        valid: bool [B].

    Returns:
        The outputs, which are zeros where an image is not valid, and "valid", bool [B].
    """
    batch = tf.shape(images)[0]
    missing = tf.maximum(1 - batch, 0)  # suppression and some layers refuse an empty batch
    outputs = run(tf.pad(images, [[0, missing], [0, 0], [0, 0], [0, 0]]))
    blanked = {name: _where(valid, value[:batch]) for name, value in outputs.items()}
    return blanked | {"valid": valid}


def _where(valid: tf.Tensor, value: tf.Tensor) -> tf.Tensor:
    shape = tf.concat([tf.shape(valid), tf.ones([value.shape.rank - 1], tf.int32)], axis=0)
    return tf.where(tf.reshape(valid, shape), value, tf.zeros_like(value))
