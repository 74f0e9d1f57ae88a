import numpy as np
import pytest
import tensorflow as tf

from pipeline.ops import boxes as box_ops
from pipeline.ops import windows


def test_expand_windows_hold_the_image_and_stay_within_the_limit() -> None:
    drawn = np.array([windows.expand_window(tf.constant([1, draw]), 3.0) for draw in range(60)])
    assert (drawn[:, :2] <= 0).all()
    assert (drawn[:, 2:] >= 1 - 1e-6).all()
    sides = drawn[:, 2] - drawn[:, 0]
    assert sides.max() <= 3.0 + 1e-5
    assert 15 < (sides == 1.0).sum() < 45


def test_iou_windows_show_the_center_of_an_object_within_the_image() -> None:
    truth = tf.constant([[0.1, 0.1, 0.4, 0.3], [0.5, 0.6, 0.9, 0.9]])
    for draw in range(60):
        window = windows.iou_window(tf.constant([2, draw]), truth)
        seen = box_ops.centers(box_ops.into_window(truth, window)).numpy()
        assert ((seen > 0) & (seen < 1)).all(axis=1).any()
        assert window.numpy().min() >= 0
        assert window.numpy().max() <= 1 + 1e-6


def test_an_image_without_objects_is_shown_whole() -> None:
    window = windows.iou_window(tf.constant([3, 4]), tf.zeros([0, 4]))
    np.testing.assert_array_equal(window, [0, 0, 1, 1])


def test_a_seed_draws_the_same_window_eagerly_and_in_tf_data() -> None:
    truth = tf.constant([[0.1, 0.1, 0.4, 0.3]])
    seeds = tf.constant([[5, draw] for draw in range(8)])
    eager = [windows.iou_window(seed, truth).numpy() for seed in seeds]
    mapped = tf.data.Dataset.from_tensor_slices(seeds).map(lambda seed: windows.iou_window(seed, truth))
    np.testing.assert_allclose(list(mapped.as_numpy_iterator()), eager, atol=1e-6)
    assert len({window.tobytes() for window in eager}) > 1


@pytest.mark.parametrize(("least", "largest"), [(0.5, 0.5), (2.0, 2.0), (0.5, 2.0)])
def test_a_scale_window_has_the_drawn_side_and_stays_in_or_around_the_picture(
    least: float, largest: float
) -> None:
    sides = []
    for draw in range(50):
        top, left, bottom, right = windows.scale_window(tf.constant([1, draw]), least, largest).numpy()
        np.testing.assert_allclose(bottom - top, right - left, rtol=1e-5)
        sides.append(bottom - top)
        within, around = min(top, left) >= -1e-6 and max(bottom, right) <= 1 + 1e-6, max(top, left) <= 1e-6
        assert within or (around and min(bottom, right) >= 1 - 1e-6)
    assert 1 / largest - 1e-4 <= min(sides)
    assert max(sides) <= 1 / least + 1e-4
    assert least == largest or max(sides) > 2 * min(sides)


def test_a_stretched_window_has_the_area_of_the_scale_and_ratios_up_to_the_factor() -> None:
    ratios = []
    for draw in range(200):
        top, left, bottom, right = windows.scale_window(tf.constant([1, draw]), 1.25, 1.25, 2.0).numpy()
        np.testing.assert_allclose((bottom - top) * (right - left), 1 / 1.25**2, rtol=1e-5)
        ratios.append((right - left) / (bottom - top))
        for start, end in ((top, bottom), (left, right)):
            assert (start >= -1e-6 and end <= 1 + 1e-6) or (start <= 1e-6 and end >= 1 - 1e-6)
    assert 0.5 <= min(ratios) < 0.55 and 1.8 < max(ratios) <= 2.0
    assert abs(np.mean(np.log(ratios))) < 0.1
