"""The anchors of detectors with a feature pyramid, as Model Garden lays them, and values of its levels side by side."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf
from official.vision.ops.anchor import Anchor

from pipeline.params.detectors import FasterRcnn, RetinaNet


def lay_anchors(section: RetinaNet | FasterRcnn, min_level: int, image_size: int) -> dict[str, tf.Tensor]:
    """Lay the anchors of a detector over the image.

    Args:
        section: The detector's section of ``params.yaml``.
        min_level: The finest level of its pyramid; level l has cells of 2**l px.
        image_size: S, the side of the square input, px.

    Returns:
        Level, as text -> float32 [S / 2**l, S / 2**l, 4 * anchors], yxyx, px.
    """
    anchors = Anchor(
        min_level,
        section.max_level,
        section.scales,
        list(section.aspect_ratios),
        section.anchor_size,
        (image_size, image_size),
    )
    return dict(anchors.multilevel_boxes)


def in_order(levels: Mapping[str, Any]) -> list[Any]:
    """Return the values of all levels, finest first."""
    return [levels[level] for level in sorted(levels)]


def flatten_levels(levels: Mapping[str, tf.Tensor], width: int) -> tf.Tensor:
    """Return the values of all levels, finest first: [..., k * width] each -> [A, width]."""
    return tf.concat([tf.reshape(level, [-1, width]) for level in in_order(levels)], axis=0)
