"""Learning-rate schedules."""

import numpy as np
import tensorflow as tf

from pipeline.training.schedules import StartedAt, cosine_schedule, step_schedule


def test_the_schedule_climbs_then_falls_to_nothing() -> None:
    schedule = cosine_schedule(0.1, steps=100, warmup_steps=10)
    np.testing.assert_allclose(
        [float(schedule(step)) for step in (0, 5, 10, 55, 100)], [0, 0.05, 0.1, 0.05, 0], atol=1e-6
    )


def test_the_steps_come_at_their_shares_of_the_training() -> None:
    schedule = step_schedule(0.1, 100, 10, [0.5, 0.8])
    steps = (0, 5, 10, 49, 50, 79, 80, 99)
    np.testing.assert_allclose(
        [float(schedule(tf.constant(step, tf.int64))) for step in steps],
        [0, 0.05, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001],
        rtol=1e-5,
    )
    assert float(step_schedule(0.1, 100, 0, [0.5])(0)) == np.float32(0.1)


def test_a_later_optimizer_reads_the_schedule_where_the_others_are() -> None:
    schedule = cosine_schedule(0.1, 100, 10)
    assert float(StartedAt(schedule, 40)(15)) == float(schedule(55))
