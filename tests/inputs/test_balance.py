from collections import Counter
from typing import Any

import numpy as np
import tensorflow as tf

from pipeline.inputs.balance import balanced, class_factors
from pipeline.inputs.examples import epochs_of


def test_factors_by_hand() -> None:
    """Class 1 is in 16 images, class 2 in 4, class 3 in 1: the median is 4."""
    images = [{1}] * 12 + [{1, 2}] * 3 + [{1, 2, 3}]
    np.testing.assert_allclose(class_factors(images, 4), [1, 1, 1, 2, 1])
    np.testing.assert_allclose(class_factors([{1}] * 8 + [{2}] * 2, 2), [1, 1, np.sqrt(2.5)])
    np.testing.assert_allclose(class_factors([set()], 2), [1, 1, 1])


def examples() -> tf.data.Dataset:
    """Make 8 images of class 1, two of class 2, one with none, one whose class 2 is ignored."""
    labels = [[1]] * 8 + [[2], [1, 2], [], [2]]
    rows = [
        {"image_id": index, "labels": value, "ignored": [index == 11] * len(value)}
        for index, value in enumerate(labels)
    ]
    signature = {
        "image_id": tf.TensorSpec([], tf.int64),
        "labels": tf.TensorSpec([None], tf.int32),
        "ignored": tf.TensorSpec([None], tf.bool),
    }
    return tf.data.Dataset.from_generator(lambda: iter(rows), output_signature=signature)


def drawn(seed: int = 5, epochs: int = 20) -> tuple[list[Any], int]:
    tf.random.set_seed(1)  # as every stage does: tf.data refuses a computed seed beside a global one of 0
    repeats, shortest = balanced(examples(), 2, seed=seed, epochs=epochs)
    return list(epochs_of(examples(), seed=seed, epochs=epochs, repeats=repeats)), shortest


def test_images_of_the_rare_class_come_as_often_as_their_factor_says() -> None:
    """Class 1 is in 9 images, class 2 in 2: the median is 5.5, class 2's factor sqrt(5.5 / 2) = 1.658."""
    stream, shortest = drawn()
    counts = Counter(int(example["image_id"]) for example in stream)
    assert all(counts[index] == 20 for index in (*range(8), 10, 11))
    assert all(abs(counts[index] - 20 * 1.658) < 1 for index in (8, 9))
    assert 12 <= shortest <= 14


def test_each_copy_has_a_seed_of_its_own_and_the_draws_repeat() -> None:
    stream, _ = drawn()
    seeds = [tuple(example["seed"].numpy()) for example in stream]
    assert len(set(seeds)) == len(seeds)
    assert seeds == [tuple(example["seed"].numpy()) for example in drawn()[0]]
    assert seeds != [tuple(example["seed"].numpy()) for example in drawn(seed=6)[0]]
