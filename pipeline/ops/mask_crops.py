"""Masks cropped to boxes: the small squares that a mask head learns (He et al. 2017, Mask R-CNN, section 3)."""

import tensorflow as tf


def crop_masks(encoded: tf.Tensor, boxes: tf.Tensor, size: int) -> tf.Tensor:
    """Decode each mask and resample it within its box. Only one whole mask is in memory at a time.

    Cell (i, j) of the result is the mask at the cell's center, interpolated bilinearly. ``tf.image.crop_and_resize``
    alone would sample the corner cells at the corners of the box instead.

    Args:
        encoded: string [G], grey PNGs of 0 and 1, of the image's size.
        boxes: float32 [G, 4], yxyx, in the image's normalised coordinates.
        size: M, the side of the result in cells.

    Returns:
        float32 [G, M, M], in [0, 1]. Each result covers its box.
    """

    def crop(row: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        return _crop(tf.cast(tf.io.decode_png(row[0], channels=1), tf.float32), row[1], size)

    return tf.map_fn(crop, (encoded, boxes), fn_output_signature=tf.TensorSpec([size, size], tf.float32))


def recrop_masks(masks: tf.Tensor, boxes: tf.Tensor) -> tf.Tensor:
    """Resample cropped masks within smaller boxes.

    Args:
        masks: float32 [G, M, M], in [0, 1].
        boxes: float32 [G, 4], yxyx, each in the coordinates of its own mask, which is [0, 0, 1, 1].

    Returns:
        float32 [G, M, M], in [0, 1]. Each result covers its box.
    """
    size = masks.shape[-1]
    crops = tf.TensorSpec([size, size], tf.float32)
    return tf.map_fn(
        lambda row: _crop(row[0][..., None], row[1], size), (masks, boxes), fn_output_signature=crops
    )


def _crop(mask: tf.Tensor, box: tf.Tensor, size: int) -> tf.Tensor:
    """Resample a mask, float32 [H, W, 1], within a box, float32 [4], yxyx, normalised, to [size, size]."""
    # the border pixels are repeated, because half a pixel of the mask lies outside the outermost pixel centers
    padded = tf.pad(mask, [[1, 1], [1, 1], [0, 0]], "SYMMETRIC")
    sides = tf.cast(tf.tile(tf.shape(mask)[:2], [2]), tf.float32)
    start, stop = box[:2], box[2:]
    half_cell = (stop - start) / (2.0 * size)
    middles = tf.concat([start + half_cell, stop - half_cell], axis=0) * sides
    positions = (middles + 0.5) / (
        sides + 1.0
    )  # in the padded mask, 0 is the first pixel center and 1 the last
    return tf.image.crop_and_resize(padded[None], positions[None], [0], [size, size])[0, :, :, 0]
