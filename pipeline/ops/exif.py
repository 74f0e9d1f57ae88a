"""The EXIF orientation of an image file, read from its bytes inside a graph, and the turning of its pixels.

The specifications are EXIF 2.32 (section 4.5 for JPEG, 4.6.4 for the tag) and PNG 3 (section 11.3.4 for eXIf).
"""

import tensorflow as tf

ORIENTATION = 0x0112
"""The tag of the orientation."""

SIDEWAYS = 5
"""Orientations from here on exchange height and width."""

_NONE = -1  # in place of the start of a directory

_PADDING = 32  # zeros after the file, so that numbers at its end can be read

_ENTRY = 12  # bytes of an entry of a directory


def orientation(encoded: tf.Tensor) -> tf.Tensor:
    """Return the EXIF orientation of a JPEG or PNG file.

    Args:
        encoded: string []. Any bytes are allowed.

    Returns:
        int32 [], in 1..8. 1 is upright, and stands for files without EXIF, with damaged EXIF, and of other formats.
    """
    data = tf.io.decode_raw(encoded, tf.uint8)
    length = tf.size(data, tf.int64)
    data = tf.pad(data, [[0, _PADDING]])
    start = tf.case(
        [
            (_equal(data, 0, b"\xff\xd8"), lambda: _exif_of_jpeg(data, length)),
            (_equal(data, 0, b"\x89PNG\r\n\x1a\n"), lambda: _exif_of_png(data, length)),
        ],
        default=lambda: tf.constant(_NONE, tf.int64),
    )
    return tf.cond(start >= 0, lambda: _tag_value(data, length, start), lambda: tf.constant(1))


def turn_upright(image: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """Turn an image, [H, W, C], as EXIF says, to [H, W, C] or [W, H, C].

    Args:
        image: Of any type.
        orientation: int32 [], in 1..8.
    """
    turned = tf.cond(orientation >= SIDEWAYS, lambda: tf.transpose(image, [1, 0, 2]), lambda: image)
    turned = tf.cond(_one_of(orientation, 2, 3, 6, 7), lambda: tf.reverse(turned, [1]), lambda: turned)
    return tf.cond(_one_of(orientation, 3, 4, 7, 8), lambda: tf.reverse(turned, [0]), lambda: turned)


def upright_size(size_px: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """Return height and width of the upright image, int32 [2], from those of the stored one."""
    return tf.where(orientation >= SIDEWAYS, tf.reverse(size_px, [0]), size_px)


def _exif_of_jpeg(data: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
    """Return where the EXIF directory of a JPEG starts, int64 []; -1 if it has none before its pixels."""

    def is_before_pixels(at: tf.Tensor, found: tf.Tensor) -> tf.Tensor:
        marker = data[at + 1]
        return (found < 0) & (at + 4 <= length) & (data[at] == 0xFF) & ~_one_of(marker, 0xDA, 0xD9)

    def read_segment(at: tf.Tensor, found: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        is_exif = _equal(data, at + 1, b"\xe1") & _equal(data, at + 4, b"Exif\0\0")
        size = tf.maximum(_number(data, at + 2, 2, big=True), 2) + 2
        filler = data[at + 1] == 0xFF  # a marker may follow any number of these bytes
        after = at + tf.where(filler, tf.constant(1, tf.int64), size)
        return tf.minimum(after, length), tf.where(is_exif, at + 10, found)

    start = tf.constant(2, tf.int64)
    return tf.while_loop(
        is_before_pixels, read_segment, (tf.minimum(start, length), tf.constant(_NONE, tf.int64))
    )[1]


def _exif_of_png(data: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
    """Return where the EXIF directory of a PNG starts, int64 []; -1 if it has none."""

    def is_chunk(at: tf.Tensor, found: tf.Tensor) -> tf.Tensor:
        return (found < 0) & (at + 12 <= length)

    def read_chunk(at: tf.Tensor, found: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        after = at + 12 + _number(data, at, 4, big=True)
        return tf.minimum(after, length), tf.where(_equal(data, at + 4, b"eXIf"), at + 8, found)

    start = tf.constant(8, tf.int64)
    return tf.while_loop(is_chunk, read_chunk, (tf.minimum(start, length), tf.constant(_NONE, tf.int64)))[1]


def _tag_value(data: tf.Tensor, length: tf.Tensor, start: tf.Tensor) -> tf.Tensor:
    """Return the orientation, int32 [], from the directory that starts at a byte; 1 if there is none."""
    big = _equal(data, start, b"MM")
    directory = tf.minimum(start + _number(data, start + 4, 4, big=big), length)
    most = tf.maximum(length - directory - 2, 0) // _ENTRY
    count = tf.minimum(_number(data, directory, 2, big=big), most)
    entries = tf.reshape(data[directory + 2 : directory + 2 + _ENTRY * count], [-1, _ENTRY])
    matches = tf.where(_numbers(entries[:, :2], big=big) == ORIENTATION)
    return tf.cond(
        tf.size(matches) > 0,
        lambda: _short(tf.ensure_shape(entries[matches[0, 0], 8:], [4]), big),
        lambda: tf.constant(1),
    )


def _short(value: tf.Tensor, big: tf.Tensor) -> tf.Tensor:
    """Return an orientation, int32 [], from the 4 bytes of an entry's value; 1 if it is none.

    The tag is a number of 16 bits. Some programs write it with 32.
    """
    short, long = _numbers(value[None, :2], big=big)[0], _numbers(value[None], big=big)[0]
    found = tf.where((long >= 1) & (long <= 8), long, short)
    return tf.where((found >= 1) & (found <= 8), tf.cast(found, tf.int32), 1)


def _number(data: tf.Tensor, at: tf.Tensor, size: int, *, big: tf.Tensor | bool) -> tf.Tensor:
    """Return the unsigned number in ``size`` bytes, int64 [], whose first byte is the highest if ``big`` is true."""
    return _numbers(tf.reshape(data[at : at + size], [1, size]), big=big)[0]


def _numbers(rows: tf.Tensor, *, big: tf.Tensor | bool) -> tf.Tensor:
    """Return the unsigned number in each row of bytes, uint8 [R, size]: int64 [R]."""
    places = tf.constant([256**place for place in range(rows.shape[1])], tf.int64)
    return tf.reduce_sum(tf.cast(rows, tf.int64) * tf.where(big, tf.reverse(places, [0]), places), axis=1)


def _equal(data: tf.Tensor, at: tf.Tensor | int, expected: bytes) -> tf.Tensor:
    return tf.reduce_all(data[at : at + len(expected)] == tf.constant(list(expected), tf.uint8))


def _one_of(value: tf.Tensor, *values: int) -> tf.Tensor:
    return tf.reduce_any(value == tf.constant(values, value.dtype))
