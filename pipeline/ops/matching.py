"""Matching of anchors to ground-truth boxes (Liu et al. 2016, SSD, section 2.2, "Matching strategy").

Each anchor is matched to at most one box, and a box may be matched to several anchors. A matched anchor is positive: it
learns the class and the offsets of its box. The other anchors are negative and learn the class background.
"""

import tensorflow as tf
from official.vision.ops.box_matcher import BoxMatcher

from pipeline.ops.boxes import pairwise_iou

BOX_CODE_WEIGHTS = [10.0, 10.0, 5.0, 5.0]
"""Factors of the offsets of y, x, height and width. The paper's code divides by the variances 0.1, 0.1, 0.2 and 0.2."""


def match(anchors: tf.Tensor, gt_boxes: tf.Tensor, threshold: float) -> tuple[tf.Tensor, tf.Tensor]:
    """Match each anchor of one image to the ground-truth box with the highest IoU.

    An anchor is positive if that IoU is at least ``threshold``. In addition, every ground-truth box makes the anchor
    with which it has the highest IoU positive, so that no object is left without an anchor.

    Args:
        anchors: float32 [A, 4], yxyx.
        gt_boxes: float32 [G, 4], yxyx, in the coordinates of the anchors, without padding; G >= 1.
        threshold: Least IoU of a positive anchor, in [0, 1].

    Returns:
        int32 [A], the index of the matched box, in [0, G), which has a meaning only for positive anchors; and
        bool [A], whether the anchor is positive.
    """
    matcher = BoxMatcher(thresholds=[threshold], indicators=[-1, 1], force_match_for_each_col=True)
    matched, indicators = matcher(pairwise_iou(anchors, gt_boxes))
    return matched, indicators == 1
