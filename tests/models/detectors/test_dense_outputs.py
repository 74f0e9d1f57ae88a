"""What detectors of one stage share."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pipeline.models.detectors.dense_outputs import PRIOR, PRIOR_LOGIT, concatenate_levels


def test_the_initial_bias_gives_the_prior_score() -> None:
    assert float(tf.sigmoid(PRIOR_LOGIT)) == pytest.approx(PRIOR, rel=1e-5)


def test_levels_come_one_after_the_other_and_cells_row_by_row() -> None:
    fine, coarse = tf_keras.Input([2, 2, 6]), tf_keras.Input([1, 1, 6])
    model = tf_keras.Model([fine, coarse], concatenate_levels([fine, coarse], 3, "x"))
    values = np.arange(30, dtype=np.float32)
    joined = model([values[:24].reshape(1, 2, 2, 6), values[24:].reshape(1, 1, 1, 6)])
    np.testing.assert_array_equal(joined, values.reshape(1, 10, 3))
