"""A learner with one optimizer for each group of variables."""

import numpy as np
import tf_keras

from pipeline.training.learner import Learner
from pipeline.training.optimizers import adamw
from tests.support.small_task import data, losses, network


def test_each_group_learns_at_its_own_rate() -> None:
    model = network()
    start = [layer.kernel.numpy().copy() for layer in model.layers[1:]]
    learner = Learner(model, losses)
    groups = [
        (tf_keras.optimizers.SGD(0.01), model.get_layer("head").trainable_variables),
        (tf_keras.optimizers.SGD(0.0), model.get_layer("hidden").trainable_variables),
    ]
    learner.compile_groups(groups)
    learner.fit(data(), epochs=1, verbose=0)
    assert np.abs(model.get_layer("hidden").kernel - start[0]).max() == 0
    assert np.abs(model.get_layer("head").kernel - start[1]).max() > 1e-4


def test_a_tenth_of_the_rate_is_a_tenth_of_the_step_under_adam() -> None:
    steps = {}
    for factor in (1.0, 0.1):
        model = network()
        before = model.get_layer("hidden").kernel.numpy().copy()
        learner = Learner(model, losses)
        learner.compile_groups([(adamw(0.01 * factor, 0.0), model.get_layer("hidden").trainable_variables)])
        learner.fit(data().take(1), epochs=1, verbose=0)
        steps[factor] = np.abs(model.get_layer("hidden").kernel - before).mean()
    np.testing.assert_allclose(steps[0.1], 0.1 * steps[1.0], rtol=1e-3)
