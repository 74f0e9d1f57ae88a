from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from pipeline.inputs.examples import example_of
from pipeline.params.train import Train
from pipeline.training.step_timing import input_seconds, step_seconds, steps_within, training_seconds
from tests.support.detectors import config_of
from tests.training.test_recipes import train


def section(**changes: Any) -> Train:
    return train(**{"batch_size": 2, "image_size": 128, "evaluations": 4, "steps": 100, **changes})


def test_the_steps_fill_the_minutes() -> None:
    """0.8 of ten minutes are 480 s. 40 s are the start, and 4 x 20 x 0.8 s / 2 = 32 s the evaluations."""
    assert steps_within(10, section(), 1.0, 20) == 400
    assert training_seconds(section(steps=528), 1.0, 20) == pytest.approx(600)


def test_there_is_a_step_for_each_period_at_least() -> None:
    assert steps_within(0.1, section(), 1.0, 20) == 20


def test_the_time_of_a_step_includes_that_of_its_images() -> None:
    image = tf.io.encode_jpeg(
        tf.cast(np.random.default_rng(0).uniform(0, 255, (600, 800, 3)), tf.uint8)
    ).numpy()
    example = example_of(
        image, (600, 800), np.array([[0.1, 0.1, 0.5, 0.5]], np.float32), np.array([1], np.int32)
    )
    assert input_seconds([], section()) == 0
    assert 1e-4 < input_seconds([example], section()) < 1
    assert step_seconds(config_of("gfl"), section(), "float32", [example]) > 0.01
