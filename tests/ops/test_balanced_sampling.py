import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.ops.balanced_sampling import balanced_sample, sampling_order

KINDS = st.lists(st.sampled_from("pni"), min_size=1, max_size=40)  # positive, negative, ignored


@settings(deadline=None, max_examples=100)
@given(KINDS, st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**31 - 1))
def test_the_sample_has_as_many_positives_as_allowed_and_negatives_for_the_rest(
    kinds: list[str], count: int, most: int, seed: int
) -> None:
    letters = np.array(kinds)
    most = min(most, count)
    draws = tf.random.stateless_uniform([len(kinds)], [seed, 0])
    sampled = balanced_sample(draws, letters == "p", letters != "i", count=count, most_positives=most).numpy()
    positives, negatives = ((letters[sampled] == letter).sum() for letter in "pn")
    assert positives == min((letters == "p").sum(), most)
    assert negatives == min((letters == "n").sum(), count - positives)
    assert sampled.sum() == positives + negatives


def test_each_example_is_drawn_as_often_as_any_other_of_its_kind() -> None:
    positive = np.arange(10) < 4
    draws = tf.random.stateless_uniform([2000, 10], [1, 2])
    sampled = balanced_sample(
        draws, tf.constant([positive] * 2000), tf.ones([2000, 10], bool), count=5, most_positives=2
    ).numpy()
    np.testing.assert_array_equal(sampled.sum(axis=1), 5)
    np.testing.assert_allclose(sampled.mean(axis=0), np.where(positive, 2 / 4, 3 / 6), atol=0.05)


def test_surplus_positives_come_before_examples_that_are_no_candidates() -> None:
    order = sampling_order(
        tf.constant([0.5, 0.9, 0.1, 0.2]),
        tf.constant([True, True, False, False]),
        tf.constant([True, True, True, False]),
        most_positives=1,
    ).numpy()
    np.testing.assert_allclose(order, [0.5, 2.9, 1.1, -0.8], rtol=1e-6)
