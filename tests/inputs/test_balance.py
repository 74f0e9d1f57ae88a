from collections import Counter

import numpy as np
import tensorflow as tf

from pipeline.inputs.balance import balanced, class_factors
from pipeline.inputs.examples import Example, epochs_of


def test_factors_by_hand() -> None:
    """Class 1 is in 16 images, class 2 in 4, class 3 in 1: the median is 4."""
    images = [{1}] * 12 + [{1, 2}] * 3 + [{1, 2, 3}]
    np.testing.assert_allclose(class_factors(images, 4), [1, 1, 1, 2, 1])
    np.testing.assert_allclose(class_factors([{1}] * 8 + [{2}] * 2, 2), [1, 1, np.sqrt(2.5)])
    np.testing.assert_allclose(class_factors([set()], 2), [1, 1, 1])


def examples() -> tf.data.Dataset:
    """Make 8 images of class 1, one of class 2, one of both, one of none, and one whose object is ignored."""
    labels = [[1]] * 8 + [[2], [1, 2], [], [2]]
    ragged = tf.ragged.constant(labels, dtype=tf.int32)

    def example(index: tf.Tensor, labels: tf.Tensor) -> Example:
        return Example(
            encoded=tf.constant(b""),
            image_id=index,
            size_px=tf.constant([1, 1]),
            boxes=tf.zeros([tf.size(labels), 4]),
            labels=labels,
            ignored=tf.fill([tf.size(labels)], index == 11),
        )

    return tf.data.Dataset.from_tensor_slices(ragged).enumerate().map(example)


def stream_of(seed: int = 5, epochs: int = 20) -> list[Example]:
    tf.random.set_seed(1)  # tf.data refuses the computed seed of a shuffle if the global seed is 0
    repeats = balanced(examples(), 2, seed=seed)
    return list(epochs_of(lambda order: examples(), seed=seed, epochs=epochs, repeats=repeats))


def test_images_of_the_rare_class_are_repeated_by_their_factor() -> None:
    """Class 1 is in 9 images, class 2 in 2: the median is 5.5, class 2's factor sqrt(5.5 / 2) = 1.658."""
    stream = stream_of()
    counts = Counter(int(example.image_id) for example in stream)
    assert all(counts[index] == 20 for index in (*range(8), 10, 11))
    assert all(abs(counts[index] - 20 * 1.658) < 1 for index in (8, 9))


def test_each_copy_has_a_seed_of_its_own_and_the_draws_repeat() -> None:
    stream = stream_of()
    seeds = [tuple(example.seed.numpy()) for example in stream]
    assert len(set(seeds)) == len(seeds)
    assert seeds == [tuple(example.seed.numpy()) for example in stream_of()]
    assert seeds != [tuple(example.seed.numpy()) for example in stream_of(seed=6)]
