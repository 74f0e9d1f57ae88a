"""The proposals of a two-stage detector."""

import numpy as np
import tensorflow as tf

from pipeline.explaining.proposals import proposals
from pipeline.models.detectors.registry import build_detector
from tests.support.detectors import SMALL_FASTER_RCNN, config_of


def test_the_anchors_are_those_with_the_highest_objectness() -> None:
    tf.keras.utils.set_random_seed(2)
    detector = build_detector(config_of("faster_rcnn", **SMALL_FASTER_RCNN))
    image = tf.random.stateless_uniform([128, 128, 3], [0, 1], 0.0, 255.0)
    found = proposals(detector.network, image, 6)
    assert (np.diff(found.scores) <= 0).all() and ((found.scores >= 0) & (found.scores <= 1)).all()
    assert found.anchors.shape == found.refined.shape == found.kept.shape == (6, 4)
    all_anchors = np.concatenate(
        [boxes.numpy().reshape(-1, 4) for boxes in detector.network.anchors.values()]
    )
    for anchor in found.anchors * 128:
        assert (np.abs(all_anchors - anchor).max(axis=1) < 1e-3).any()
    # of new weights, the offsets are small, so that the refined boxes are near their anchors
    np.testing.assert_allclose(found.refined, found.anchors, atol=0.2)
    assert (found.kept >= 0).all() and (found.kept <= 1).all()
