import numpy as np
import tensorflow as tf

from pipeline.inputs.colours import photometric


def test_photometric_stays_in_range_and_repeats() -> None:
    image = tf.random.stateless_uniform([32, 32, 3], [1, 2], 0, 255)
    changed = [photometric(image, tf.constant([3, draw])).numpy() for draw in range(12)]
    assert min(one.min() for one in changed) >= 0
    assert max(one.max() for one in changed) <= 255
    assert len({one.tobytes() for one in changed}) > 6
    np.testing.assert_array_equal(changed[0], photometric(image, tf.constant([3, 0])))


def test_grey_stays_grey() -> None:
    """Saturation and hue have no effect on grey, so all channels change alike."""
    for draw in range(8):
        changed = photometric(tf.fill([4, 4, 3], 100.0), tf.constant([1, draw])).numpy()
        np.testing.assert_allclose(changed, np.full((4, 4, 3), changed[0, 0, 0]), atol=1e-3)


def test_eager_and_graph_agree() -> None:
    image = tf.random.stateless_uniform([16, 16, 3], [1, 2], 0, 255)
    for draw in range(4):
        seed = tf.constant([2, draw])
        np.testing.assert_allclose(tf.function(photometric)(image, seed), photometric(image, seed), atol=1e-2)
