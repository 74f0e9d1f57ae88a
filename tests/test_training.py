import math
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pipeline.errors import PipelineError
from pipeline.training import (
    KeepBest,
    Learner,
    LiveCurves,
    StopOnBadLoss,
    adamw,
    cosine_schedule,
    live_log,
    split_variables,
)


def network() -> tf_keras.Model:
    tf_keras.utils.set_random_seed(0)
    inputs = tf_keras.Input([3])
    hidden = tf_keras.layers.Dense(4, name="hidden")(inputs)
    return tf_keras.Model(inputs, {"y": tf_keras.layers.Dense(1, name="head")(hidden)})


def losses(outputs: dict[str, tf.Tensor], targets: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    return {"square": tf.reduce_mean((outputs["y"] - targets["y"]) ** 2)}


def data() -> tf.data.Dataset:
    x = np.random.default_rng(0).normal(size=(32, 3)).astype(np.float32)
    return tf.data.Dataset.from_tensor_slices((x, {"y": x.sum(axis=1, keepdims=True)})).batch(8)


def test_the_schedule_climbs_then_falls_to_nothing() -> None:
    schedule = cosine_schedule(0.1, steps=100, warmup_steps=10)
    np.testing.assert_allclose(
        [float(schedule(step)) for step in (0, 5, 10, 55, 100)], [0, 0.05, 0.1, 0.05, 0], atol=1e-6
    )


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


def test_weight_decay_spares_biases() -> None:
    model = network()
    model.get_layer("head").bias.assign([5.0])
    before = model.get_layer("head").kernel.numpy().copy()
    optimizer = adamw(0.1, 0.5)
    optimizer.apply_gradients([(tf.zeros_like(variable), variable) for variable in model.trainable_variables])
    np.testing.assert_allclose(model.get_layer("head").kernel, 0.95 * before, rtol=1e-5)
    np.testing.assert_allclose(model.get_layer("head").bias, [5.0])


def test_a_loss_that_is_not_finite_is_one_line() -> None:
    model = network()
    learner = Learner(model, lambda outputs, targets: {"bad": tf.reduce_sum(outputs["y"]) * math.nan})
    learner.compile_groups([(adamw(0.01, 0.0), model.trainable_variables)])
    with pytest.raises(PipelineError, match="the loss became nan in batch 1"):
        learner.fit(data(), epochs=1, verbose=0, callbacks=[StopOnBadLoss()])


def test_a_validation_loss_that_is_not_finite_stops_even_after_the_last_epoch() -> None:
    with pytest.raises(PipelineError, match="the validation loss became nan in epoch 3"):
        StopOnBadLoss().on_epoch_end(2, {"loss": 1.0, "val_loss": math.nan})
    StopOnBadLoss().on_epoch_end(2, {"loss": 1.0})  # nothing to say where nothing is validated


def test_keep_best_goes_back_to_the_best_epoch_and_stops() -> None:
    model = network()
    learner = Learner(model, losses)
    rate = tf_keras.optimizers.schedules.PiecewiseConstantDecay(
        [8], [0.05, 1.5]
    )  # from epoch 3 on it diverges
    learner.compile_groups([(tf_keras.optimizers.SGD(rate), model.trainable_variables)])
    best = KeepBest("val_loss", patience=2)
    history = learner.fit(data(), validation_data=data(), epochs=20, verbose=0, callbacks=[best])
    assert len(history.history["loss"]) == best.best_epoch + 3
    assert learner.evaluate(data(), verbose=0, return_dict=True)["loss"] == pytest.approx(best.best, rel=1e-4)


def test_curves_are_written_without_times(tmp_path: Path) -> None:
    model = network()
    learner = Learner(model, losses)
    learner.compile_groups([(adamw(0.01, 0.0), model.trainable_variables)])
    with live_log(tmp_path / "log") as live:
        learner.fit(data(), validation_data=data(), epochs=3, verbose=0, callbacks=[LiveCurves(live)])
    lines = (tmp_path / "log" / "plots" / "metrics" / "val" / "square.tsv").read_text().splitlines()
    assert lines[0].split("\t") == ["step", "square"]
    assert len(lines) == 4


def test_variables_are_split_without_loss() -> None:
    model = network()
    inner = tf_keras.Model(model.input, model.get_layer("hidden").output)
    backbone, head = split_variables(model, inner)
    assert [variable.name for variable in backbone] == ["hidden/kernel:0", "hidden/bias:0"]
    assert [variable.name for variable in head] == ["head/kernel:0", "head/bias:0"]
