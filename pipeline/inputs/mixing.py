"""Augmentation that combines several scenes: mosaic and mixup.

The layers of keras-cv mix the images of a batch, with a generator that has a state. Here every draw must derive from
the seed, the epoch and the image's id. Therefore a scene is mixed with scenes that follow it in the epoch, and the
scene's own seed decides how. The partners come from later batches, so that no batch shows an image several times.
"""

from collections.abc import Sequence
from functools import partial

import tensorflow as tf

from pipeline.inputs.scene_augmentation import Scene, boxes_in_window
from pipeline.ops import boxes as box_ops
from pipeline.ops.images import resize
from pipeline.ops.mask_crops import recrop_masks
from pipeline.ops.truth import concatenate_objects, select_objects

PARTNERS = 4
"""Number of scenes that a scene may be mixed with: three in a mosaic and one in a mixup."""

CENTER_MARGIN = 0.25
"""Least distance between the point where the parts of a mosaic meet and its border, as a share of the side."""

BETA = 32.0
"""Both parameters of the beta distribution of a mixup's weight, as in YOLOv5 and YOLOv8.

Both images then stay visible, which is necessary because the loss gives the objects of both the same weight. Zhang et
al. 2019 draw from Beta(1.5, 1.5) and weight the objects.
"""


def mixed_scenes(
    scenes: tf.data.Dataset, *, mosaic: float, mixup: float, apart: int = 1, mixed: int | None = None
) -> tf.data.Dataset:
    """Mix each scene with scenes that follow it.

    Args:
        scenes: A dataset of N :class:`Scene` with seeds and a known image size.
        mosaic: Probability that a scene becomes a mosaic.
        mixup: Probability that the result is then blended with another scene.
        apart: Distance of a scene from its first partner, and of the partners from each other.
        mixed: Number of first scenes that may be mixed. The others stay as they are. None stands for all.

    Returns:
        A dataset of N - :data:`PARTNERS` * ``apart`` scenes; the last scenes serve only as partners.
    """
    specs = scenes.element_spec

    def mix(number: tf.Tensor, window: tf.data.Dataset) -> Scene:
        # Only the scenes that are needed are taken out of the window, because a batch would copy all images.
        scene_at = partial(_scene_at, specs, window)
        scene = scene_at(0)
        seed = scene.truth.seed
        seeds = tf.random.split(tf.random.fold_in(seed, 1), 3)
        chance = tf.random.stateless_uniform([2], seeds[0])
        if mixed is not None:
            chance = tf.where(number < mixed, chance, 1.0)
        scene = _without_seed(scene)
        scene = tf.cond(
            chance[0] < mosaic,
            lambda: mosaic_of([scene, *map(scene_at, (1, 2, 3))], seeds[1]),
            lambda: scene,
        )
        scene = tf.cond(chance[1] < mixup, lambda: mixup_of(scene, scene_at(4), seeds[2]), lambda: scene)
        return scene._replace(truth=scene.truth._replace(seed=seed))

    windows = scenes.map(_columns).window(PARTNERS + 1, shift=1, stride=apart, drop_remainder=True)
    return windows.enumerate().map(
        lambda number, columns: mix(number, tf.data.Dataset.zip(columns)),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )


def mosaic_of(scenes: Sequence[Scene], seed: tf.Tensor) -> Scene:
    """Put parts of four scenes together around a random point (Bochkovskiy et al. 2020, YOLOv4, section 3.3).

    Each quarter shows a window of its scene, with the quarter's aspect ratio and a random place and zoom. The zoom
    ranges from the scene's own scale to the largest window that fits. Boxes are clipped to the windows. A box whose
    center lies outside its window is dropped.

    Args:
        scenes: Four scenes, for the quarters from left to right and top to bottom. Their objects are concatenated in
            this order.
        seed: int32 [2].

    Returns:
        The mosaic, without a seed.
    """
    size = scenes[0].image.shape[0]
    seeds = tf.random.split(seed, 5)
    center = tf.random.stateless_uniform([2], seeds[0], CENTER_MARGIN, 1.0 - CENTER_MARGIN)
    y, x = tf.unstack(tf.cast(tf.round(center * size), tf.int32))
    quarters = [(0, 0, y, x), (0, x, y, size), (y, 0, size, x), (y, x, size, size)]
    parts = [
        _part(scene, tf.stack(quarter), part_seed, size)
        for scene, quarter, part_seed in zip(scenes, quarters, tf.unstack(seeds[1:]), strict=True)
    ]
    top, bottom = (tf.concat([left.image, right.image], axis=1) for left, right in (parts[:2], parts[2:]))
    image = tf.ensure_shape(tf.concat([top, bottom], axis=0), [size, size, 3])
    return Scene(image, concatenate_objects([part.truth for part in parts]))


def mixup_of(scene: Scene, other: Scene, seed: tf.Tensor) -> Scene:
    """Blend two images and concatenate their objects (Zhang et al. 2019, "Bag of freebies", section 3.1).

    Args:
        scene: The scene with the first objects.
        other: The scene that is blended with it.
        seed: int32 [2].

    Returns:
        The blended scene, without a seed.
    """
    one, two = tf.unstack(tf.random.stateless_gamma([2], seed, BETA))
    weight = one / (one + two)  # this ratio of two gamma variates has a beta distribution
    image = weight * scene.image + (1.0 - weight) * other.image
    return Scene(image, concatenate_objects([scene.truth, other.truth]))


def _columns(scene: Scene) -> tuple[tf.Tensor, ...]:
    """Flatten a scene and leave out the parts that are None, which ``Dataset.window`` cannot handle."""
    return tuple(part for part in tf.nest.flatten(scene) if part is not None)


def _scene_at(specs: Scene, window: tf.data.Dataset, place: int) -> Scene:
    """Return the scene at a place of a window, rebuilt in the structure ``specs``: the inverse of :func:`_columns`."""
    columns = iter(window.skip(place).take(1).get_single_element())
    return tf.nest.map_structure(
        lambda spec: next(columns) if isinstance(spec, tf.TensorSpec) else None, specs
    )


def _without_seed(scene: Scene) -> Scene:
    return scene._replace(truth=scene.truth._replace(seed=None))


def _part(scene: Scene, quarter: tf.Tensor, seed: tf.Tensor, size: int) -> Scene:
    """Show a random window of a scene in a quarter of the mosaic.

    Args:
        scene: The scene of the quarter.
        quarter: int32 [4], yxyx, px, in the mosaic.
        seed: int32 [2].
        size: Side of the scene and of the mosaic, px.

    Returns:
        The image of the quarter's size, and the objects with boxes normalised to the mosaic.
    """
    target = quarter[2:] - quarter[:2]
    window_px = _window_of_shape(target, seed, size)
    window = tf.cast(window_px, tf.float32) / size
    shown = scene.image[window_px[0] : window_px[2], window_px[1] : window_px[3]]
    boxes, kept = boxes_in_window(scene.truth.boxes, window)
    origin, scale = (tf.cast(tf.tile(values, [2]), tf.float32) / size for values in (quarter[:2], target))
    truth = select_objects(scene.truth, kept)
    if truth.masks is not None:
        visible = _relative_to(truth.boxes, box_ops.out_of_window(boxes, window))
        truth = truth._replace(masks=recrop_masks(truth.masks, visible))
    return Scene(resize(shown, target[0], target[1]), truth._replace(boxes=boxes * scale + origin))


def _window_of_shape(shape: tf.Tensor, seed: tf.Tensor, size: int) -> tf.Tensor:
    """Draw a window in a square image, whose sides are ``shape``, int32 [2], or larger in the same proportion.

    Args:
        shape: int32 [2], least height and width of the window, px.
        seed: int32 [2].
        size: Side of the image, px.

    Returns:
        int32 [4], yxyx, px.
    """
    zoom, top, left = tf.unstack(tf.random.stateless_uniform([3], seed))
    largest = size / tf.cast(tf.reduce_max(shape), tf.float32)
    sides = tf.round(tf.cast(shape, tf.float32) * (1.0 + zoom * (largest - 1.0)))
    start = tf.round((size - sides) * tf.stack([top, left]))
    return tf.cast(tf.concat([start, start + sides], axis=0), tf.int32)


def _relative_to(boxes: tf.Tensor, parts: tf.Tensor) -> tf.Tensor:
    """Transform ``parts`` of boxes, float32 [G, 4], yxyx, to coordinates in which its own box is [0, 0, 1, 1]."""
    sides = boxes[:, 2:] - boxes[:, :2]
    return (parts - tf.tile(boxes[:, :2], [1, 2])) / tf.tile(sides, [1, 2])
