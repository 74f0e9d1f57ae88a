import numpy as np
import tensorflow as tf

from pipeline.ops.images import FILL, sample_window


def gradient(height: int, width: int) -> tf.Tensor:
    y, x = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    return tf.constant(np.stack([y, x, x + y], axis=-1).astype(np.uint8))


def test_the_whole_image_at_its_own_size_is_itself() -> None:
    image = gradient(40, 40)
    same = sample_window(image, tf.constant([0.0, 0.0, 40.0, 40.0]), 40)
    np.testing.assert_allclose(same, tf.cast(image, tf.float32), atol=1e-3)


def test_a_window_beyond_the_image_is_filled_with_grey_and_keeps_places() -> None:
    image = tf.fill([20, 20, 3], tf.constant(200, tf.uint8))
    shown = sample_window(image, tf.constant([-20.0, -20.0, 40.0, 40.0]), 60).numpy()
    np.testing.assert_allclose(shown[20:40, 20:40], 200, atol=1e-3)
    np.testing.assert_allclose(shown[:20], FILL, atol=1e-3)
    np.testing.assert_allclose(shown[:, 40:], FILL, atol=1e-3)


def test_a_window_that_hardly_meets_the_image_still_gives_a_picture() -> None:
    shown = sample_window(gradient(10, 10), tf.constant([9.9, 9.9, 30.0, 30.0]), 16)
    assert shown.shape == (16, 16, 3)
    assert np.isfinite(shown).all()
