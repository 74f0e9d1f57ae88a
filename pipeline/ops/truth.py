"""The ground truth of one image, as detectors encode it."""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf


class Truth(NamedTuple):
    """The objects of one image, without padding.

    G is the number of objects and may be 0. M is the side of a mask, in cells.

    Attributes:
        boxes: float32 [G, 4], yxyx, normalised.
        labels: int32 [G], in 1..K.
        ignored: bool [G], True for difficult and crowd objects. A detector learns neither to find such an object nor
            that its place is background.
        masks: float32 [G, M, M], in [0, 1]. Each mask covers its own box. None if the detector learns no masks.
        has_mask: bool [G], False if the object has no mask and its row of ``masks`` is a placeholder. None if
            ``masks`` is None.
        keypoints: float32 [G, N, 3], y and x, normalised, and COCO's code: 0 absent, 1 hidden, 2 visible. None if the
            detector learns no keypoints.
        seed: int32 [2], the seed of the draws that ``encode`` makes. None outside training, and for scenes that are
            being mixed.
    """

    boxes: tf.Tensor
    labels: tf.Tensor
    ignored: tf.Tensor
    masks: tf.Tensor | None = None
    has_mask: tf.Tensor | None = None
    keypoints: tf.Tensor | None = None
    seed: tf.Tensor | None = None


def select_objects(truth: Truth, indices: tf.Tensor) -> Truth:
    """Return the objects at ``indices``, int64 [G'], in that order, with the seed of ``truth``."""
    columns = truth._replace(seed=None)
    selected = Truth(*(None if column is None else tf.gather(column, indices) for column in columns))
    return selected._replace(seed=truth.seed)


def concatenate_objects(truths: Sequence[Truth]) -> Truth:
    """Return the objects of all ``truths``, in order, without a seed.

    Args:
        truths: Either all of them have masks, or none has.
    """
    columns = zip(*(truth._replace(seed=None) for truth in truths), strict=True)
    return Truth(*(None if parts[0] is None else tf.concat(parts, axis=0) for parts in columns))
