"""The proposals of a two-stage detector before and after they are refined."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from official.vision.ops.box_ops import decode_boxes

from pipeline.models.detectors.pyramid_anchors import flatten_levels


class Proposals(NamedTuple):
    """The anchors of an image with the highest objectness.

    Attributes:
        scores: float32 [N], the objectness in [0, 1], descending.
        anchors: float32 [N, 4], yxyx, normalised.
        refined: float32 [N, 4], yxyx, normalised, the anchors with their predicted offsets.
        kept: float32 [M, 4], yxyx, normalised, the first proposals after non-maximum suppression.
    """

    scores: np.ndarray
    anchors: np.ndarray
    refined: np.ndarray
    kept: np.ndarray


def proposals(network: Any, image: tf.Tensor, count: int) -> Proposals:
    """Return the proposals of an image.

    Args:
        network: A :class:`pipeline.models.detectors.two_stage_network.TwoStageNetwork`.
        image: float32 [S, S, 3], RGB in [0, 255].
        count: The number of anchors, and of proposals.
    """
    outputs = network(image[None], training=False)
    anchors, codes = flatten_levels(network.anchors, 4), flatten_levels(outputs["rpn_codes"], 4)
    logits = flatten_levels(outputs["rpn_scores"], 1)[:, 0]
    best = tf.math.top_k(logits, count).indices
    side = float(image.shape[0])
    chosen = tf.gather(anchors, best)
    return Proposals(
        scores=tf.sigmoid(tf.gather(logits, best)).numpy(),
        anchors=chosen.numpy() / side,
        refined=decode_boxes(tf.gather(codes, best)[None], chosen)[0].numpy() / side,
        kept=outputs["rois"][0, :count].numpy() / side,
    )
