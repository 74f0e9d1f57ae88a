"""The callbacks of a training."""

import math
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pipeline.errors import PipelineError
from pipeline.training.callbacks import KeepBest, ScorePeriods, StopOnBadLoss
from pipeline.training.learner import Learner
from pipeline.training.log.curves import Curves
from pipeline.training.log.training_log import TrainingLog
from pipeline.training.optimizers import adamw
from tests.support.small_task import data, losses, network


def test_a_loss_that_is_not_finite_is_one_line() -> None:
    model = network()
    learner = Learner(model, lambda outputs, targets: {"bad": tf.reduce_sum(outputs["y"]) * math.nan})
    learner.compile_groups([(adamw(0.01, 0.0), model.trainable_variables)])
    with pytest.raises(PipelineError, match="the loss became nan in step 1; set a lower rate"):
        learner.fit(data(), epochs=1, verbose=0, callbacks=[StopOnBadLoss("set a lower rate")])


def test_a_validation_loss_that_is_not_finite_stops_even_after_the_last_epoch() -> None:
    stop = StopOnBadLoss("set a lower rate")
    stop.set_params({"steps": 5})
    with pytest.raises(PipelineError, match="the validation loss became nan after step 15"):
        stop.on_epoch_end(2, {"loss": 1.0, "val_loss": math.nan})
    stop.on_epoch_end(2, {"loss": 1.0})  # no error without a validation


def test_keep_best_goes_back_to_the_best_period_and_stops() -> None:
    model = network()
    learner = Learner(model, losses)
    rate = tf_keras.optimizers.schedules.PiecewiseConstantDecay(
        [8], [0.05, 1.5]
    )  # from epoch 3 on it diverges
    learner.compile_groups([(tf_keras.optimizers.SGD(rate), model.trainable_variables)])
    best = KeepBest("val_loss", patience=2)
    history = learner.fit(data(), validation_data=data(), epochs=20, verbose=0, callbacks=[best])
    assert len(history.history["loss"]) == best.best_period + 3
    assert learner.evaluate(data(), verbose=0, return_dict=True)["loss"] == pytest.approx(best.best, rel=1e-4)


def test_the_best_score_keeps_its_weights_and_the_curves_have_it(tmp_path: Path) -> None:
    model = network()
    learner = Learner(model, losses)
    learner.compile_groups([(adamw(0.01, 0.0), model.trainable_variables)])
    weights: dict[int, list[np.ndarray]] = {}

    def score(epoch: int) -> dict[str, float]:
        weights[epoch] = model.get_weights()
        return {"mAP": {1: 0.2, 3: 0.5, 5: 0.4, 7: 0.5}[epoch]}

    best = KeepBest("val_mAP", 2, greater=True)
    callbacks = [ScorePeriods(score, {1, 3, 5, 7}), best, TrainingLog([Curves(tmp_path / "log")], model, 8)]
    history = learner.fit(data(), epochs=20, verbose=0, callbacks=callbacks)
    assert (best.best, best.best_period, len(history.history["loss"])) == (0.5, 3, 8)
    for value, kept in zip(model.get_weights(), weights[3], strict=True):
        np.testing.assert_array_equal(value, kept)
    lines = (tmp_path / "log" / "plots" / "metrics" / "val" / "mAP.tsv").read_text().splitlines()
    assert lines == ["step\tmAP", "8\t0.2", "16\t0.5", "24\t0.4", "32\t0.5"]


def periods_with_scores(scores: list[float], best: KeepBest) -> int:
    """Train until ``best`` stops, with a score for each period, and return the number of periods."""
    model = network()
    learner = Learner(model, losses)
    learner.compile_groups([(adamw(0.01, 0.0), model.trainable_variables)])
    callbacks = [ScorePeriods(lambda epoch: {"mAP": scores[epoch]}, range(8)), best]
    history = learner.fit(data(), epochs=8, verbose=0, callbacks=callbacks)
    return len(history.history["loss"])


def test_of_scores_that_differ_by_chance_the_last_is_kept() -> None:
    """The last score but one is worse than the greatest by more than chance, although not than the one before it."""
    best = KeepBest("val_mAP", 3, greater=True, chance=0.03)
    periods = periods_with_scores([0.3, 0.5, 0.48, 0.46, 0.2], best)
    assert (best.best, best.best_period, periods) == (0.48, 2, 5)


def test_scores_of_zero_do_not_count_against_the_patience() -> None:
    best = KeepBest("val_mAP", 2, greater=True)
    periods = periods_with_scores([0.0, 0.0, 0.0, 0.0, 0.1, 0.0, 0.0, 0.3], best)
    assert (best.best, best.best_period, periods) == (0.1, 4, 7)


def test_of_scores_that_are_all_zero_the_last_is_kept() -> None:
    model = network()
    learner = Learner(model, losses)
    learner.compile_groups([(adamw(0.01, 0.0), model.trainable_variables)])
    best = KeepBest("val_mAP", 1, greater=True)
    learner.fit(
        data(), epochs=4, verbose=0, callbacks=[ScorePeriods(lambda epoch: {"mAP": 0.0}, range(4)), best]
    )
    assert (best.best, best.best_period) == (0.0, 3)


def test_the_last_epoch_is_scored_and_without_patience_nothing_stops() -> None:
    model = network()
    learner = Learner(model, losses)
    learner.compile_groups([(adamw(0.01, 0.0), model.trainable_variables)])
    scored: list[int] = []

    def score(epoch: int) -> dict[str, float]:
        scored.append(epoch)
        return {"mAP": -float(epoch)}

    best = KeepBest("val_mAP", None, greater=True)
    learner.fit(data(), epochs=8, verbose=0, callbacks=[ScorePeriods(score, {2, 5, 7}), best])
    assert scored == [2, 5, 7]
    assert best.best_period == 2
