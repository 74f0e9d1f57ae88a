"""Which anchor answers for which ground truth (Liu et al. 2016, section 2.2, "Matching strategy")."""

import tensorflow as tf
from official.vision.ops.box_matcher import BoxMatcher

from pipeline.ops.boxes import pairwise_iou

BOX_CODE_WEIGHTS = [10.0, 10.0, 5.0, 5.0]
"""Box offsets are multiplied by these: the paper's implementation divides by the variances 0.1, 0.1, 0.2, 0.2."""


def match(anchors: tf.Tensor, gt_boxes: tf.Tensor, threshold: float) -> tuple[tf.Tensor, tf.Tensor]:
    """Match anchors to the ground truth of one image.

    An anchor is positive where its best IoU is at least ``threshold``; each ground truth also forces its best anchor.

    Args:
        anchors: float32 [A, 4], yxyx.
        gt_boxes: float32 [G, 4], yxyx, in the same coordinates, without padding; G may be 0.
        threshold: The least IoU of a positive.

    Returns:
        int32 [A], the matched ground truth of each anchor, in [0, G), meaningful where positive; bool [A], positive.
    """
    matcher = BoxMatcher(thresholds=[threshold], indicators=[-1, 1], force_match_for_each_col=True)
    matched, indicators = matcher(pairwise_iou(anchors, gt_boxes))
    return matched, indicators == 1
