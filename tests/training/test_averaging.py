"""The exponential moving average of the weights."""

import numpy as np
import tf_keras

from pipeline.training.averaging import MovingAverage
from pipeline.training.callbacks import KeepBest
from pipeline.training.learner import Learner
from pipeline.training.optimizers import adamw
from tests.support.small_task import data, losses, network


def test_the_average_by_hand() -> None:
    model = network()
    bias = model.get_layer("head").bias
    bias.assign([0.0])
    average = MovingAverage(model, 0.3)
    for step, value in enumerate((1.0, 2.0, 3.0)):
        bias.assign([value])
        average.on_train_batch_end(step)
    average.on_test_begin()
    # decays min(0.3, 2/11), min(0.3, 3/12), min(0.3, 4/13): 0.8182, then 1.7045, then 2.6114
    first = 9 / 11 * 1.0
    second = first * 3 / 12 + 2.0 * 9 / 12
    np.testing.assert_allclose(bias, [second * 0.3 + 3.0 * 0.7], rtol=1e-6)
    average.on_epoch_begin(1)
    np.testing.assert_array_equal(bias, [3.0])


class Watch(tf_keras.callbacks.Callback):
    """Record the weights at the beginning and at the end of each epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.begin: list[np.ndarray] = []
        self.end: list[np.ndarray] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        self.begin.append(self.model.network.get_layer("head").kernel.numpy())

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        self.end.append(self.model.network.get_layer("head").kernel.numpy())


def train(decay: float | None) -> tuple[Watch, tf_keras.Model, float]:
    model, watch = network(), Watch()
    learner = Learner(model, losses)
    learner.compile_groups([(adamw(0.01, 0.0), model.trainable_variables)])
    callbacks = [] if decay is None else [MovingAverage(model, decay)]
    history = learner.fit(
        data(), validation_data=data(), epochs=3, verbose=0, callbacks=[*callbacks, watch]
    ).history
    return watch, model, history["val_loss"][-1]


def test_training_goes_on_as_without_and_what_is_measured_is_the_average() -> None:
    plain, _, _ = train(None)
    averaged, model, val_loss = train(0.9)
    np.testing.assert_array_equal(averaged.begin, plain.begin)
    assert np.abs(averaged.end[0] - plain.end[0]).max() > 1e-4
    np.testing.assert_array_equal(model.get_layer("head").kernel, averaged.end[-1])
    learner = Learner(model, losses)
    learner.compile_groups([])
    np.testing.assert_allclose(
        learner.evaluate(data(), verbose=0, return_dict=True)["loss"], val_loss, rtol=1e-5
    )


def test_batchnorm_statistics_are_averaged() -> None:
    layer = tf_keras.layers.BatchNormalization()
    model = tf_keras.Sequential([tf_keras.Input([2]), layer])
    average = MovingAverage(model, 0.5)
    layer.moving_mean.assign([11.0, 22.0])
    average.on_train_batch_end(0)
    average.on_epoch_end(0)
    np.testing.assert_allclose(layer.moving_mean, [9.0, 18.0], rtol=1e-6)


def test_the_best_period_keeps_its_average() -> None:
    model, watch = network(), Watch()
    learner = Learner(model, losses)
    learner.compile_groups([(adamw(0.01, 0.0), model.trainable_variables)])
    callbacks = [MovingAverage(model, 0.9), KeepBest("val_loss", None), watch]
    learner.fit(data(), validation_data=data(), epochs=3, verbose=0, callbacks=callbacks)
    np.testing.assert_array_equal(model.get_layer("head").kernel, watch.end[callbacks[1].best_period])
