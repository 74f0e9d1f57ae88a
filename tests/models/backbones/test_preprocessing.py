"""The preprocessing layers do the same as the functions of Keras."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from tf_keras import applications

from pipeline.models.backbones import preprocessing

PIXELS = np.random.default_rng(0).uniform(0, 255, (2, 4, 4, 3)).astype(np.float32)


def test_caffe_is_that_of_keras() -> None:
    expected = applications.resnet.preprocess_input(PIXELS.copy())
    np.testing.assert_allclose(preprocessing.caffe(tf.constant(PIXELS)), expected, atol=1e-4)


def test_plus_minus_one_is_that_of_keras() -> None:
    expected = applications.mobilenet.preprocess_input(PIXELS.copy())
    np.testing.assert_allclose(preprocessing.to_plus_minus_one(tf.constant(PIXELS)), expected, atol=1e-6)


def test_imagenets_mean_colour_becomes_0_and_one_standard_deviation_more_becomes_1() -> None:
    mean = np.array(preprocessing.IMAGENET_MEAN)
    pixels = np.stack([mean, mean + preprocessing.IMAGENET_STD])[:, None, None] * 255
    normalised = preprocessing.to_imagenets_colours(tf.constant(pixels, tf.float32))
    np.testing.assert_allclose(normalised, np.stack([np.zeros([1, 1, 3]), np.ones([1, 1, 3])]), atol=1e-5)


def test_unchanged_returns_the_same_tensor() -> None:
    assert preprocessing.unchanged(PIXELS) is PIXELS


@pytest.mark.parametrize(
    "preprocess",
    [preprocessing.caffe, preprocessing.to_plus_minus_one, preprocessing.to_imagenets_colours],
)
def test_preprocessing_is_float32_even_under_mixed_precision(preprocess: Callable[[Any], Any]) -> None:
    before = tf_keras.mixed_precision.global_policy()
    tf_keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        assert preprocess(tf_keras.Input([None, None, 3])).dtype == "float32"
    finally:
        tf_keras.mixed_precision.set_global_policy(before)
