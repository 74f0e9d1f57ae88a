"""Batches as a server receives them: an element may be no image, and a batch may be empty."""

from collections.abc import Callable, Mapping

import tensorflow as tf

from pipeline.ops.images import decode_image, resize


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


def decode_and_resize(image_bytes: tf.Tensor, side: int) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Decode a batch of image files and resize them to the input of a network.

    Args:
        image_bytes: string [B], JPEG or PNG files of any sizes.
        side: S, the side of the network's input, px.

    Returns:
        The images, float32 [B, S, S, 3], RGB in [0, 255]; their sizes before, int32 [B, 2], height and width, px; and
        whether they could be decoded, bool [B].
    """

    def read(encoded: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        image, valid = decode_or_blank(encoded)
        return resize(image, side, side), tf.shape(image)[:2], valid

    signature = (
        tf.TensorSpec([side, side, 3], tf.float32),
        tf.TensorSpec([2], tf.int32),
        tf.TensorSpec([], tf.bool),
    )
    return tf.map_fn(read, image_bytes, fn_output_signature=signature)


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
