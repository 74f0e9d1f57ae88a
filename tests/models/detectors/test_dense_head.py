"""The feature pyramid and the towers with group normalisation."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pipeline.models.detectors.dense_head import Tower, feature_pyramid


def features(size: int) -> dict[str, tf_keras.Input]:
    return {
        str(level): tf_keras.Input([size // 2**level, size // 2**level, 8 * level]) for level in (2, 3, 4, 5)
    }


@pytest.mark.parametrize(("size", "sides"), [(128, [16, 8, 4, 2, 1]), (96, [12, 6, 3, 2, 1])])
def test_levels_have_half_the_cells_of_the_level_before_rounded_up(size: int, sides: list[int]) -> None:
    levels = feature_pyramid(features(size), min_level=3, max_level=7, filters=16)
    assert list(levels) == ["3", "4", "5", "6", "7"]
    assert [tuple(level.shape[1:]) for level in levels.values()] == [(side, side, 16) for side in sides]


def test_a_fine_level_depends_on_all_coarser_levels_of_the_backbone() -> None:
    inputs = features(64)
    model = tf_keras.Model(inputs, feature_pyramid(inputs, min_level=3, max_level=6, filters=16)["3"])
    rng = np.random.default_rng(0)
    values = {
        level: tf.constant(rng.normal(size=(1, *each.shape[1:])), tf.float32)
        for level, each in inputs.items()
    }
    before = model(values).numpy()
    for level in ("3", "4", "5"):
        changed = model(values | {level: values[level] + 1.0}).numpy()
        assert np.abs(changed - before).max() > 1e-3
    np.testing.assert_array_equal(model(values | {"2": values["2"] + 1.0}), before)


def test_a_tower_starts_at_its_bias_and_computes_the_same_in_training_and_for_each_image_alone() -> None:
    tower = Tower("class", filters=16, convolutions=2, outputs=3, bias=-4.0)
    image = tf_keras.Input([8, 8, 16])
    model = tf_keras.Model(image, tower(image))
    x = tf.constant(np.random.default_rng(1).normal(size=(4, 8, 8, 16)), tf.float32)
    whole = model(x, training=True).numpy()
    assert abs(whole.mean() + 4.0) < 0.2
    np.testing.assert_allclose(model(x[1:2], training=False), whole[1:2], atol=1e-5)


def test_all_levels_share_the_weights_of_a_tower() -> None:
    tower = Tower("class", filters=16, convolutions=1, outputs=3)
    small, large = tf_keras.Input([4, 4, 16]), tf_keras.Input([8, 8, 16])
    model = tf_keras.Model([small, large], [tower(small), tower(large)])
    assert len(model.trainable_variables) == 1 + 2 + 2
