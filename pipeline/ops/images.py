"""Decoding and resampling of images."""

from collections.abc import Callable

import tensorflow as tf

FILL = 124.0
"""Grey value outside the image, near the mean of natural photographs (124, 116 and 104 on ImageNet)."""

STORED_BITS = 16
"""Bits a channel of the values in a file of more than 8 bits."""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_PNG_HEAD, _PNG_BIT_DEPTH = 26, 24
"""Bytes of a PNG up to its colour type, and the place of its bit depth, which the colour type follows."""


def decode_image(encoded: tf.Tensor) -> tf.Tensor:
    """Decode a JPEG or PNG file: string [] -> uint8 [H, W, 3], RGB. EXIF rotation is not applied."""
    image = tf.io.decode_image(encoded, channels=3, expand_animations=False)
    return tf.ensure_shape(image, [None, None, 3])


def decode_for_window(encoded: tf.Tensor, size_px: tf.Tensor, window: tf.Tensor, size: int) -> tf.Tensor:
    """Decode an image file, of which a window is then resampled to ``size`` px, no finer than that needs.

    A JPEG is decoded at the least of 1, 1/2, 1/4 and 1/8 of its size at which the window has at least ``size`` px a
    side. The decoder leaves out the high frequencies then, so a large photograph takes much less time.

    Args:
        encoded: string [], JPEG or PNG.
        size_px: int32 [2], height and width of the image.
        window: float32 [4], yxyx, in normalised coordinates of the image.
        size: Side of the result of the resampling, px.

    Returns:
        uint8 [H, W, 3], RGB, the whole image.
    """
    window_px = (window[2:] - window[:2]) * tf.cast(size_px, tf.float32)
    shrinkage = tf.reduce_min(window_px) / size
    reductions = [
        lambda ratio=ratio: tf.io.decode_jpeg(encoded, channels=3, ratio=ratio) for ratio in (2, 4, 8)
    ]
    choice = tf.cast(
        tf.math.floor(tf.math.log(tf.clip_by_value(shrinkage, 1.0, 8.0)) / tf.math.log(2.0)), tf.int32
    )
    image = tf.switch_case(
        tf.where(tf.io.is_jpeg(encoded), choice, 0), [lambda: decode_image(encoded), *reductions]
    )
    return tf.ensure_shape(image, [None, None, 3])


def decode_any(encoded: tf.Tensor, size: int, bit_depth: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Decode a JPEG or PNG file of any kind that is then resized to ``size`` px, no finer than that needs.

    The image is as :func:`decode_for_window` returns it. Of a grey PNG of 16 bits, the values are scaled as the convert
    stage scales them (:mod:`pipeline.datasets.checks.bit_depth`); of others with 16 bits, the high byte is taken.

    Args:
        encoded: string [].
        size: Side of the result of the resizing, px.
        bit_depth: The bits that the values of 16 bits use: 10, 12, 14 or 16. Greater values are clipped.

    Returns:
        uint8 [H, W, 3], RGB, as the file stores it, without EXIF rotation; and height and width of the stored image,
        int32 [2], which are greater than H and W for a JPEG that is decoded at a fraction of its size.
    """

    def decode_jpeg() -> tuple[tf.Tensor, tf.Tensor]:
        size_px = tf.io.extract_jpeg_shape(encoded)[:2]
        return decode_for_window(encoded, size_px, tf.constant([0.0, 0.0, 1.0, 1.0]), size), size_px

    def decode_whole() -> tuple[tf.Tensor, tf.Tensor]:
        image = decode_stored(encoded, bit_depth)
        return image, tf.shape(image)[:2]

    image, size_px = tf.cond(tf.io.is_jpeg(encoded), decode_jpeg, decode_whole)
    return tf.ensure_shape(image, [None, None, 3]), tf.ensure_shape(size_px, [2])


def decode_stored(encoded: tf.Tensor, bit_depth: int) -> tf.Tensor:
    """Decode a JPEG or PNG file of any kind in full; see :func:`decode_any`.

    Returns:
        uint8 [H, W, 3], RGB, as the file stores it, without EXIF rotation.
    """
    depth_and_colours = tf.strings.substr(tf.strings.substr(encoded, 0, _PNG_HEAD), _PNG_BIT_DEPTH, 2)
    is_deep = _is_png(encoded) & tf.equal(depth_and_colours, b"\x10\x00")
    return tf.cond(is_deep, lambda: _decode_deep(encoded, bit_depth), lambda: decode_image(encoded))


def _is_png(encoded: tf.Tensor) -> tf.Tensor:
    return tf.equal(tf.strings.substr(encoded, 0, len(_PNG_SIGNATURE)), _PNG_SIGNATURE)


def _decode_deep(encoded: tf.Tensor, bit_depth: int) -> tf.Tensor:
    """Decode a grey PNG of 16 bits, of whose values only ``bit_depth`` bits are used, to uint8 [H, W, 3]."""
    most = 2.0**bit_depth - 1.0
    grey = tf.cast(tf.io.decode_png(encoded, channels=1, dtype=tf.uint16), tf.float64)
    scaled = tf.minimum(grey, most) / (most / 255.0)
    return tf.tile(tf.cast(scaled, tf.uint8), [1, 1, 3])


def resize(image: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Resize with bilinear interpolation, antialiased when the image shrinks.

    Training, evaluation and serving all call this function, so they see the same pixels.

    Args:
        image: uint8 or float32 [H, W, 3], or a batch of images, [B, H, W, 3].
        height: Height of the result, px.
        width: Width of the result, px.

    Returns:
        float32 [height, width, 3], or a batch, in the value range of ``image``.
    """
    return tf.image.resize(image, [height, width], antialias=True)


def decode_window(encoded: tf.Tensor, window_px: tf.Tensor) -> tf.Tensor:
    """Decode a window of a JPEG or PNG file. The rest of a JPEG is not decoded.

    Args:
        encoded: string [].
        window_px: int32 [4], yxyx, in pixels, within the image.

    Returns:
        uint8 [H, W, 3], RGB, the pixels that :func:`decode_image` returns for the window.
    """
    top, left, bottom, right = tf.unstack(window_px)
    corner_and_sides = tf.stack([top, left, bottom - top, right - left])
    image = tf.cond(
        tf.io.is_jpeg(encoded),
        lambda: tf.io.decode_and_crop_jpeg(encoded, corner_and_sides, channels=3),
        lambda: decode_image(encoded)[top:bottom, left:right],
    )
    return tf.ensure_shape(image, [None, None, 3])


def sample_window(image: tf.Tensor, window_px: tf.Tensor, size: int) -> tf.Tensor:
    """Resample a window of an image to a square. The area outside the image becomes grey (:data:`FILL`).

    The window's aspect ratio is not kept. The part of the window inside the image is rounded to whole pixels.

    Args:
        image: uint8 or float32 [H, W, 3], in [0, 255].
        window_px: float32 [4], yxyx, in pixels. It may reach outside the image but must intersect it.
        size: Side of the result, px.

    Returns:
        float32 [size, size, 3], in [0, 255].
    """

    def part(inside: tf.Tensor) -> tf.Tensor:
        return image[inside[0] : inside[2], inside[1] : inside[3]]

    return _sampled(part, tf.shape(image)[:2], window_px, size)


def sample_encoded_window(
    encoded: tf.Tensor, size_px: tf.Tensor, window_px: tf.Tensor, size: int
) -> tf.Tensor:
    """Resample a window of an image file, as :func:`sample_window` does, without decoding the rest of a JPEG.

    Args:
        encoded: string [], a JPEG or PNG file.
        size_px: int32 [2], height and width of the image.
        window_px: float32 [4], yxyx, in pixels. It may reach outside the image but must intersect it.
        size: Side of the result, px.

    Returns:
        float32 [size, size, 3], in [0, 255].
    """
    return _sampled(lambda inside: decode_window(encoded, inside), size_px, window_px, size)


def _sampled(
    part: Callable[[tf.Tensor], tf.Tensor], size_px: tf.Tensor, window_px: tf.Tensor, size: int
) -> tf.Tensor:
    """Resample a window, whose ``part`` inside the image is given by its corners, int32 [4], yxyx."""
    bounds = tf.cast(tf.tile(size_px, [2]), tf.float32)
    inside = tf.clip_by_value(tf.round(window_px), 0.0, bounds)
    # the part has at least one pixel, however thin the intersection is
    start = tf.minimum(inside[:2], bounds[:2] - 1.0)
    stop = tf.maximum(inside[2:], start + 1.0)
    scale = size / (window_px[2:] - window_px[:2])
    target_start = tf.clip_by_value(tf.round((start - window_px[:2]) * scale), 0.0, size - 1.0)
    target_stop = tf.clip_by_value(tf.round((stop - window_px[:2]) * scale), target_start + 1.0, float(size))

    inside = tf.cast(tf.concat([start, stop], axis=0), tf.int32)
    target_start, target_stop = tf.cast(target_start, tf.int32), tf.cast(target_stop, tf.int32)
    target = target_stop - target_start
    resized = resize(part(inside), target[0], target[1])
    after = size - target_stop
    padding = [[target_start[0], after[0]], [target_start[1], after[1]], [0, 0]]
    return tf.ensure_shape(tf.pad(resized, padding, constant_values=FILL), [size, size, 3])
