"""What detectors of one stage share: the scores that their heads start with, and the outputs of all levels in one."""

import math
from collections.abc import Iterable
from typing import Any

import tf_keras

PRIOR = 0.01
"""The score of every class in an untrained network. A score of 0.5 would make the loss of the many background cells
dominate the first steps (Lin et al. 2017, RetinaNet, section 3.3)."""

PRIOR_LOGIT = -math.log(1 / PRIOR - 1)
"""The initial bias of the class logits."""


def concatenate_levels(levels: Iterable[Any], width: int, name: str) -> Any:
    """Concatenate the outputs of all levels, [B, H, W, anchors * width] each, to float32 [B, A, width]."""
    reshape = tf_keras.layers.Reshape([-1, width], dtype="float32", name=f"{name}_flat")
    tables = [reshape(level) for level in levels]
    return tf_keras.layers.Concatenate(axis=1, dtype="float32", name=name)(tables)
