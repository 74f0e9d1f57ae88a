import numpy as np
import pytest
import tensorflow as tf

from pipeline.ops.images import FILL, decode_for_window, decode_image, resize, sample_window


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


def test_a_window_that_hardly_meets_the_image_still_has_pixels_of_it() -> None:
    shown = sample_window(gradient(10, 10), tf.constant([9.9, 9.9, 30.0, 30.0]), 16)
    assert shown.shape == (16, 16, 3)
    assert np.isfinite(shown).all()


def test_a_grey_png_becomes_rgb() -> None:
    image = decode_image(tf.io.encode_png(tf.fill([3, 5, 1], tf.constant(7, tf.uint8))))
    assert image.shape == (3, 5, 3) and image.dtype == tf.uint8
    assert (image.numpy() == 7).all()


@pytest.mark.parametrize(
    ("window", "shape"),
    [
        ([0.0, 0.0, 1.0, 1.0], (100, 150)),  # 400 x 600 px for 100 px: a quarter suffices
        ([-0.5, -0.5, 1.5, 1.5], (50, 75)),
        ([0.2, 0.2, 0.7, 0.7], (200, 300)),
        ([0.5, 0.5, 0.7, 0.7], (400, 600)),
    ],
)
def test_a_jpeg_is_decoded_no_finer_than_its_window_needs(
    window: list[float], shape: tuple[int, int]
) -> None:
    full = tf.image.resize(tf.cast(gradient(8, 12), tf.float32) * 10.0, [400, 600])
    encoded = tf.io.encode_jpeg(tf.cast(full, tf.uint8), quality=95)
    image = decode_for_window(encoded, tf.constant([400, 600]), tf.constant(window), 100)
    assert image.shape == (*shape, 3)
    expected = tf.image.resize(tf.cast(decode_image(encoded), tf.float32), shape, antialias=True)
    assert float(tf.reduce_mean(tf.abs(tf.cast(image, tf.float32) - expected))) < 1.5


def test_a_png_is_decoded_whole() -> None:
    encoded = tf.io.encode_png(gradient(64, 64))
    image = decode_for_window(encoded, tf.constant([64, 64]), tf.constant([0.0, 0.0, 1.0, 1.0]), 8)
    np.testing.assert_array_equal(image, gradient(64, 64))


def test_halving_an_image_averages_its_pixels() -> None:
    image = tf.constant([[[0.0] * 3, [100.0] * 3], [[100.0] * 3, [200.0] * 3]])
    np.testing.assert_allclose(resize(image, 1, 1), [[[100.0] * 3]], atol=1e-3)


def test_eager_and_graph_agree() -> None:
    window = tf.constant([-5.0, 3.0, 30.0, 25.0])
    eager = sample_window(gradient(40, 30), window, 24)
    graph = tf.function(lambda image, window: sample_window(image, window, 24))(gradient(40, 30), window)
    np.testing.assert_allclose(graph, eager, atol=1e-3)
