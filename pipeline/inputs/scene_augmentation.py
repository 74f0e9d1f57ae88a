"""Training augmentation: the image and its boxes change together, and every draw takes its seed."""

from typing import NamedTuple

import tensorflow as tf

from pipeline.inputs.colours import photometric
from pipeline.ops import boxes as box_ops
from pipeline.ops.images import sample_window
from pipeline.ops.mask_crops import crop_masks
from pipeline.ops.windows import expand_window, iou_window, scale_window

LEAST_VISIBLE_SIDE = 0.005
"""A box cut to less than this share of the picture's side is dropped."""


def ssd_window(gt_boxes: tf.Tensor, seed: tf.Tensor, *, expand: float, iou_crop: bool) -> tf.Tensor:
    """Draw the part of the plane that the detector is shown: zoomed out, then cropped (section 2.2).

    Args:
        gt_boxes: float32 [G, 4], yxyx, normalised.
        seed: int32 [2].
        expand: Greatest side of the zoomed-out window as a multiple of the image's; 1 for none.
        iou_crop: Whether to crop.

    Returns:
        float32 [4], yxyx, in the image's normalised coordinates; it may reach outside the image.
    """
    seeds = tf.random.split(seed, 2)
    outer = expand_window(seeds[0], expand)
    if not iou_crop:
        return outer
    return box_ops.out_of_window(iou_window(seeds[1], box_ops.into_window(gt_boxes, outer))[None], outer)[0]


def boxes_in_window(gt_boxes: tf.Tensor, window: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Carry boxes into a window, clip them to it, and keep those whose centers it shows.

    Args:
        gt_boxes: float32 [G, 4], yxyx, normalised.
        window: float32 [4], in the same coordinates.

    Returns:
        float32 [G', 4], in the window's coordinates, within [0, 1]; int64 [G'], the indices kept.
    """
    seen = box_ops.into_window(gt_boxes, window)
    middle = box_ops.centers(seen)
    clipped = tf.clip_by_value(seen, 0.0, 1.0)
    shown = tf.reduce_all((middle >= 0.0) & (middle <= 1.0), axis=-1)
    large = tf.reduce_all(clipped[:, 2:] - clipped[:, :2] > LEAST_VISIBLE_SIDE, axis=-1)
    kept = tf.where(shown & large)[:, 0]
    return tf.gather(clipped, kept), kept


class Scene(NamedTuple):
    """What the detector is shown of an image.

    Attributes:
        picture: float32 [size, size, 3], RGB in [0, 255].
        boxes: float32 [G', 4], yxyx, normalised, in the picture.
        kept: int64 [G'], their indices among the image's boxes.
        window: float32 [4], yxyx, the part of the plane shown, in the image's normalised coordinates.
        mirrored: bool [], whether the picture was mirrored afterwards.
    """

    picture: tf.Tensor
    boxes: tf.Tensor
    kept: tf.Tensor
    window: tf.Tensor
    mirrored: tf.Tensor


def augment_scene(
    image: tf.Tensor,
    gt_boxes: tf.Tensor,
    seed: tf.Tensor,
    *,
    size: int,
    use_photometric: bool,
    expand: float,
    iou_crop: bool,
    flip: bool,
    scale: tuple[float, float] = (1.0, 1.0),
) -> Scene:
    """Augment an image for the detector.

    Args:
        image: uint8 [H, W, 3], RGB.
        gt_boxes: float32 [G, 4], yxyx, normalised.
        seed: int32 [2].
        size: Side of the result, px.
        use_photometric: Whether to change the colours.
        expand: As for :func:`ssd_window`.
        iou_crop: Likewise.
        flip: Whether to mirror, in half of the draws.
        scale: Least and greatest factor of the scale jitter; 1 and 1 for none.
    """
    seeds = tf.random.split(seed, 3)
    window = ssd_window(gt_boxes, seeds[0], expand=expand, iou_crop=iou_crop)
    if scale != (1.0, 1.0):
        jittered = scale_window(tf.random.fold_in(seeds[0], 1), *scale)
        window = box_ops.out_of_window(jittered[None], window)[0]
    sides = tf.cast(tf.tile(tf.shape(image)[:2], [2]), tf.float32)
    picture = sample_window(image, window * sides, size)
    boxes, kept = boxes_in_window(gt_boxes, window)
    if use_photometric:
        picture = photometric(picture, seeds[1])
    mirrored = tf.logical_and(flip, tf.random.stateless_uniform([], seeds[2]) < 0.5)
    picture = tf.cond(mirrored, lambda: picture[:, ::-1], lambda: picture)
    boxes = tf.where(mirrored, box_ops.flip_left_right(boxes), boxes)
    return Scene(picture, boxes, kept, window, mirrored)


def seen_masks(encoded: tf.Tensor, scene: Scene, *, size: int) -> tf.Tensor:
    """Crop each kept object's mask to its box in the picture, and mirror it as the picture was.

    Args:
        encoded: string [G], PNGs of 0 and 1, of the image that the scene shows.
        scene: What is seen of it.
        size: M.

    Returns:
        float32 [G', M, M], in [0, 1], each in its own box of ``scene.boxes``.
    """
    boxes = tf.where(scene.mirrored, box_ops.flip_left_right(scene.boxes), scene.boxes)
    in_image = box_ops.out_of_window(boxes, scene.window)
    masks = crop_masks(tf.gather(encoded, scene.kept), in_image, size)
    return tf.where(scene.mirrored, masks[:, :, ::-1], masks)
