"""The detections of one picture, as every exported file gives them."""

from typing import NamedTuple

import numpy as np


class Prediction(NamedTuple):
    """The D detections of one picture, by descending score.

    Attributes:
        size_px: Height and width of the upright picture, px.
        boxes: float32 [D, 4], yxyx, in pixels of the upright picture.
        scores: float32 [D], in [0, 1].
        classes: int32 [D], in 1..K.
        masks: float32 [D, M, M], the probability of the object in each cell of its box; None without masks.
        keypoints: float32 [D, N, 3], x and y in pixels, and the probability that it is visible; None without keypoints.
        valid: False for an element that is no picture or a damaged one. It has no detections, and its size is 0.
    """

    size_px: tuple[int, int]
    boxes: np.ndarray
    scores: np.ndarray
    classes: np.ndarray
    masks: np.ndarray | None = None
    keypoints: np.ndarray | None = None
    valid: bool = True
