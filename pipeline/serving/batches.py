"""Batches as a server receives them: an element may be no image, and a batch may be empty."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import tensorflow as tf

from pipeline.ops import exif
from pipeline.ops.images import decode_any, decode_stored, resize


class PreparedImage(NamedTuple):
    """An image file as the network receives it.

    Attributes:
        image: float32 [S, S, 3], RGB in [0, 255], upright.
        size_px: int32 [2], height and width of the upright image, px; 0 if it is not valid.
        valid: bool [], whether the file could be decoded. If not, the image is black.
    """

    image: tf.Tensor
    size_px: tf.Tensor
    valid: tf.Tensor


def prepare_files(encoded: tf.Tensor, size: int, bit_depth: int) -> PreparedImage:
    """Decode image files, turn them upright and resize them, as the convert stage and the training do.

    Args:
        encoded: string [B], of any bytes.
        size: S, px.
        bit_depth: The bits that grey images of 16 bits a channel use in the dataset: 10, 12, 14 or 16.

    Returns:
        The fields with an axis [B] before the others.
    """
    signature = PreparedImage(
        tf.TensorSpec([size, size, 3], tf.float32), tf.TensorSpec([2], tf.int32), tf.TensorSpec([], tf.bool)
    )
    blank = PreparedImage(tf.zeros([size, size, 3]), tf.zeros([2], tf.int32), tf.constant(False))

    def prepare(data: tf.Tensor) -> PreparedImage:
        stored, stored_px = decode_any(data, size, bit_depth)
        turned = exif.orientation(data)
        # A square can be turned after it was resized, when it has fewer pixels.
        image = tf.ensure_shape(exif.turn_upright(resize(stored, size, size), turned), signature.image.shape)
        return PreparedImage(image, exif.upright_size(stored_px, turned), tf.constant(True))

    def prepare_or_blank(data: tf.Tensor) -> PreparedImage:
        # Only tf.data can go on after an operation has failed.
        prepared = tf.data.Dataset.from_tensors(data).map(prepare).ignore_errors()
        return prepared.concatenate(tf.data.Dataset.from_tensors(blank)).take(1).get_single_element()

    return tf.map_fn(prepare_or_blank, encoded, fn_output_signature=signature)


def decode_upright(encoded: tf.Tensor, bit_depth: int) -> tf.Tensor:
    """Decode an image file in full and turn it upright, as :func:`prepare_files` does before it resizes.

    Args:
        encoded: string [], a JPEG or PNG file.
        bit_depth: The bits that grey images of 16 bits a channel use in the dataset: 10, 12, 14 or 16.

    Returns:
        uint8 [H, W, 3], RGB.
    """
    return exif.turn_upright(decode_stored(encoded, bit_depth), exif.orientation(encoded))


def prepare_pixels(images: tf.Tensor, size: int) -> PreparedImage:
    """Resize decoded images of one size, uint8 [B, H, W, 3], RGB, as :func:`prepare_files` does."""
    shape = tf.shape(images)
    batch = shape[0]
    return PreparedImage(
        image=tf.ensure_shape(resize(images, size, size), [None, size, size, 3]),
        size_px=tf.tile(shape[None, 1:3], [batch, 1]),
        valid=tf.ones([batch], tf.bool),
    )


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
    # Not tf.pad: oneDNN fuses it with a convolution that follows, and then pads the height and width only.
    filler = tf.zeros(tf.concat([[missing], tf.shape(images)[1:]], axis=0), images.dtype)
    outputs = run(tf.ensure_shape(tf.concat([images, filler], axis=0), [None, *images.shape[1:]]))
    return blank_invalid({name: value[:batch] for name, value in outputs.items()}, valid)


def blank_invalid(outputs: Mapping[str, tf.Tensor], valid: tf.Tensor) -> dict[str, tf.Tensor]:
    """Replace the outputs of invalid images by zeros.

    Args:
        outputs: Numbers of the shape [B, ...].
        valid: bool [B].

    Returns:
        The outputs, and "valid".
    """
    return {name: _where(valid, value) for name, value in outputs.items()} | {"valid": valid}


def in_pixels(detections: Mapping[str, tf.Tensor], sizes: tf.Tensor) -> dict[str, tf.Tensor]:
    """Scale normalised detections to the pixels of their images.

    Args:
        detections: The detections of B images, as :meth:`pipeline.models.detectors.base.Detector.decode` returns them.
        sizes: int32 [B, 2], height and width of the images, px.

    Returns:
        The same, with "boxes" in px, yxyx, and the places of "keypoints" in px, x before y.
    """
    scale = tf.cast(tf.tile(sizes, [1, 2]), tf.float32)[:, None, :]
    scaled = {**detections, "boxes": detections["boxes"] * scale}
    if "keypoints" in detections:
        y, x, visible = tf.unstack(detections["keypoints"], axis=-1)
        height, width = scale[..., :1], scale[..., 1:2]
        scaled["keypoints"] = tf.stack([x * width, y * height, visible], axis=-1)
    return scaled


def _where(valid: tf.Tensor, value: tf.Tensor) -> tf.Tensor:
    shape = tf.concat([tf.shape(valid), tf.ones([value.shape.rank - 1], tf.int32)], axis=0)
    return tf.where(tf.reshape(valid, shape), value, tf.zeros_like(value))
