"""An instance's mask as seen in a box: the small square that a mask head learns."""

import tensorflow as tf


def crop_masks(encoded: tf.Tensor, boxes: tf.Tensor, size: int) -> tf.Tensor:
    """Decode each mask and resample it within its box; one whole mask is in memory at a time.

    Cell (i, j) of the result is the mask, bilinearly interpolated, at the cell's center, where
    ``tf.image.crop_and_resize`` alone would put the corner cells' centers on the box's corners.

    Args:
        encoded: string [G], grey PNGs of 0 and 1, as large as the image.
        boxes: float32 [G, 4], yxyx, in the image's normalised coordinates.
        size: M.

    Returns:
        float32 [G, M, M], in [0, 1]; the box is the whole of it.
    """

    def crop(row: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        return _crop(tf.cast(tf.io.decode_png(row[0], channels=1), tf.float32), row[1], size)

    return tf.map_fn(crop, (encoded, boxes), fn_output_signature=tf.TensorSpec([size, size], tf.float32))


def recrop_masks(masks: tf.Tensor, boxes: tf.Tensor) -> tf.Tensor:
    """Resample masks within parts of what they show.

    Args:
        masks: float32 [G, M, M], in [0, 1].
        boxes: float32 [G, 4], yxyx, each in the coordinates of its mask, the whole of which is [0, 0, 1, 1].

    Returns:
        float32 [G, M, M], in [0, 1]; the box is the whole of it.
    """
    size = masks.shape[-1]
    crops = tf.TensorSpec([size, size], tf.float32)
    return tf.map_fn(
        lambda row: _crop(row[0][..., None], row[1], size), (masks, boxes), fn_output_signature=crops
    )


def _crop(mask: tf.Tensor, box: tf.Tensor, size: int) -> tf.Tensor:
    """Resample float32 [H, W, 1] within a box, yxyx, in its normalised coordinates, to [size, size]."""
    # a pixel more at each edge, which repeats it: half a pixel of the image lies outside its pixels' centers
    padded = tf.pad(mask, [[1, 1], [1, 1], [0, 0]], "SYMMETRIC")
    sides = tf.cast(tf.tile(tf.shape(mask)[:2], [2]), tf.float32)
    start, stop = box[:2], box[2:]
    half_cell = (stop - start) / (2.0 * size)
    middles = tf.concat([start + half_cell, stop - half_cell], axis=0) * sides
    positions = (middles + 0.5) / (sides + 1.0)  # the padded image's first center is 0, its last 1
    return tf.image.crop_and_resize(padded[None], positions[None], [0], [size, size])[0, :, :, 0]
