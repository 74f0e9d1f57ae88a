"""Training augmentation of several pictures at once: mosaic and mixup.

keras-cv has both, for batches, with draws from a generator of its own state; here every draw must derive from the
seed, the epoch and the image. So a picture is mixed with those that follow it in the epoch's order, and its own seed
decides how.
"""

from typing import Any

import tensorflow as tf

from pipeline.inputs.scene_augmentation import boxes_in_window
from pipeline.ops import boxes as box_ops
from pipeline.ops.images import resize
from pipeline.ops.mask_crops import recrop_masks

Sample = dict[str, tf.Tensor]
"""A picture and its truth: "image", float32 [S, S, 3] in [0, 255]; "boxes", float32 [G, 4], yxyx, normalised; whatever
else has a row a box, "masks" in the frames of their boxes among it; and "seed", int32 [2]."""

PARTNERS = 4
"""Pictures that one can be mixed with: three of a mosaic and one of a mixup."""

CENTER_MARGIN = 0.25
"""The four parts of a mosaic meet at least this far from its rim, a share of the side."""

BETA = 32.0
"""Of the Beta(32, 32) that the weight of a mixup is drawn from, as in YOLOv5 and YOLOv8: both pictures stay visible, as
they must where the loss does not weigh their objects. Zhang et al. 2019 drew from Beta(1.5, 1.5) and weighed."""


def mixed_scenes(scenes: tf.data.Dataset, *, mosaic: float, mixup: float) -> tf.data.Dataset:
    """Mix each scene with those that follow it.

    Args:
        scenes: :data:`Sample` after scene, S being known; the last :data:`PARTNERS` are partners only.
        mosaic: Share of the scenes that become a mosaic.
        mixup: Share of the scenes that are then blended with another.
    """

    def neighbours(window: dict[str, tf.data.Dataset]) -> tf.data.Dataset:
        return tf.data.Dataset.zip(window).ragged_batch(PARTNERS + 1)

    def mix(group: dict[str, Any]) -> Sample:
        scene, *others = (
            {name: values[row] for name, values in group.items()} for row in range(PARTNERS + 1)
        )
        seeds = tf.random.split(tf.random.fold_in(scene["seed"], 1), 3)
        chance = tf.random.stateless_uniform([2], seeds[0])
        mixed = tf.cond(
            chance[0] < mosaic, lambda: mosaic_of([scene, *others[:3]], seeds[1]), lambda: without_seed(scene)
        )
        mixed = tf.cond(chance[1] < mixup, lambda: mixup_of(mixed, others[3], seeds[2]), lambda: mixed)
        return mixed | {"seed": scene["seed"]}

    windows = scenes.window(PARTNERS + 1, shift=1, drop_remainder=True).flat_map(neighbours)
    return windows.map(mix, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)


def without_seed(scene: Sample) -> Sample:
    """Give the picture and its truth alone."""
    return {name: value for name, value in scene.items() if name != "seed"}


def mosaic_of(scenes: list[Sample], seed: tf.Tensor) -> Sample:
    """Put parts of four scenes together around a drawn point (Bochkovskiy et al. 2020, section 3.3).

    Each quarter shows a window of its scene, of the quarter's shape: at a place and a zoom that are drawn, from the
    scene's own scale to as much of it as fits. Boxes are clipped to it, and dropped when their center is not shown.

    Args:
        scenes: Four; their boxes become those of the result, in this order.
        seed: int32 [2].
    """
    size = scenes[0]["image"].shape[0]
    seeds = tf.random.split(seed, 5)
    center = tf.random.stateless_uniform([2], seeds[0], CENTER_MARGIN, 1.0 - CENTER_MARGIN)
    y, x = tf.unstack(tf.cast(tf.round(center * size), tf.int32))
    corners = [(0, 0, y, x), (0, x, y, size), (y, 0, size, x), (y, x, size, size)]
    parts = [
        _part(scene, tf.stack(corner), part_seed, size)
        for scene, corner, part_seed in zip(scenes, corners, tf.unstack(seeds[1:]), strict=True)
    ]
    top, bottom = (
        tf.concat([left["image"], right["image"]], axis=1) for left, right in (parts[:2], parts[2:])
    )
    image = tf.ensure_shape(tf.concat([top, bottom], axis=0), [size, size, 3])
    truth = {name: tf.concat([part[name] for part in parts], axis=0) for name in _truth(parts[0])}
    return {"image": image, **truth}


def _part(scene: Sample, corner: tf.Tensor, seed: tf.Tensor, size: int) -> Sample:
    """Show a drawn window of a scene in a rectangle of the result: int32 [4], yxyx, px."""
    target = corner[2:] - corner[:2]
    window_px = _window_of_shape(target, seed, size)
    window = tf.cast(window_px, tf.float32) / size
    shown = scene["image"][window_px[0] : window_px[2], window_px[1] : window_px[3]]
    boxes, kept = boxes_in_window(scene["boxes"], window)
    origin, scale = (tf.cast(tf.tile(values, [2]), tf.float32) / size for values in (corner[:2], target))
    part = {name: tf.gather(value, kept) for name, value in _truth(scene).items()}
    if "masks" in part:
        part["masks"] = recrop_masks(
            part["masks"], _within(part["boxes"], box_ops.out_of_window(boxes, window))
        )
    return part | {"image": resize(shown, target[0], target[1]), "boxes": boxes * scale + origin}


def _window_of_shape(shape: tf.Tensor, seed: tf.Tensor, size: int) -> tf.Tensor:
    """Draw a window in a square picture: int32 [4], yxyx, px, with sides of ``shape`` or in proportion greater."""
    zoom, top, left = tf.unstack(tf.random.stateless_uniform([3], seed))
    largest = size / tf.cast(tf.reduce_max(shape), tf.float32)
    sides = tf.round(tf.cast(shape, tf.float32) * (1.0 + zoom * (largest - 1.0)))
    start = tf.round((size - sides) * tf.stack([top, left]))
    return tf.cast(tf.concat([start, start + sides], axis=0), tf.int32)


def _within(boxes: tf.Tensor, parts: tf.Tensor) -> tf.Tensor:
    """Express parts of boxes in the coordinates of each its own box: float32 [G, 4], yxyx, both."""
    sides = boxes[:, 2:] - boxes[:, :2]
    return (parts - tf.tile(boxes[:, :2], [1, 2])) / tf.tile(sides, [1, 2])


def _truth(scene: Sample) -> Sample:
    return {name: value for name, value in scene.items() if name not in {"image", "seed"}}


def mixup_of(scene: Sample, other: Sample, seed: tf.Tensor) -> Sample:
    """Blend two pictures and take the boxes of both (Zhang et al. 2019, "Bag of freebies", section 3.1).

    Args:
        scene: The one.
        other: The other.
        seed: int32 [2].
    """
    one, two = tf.unstack(tf.random.stateless_gamma([2], seed, BETA))
    weight = one / (one + two)  # two gamma draws make a beta draw
    truth = {name: tf.concat([scene[name], other[name]], axis=0) for name in _truth(scene)}
    return {"image": weight * scene["image"] + (1.0 - weight) * other["image"], **truth}
