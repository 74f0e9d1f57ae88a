"""Augmentation of one scene, which changes the image, its boxes and its masks together.

The windows follow SSD (Liu et al. 2016, sections 2.2 and 3.6). Equal seeds give equal results.
"""

from typing import NamedTuple

import tensorflow as tf

from pipeline.inputs.colours import photometric
from pipeline.ops import boxes as box_ops
from pipeline.ops.images import sample_window
from pipeline.ops.mask_crops import crop_masks
from pipeline.ops.truth import Truth
from pipeline.ops.windows import expand_window, iou_window, scale_window

LEAST_VISIBLE_SIDE = 0.005
"""A clipped box is dropped if one of its sides is shorter than this share of the image's side."""


class Scene(NamedTuple):
    """An augmented image, and the objects in it.

    Attributes:
        image: float32 [S, S, 3], RGB in [0, 255].
        truth: The objects. The boxes are normalised to ``image``.
    """

    image: tf.Tensor
    truth: Truth


class View(NamedTuple):
    """An augmented image, with what is necessary to transform its boxes and masks alike.

    Attributes:
        image: float32 [S, S, 3], RGB in [0, 255].
        boxes: float32 [G', 4], yxyx, normalised, the visible boxes within ``image``.
        kept: int64 [G'], their indices among the boxes of the original image.
        window: float32 [4], yxyx, the window that ``image`` shows, in normalised coordinates of the original image.
        mirrored: bool [], whether the window was mirrored.
    """

    image: tf.Tensor
    boxes: tf.Tensor
    kept: tf.Tensor
    window: tf.Tensor
    mirrored: tf.Tensor


def ssd_window(gt_boxes: tf.Tensor, seed: tf.Tensor, *, expand: float, iou_crop: bool) -> tf.Tensor:
    """Draw the window that the detector sees: a window around the image, then a patch of that window.

    Args:
        gt_boxes: float32 [G, 4], yxyx, normalised.
        seed: int32 [2].
        expand: Greatest side of the first window as a multiple of the image's; 1 leaves the image as it is.
        iou_crop: Whether to draw the patch.

    Returns:
        float32 [4], yxyx, in normalised coordinates of the image. The window may reach outside the image.
    """
    seeds = tf.random.split(seed, 2)
    outer = expand_window(seeds[0], expand)
    if not iou_crop:
        return outer
    return box_ops.out_of_window(iou_window(seeds[1], box_ops.into_window(gt_boxes, outer))[None], outer)[0]


def scene_window(
    gt_boxes: tf.Tensor,
    seed: tf.Tensor,
    *,
    expand: float,
    iou_crop: bool,
    scale: tuple[float, float] = (1.0, 1.0),
    stretch: float = 1.0,
) -> tf.Tensor:
    """Draw the window of SSD, and then a smaller, larger or stretched one by scale jitter.

    Args:
        gt_boxes: float32 [G, 4], yxyx, normalised.
        seed: int32 [2].
        expand: Greatest side of a window around the image, as a multiple of the image's; 1 for none.
        iou_crop: Whether to cut out a patch that overlaps an object.
        scale: Least and greatest factor of the scale jitter; 1 and 1 for none.
        stretch: Greatest factor of the aspect ratio; 1 for none.

    Returns:
        float32 [4], yxyx, in normalised coordinates of the image. The window may reach outside the image.
    """
    window = ssd_window(gt_boxes, seed, expand=expand, iou_crop=iou_crop)
    if scale == (1.0, 1.0) and stretch == 1.0:
        return window
    jittered = scale_window(tf.random.fold_in(seed, 1), *scale, stretch)
    return box_ops.out_of_window(jittered[None], window)[0]


def boxes_in_window(gt_boxes: tf.Tensor, window: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Transform boxes to a window's coordinates, clip them to it, and keep those whose centers lie in it.

    Args:
        gt_boxes: float32 [G, 4], yxyx, normalised.
        window: float32 [4], yxyx, in the coordinates of the boxes.

    Returns:
        float32 [G', 4], yxyx, in the window's coordinates, within [0, 1]; and int64 [G'], the indices of the boxes.
    """
    in_window = box_ops.into_window(gt_boxes, window)
    centers = box_ops.centers(in_window)
    clipped = tf.clip_by_value(in_window, 0.0, 1.0)
    has_center = tf.reduce_all((centers >= 0.0) & (centers <= 1.0), axis=-1)
    is_large = tf.reduce_all(clipped[:, 2:] - clipped[:, :2] > LEAST_VISIBLE_SIDE, axis=-1)
    kept = tf.where(has_center & is_large)[:, 0]
    return tf.gather(clipped, kept), kept


def augment_scene(
    image: tf.Tensor,
    gt_boxes: tf.Tensor,
    window: tf.Tensor,
    seed: tf.Tensor,
    *,
    size: int,
    use_photometric: bool,
    flip: bool,
) -> View:
    """Resample a window of an image to a square, and change its colours.

    Args:
        image: uint8 [H, W, 3], RGB.
        gt_boxes: float32 [G, 4], yxyx, normalised.
        window: float32 [4], yxyx, in normalised coordinates of the image.
        seed: int32 [2].
        size: S, the side of the result, px.
        use_photometric: Whether to change the colours.
        flip: Whether to mirror half of the images.
    """
    seeds = tf.random.split(seed, 2)
    sides = tf.cast(tf.tile(tf.shape(image)[:2], [2]), tf.float32)
    view = sample_window(image, window * sides, size)
    boxes, kept = boxes_in_window(gt_boxes, window)
    if use_photometric:
        view = photometric(view, seeds[0])
    mirrored = tf.logical_and(flip, tf.random.stateless_uniform([], seeds[1]) < 0.5)
    view = tf.cond(mirrored, lambda: tf.reverse(view, [1]), lambda: view)
    boxes = tf.where(mirrored, box_ops.flip_left_right(boxes), boxes)
    return View(image=view, boxes=boxes, kept=kept, window=window, mirrored=mirrored)


def masks_in_view(encoded: tf.Tensor, view: View, *, size: int) -> tf.Tensor:
    """Crop the masks of the visible boxes, and mirror them if the view is mirrored.

    Args:
        encoded: string [G], PNGs of 0 and 1, of the original image's size.
        view: The view of the original image.
        size: M, the side of the result in cells.

    Returns:
        float32 [G', M, M], in [0, 1]. Each mask covers its box in ``view.boxes``.
    """
    boxes = tf.where(view.mirrored, box_ops.flip_left_right(view.boxes), view.boxes)
    in_image = box_ops.out_of_window(boxes, view.window)
    masks = crop_masks(tf.gather(encoded, view.kept), in_image, size)
    return tf.where(view.mirrored, tf.reverse(masks, [2]), masks)
