"""Class-balanced sampling: images of rare classes are drawn more often (Gupta, Dollár and Girshick 2019, LVIS)."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from pipeline.inputs.examples import Example

Repeats = Callable[[Example, tf.Tensor], tf.Tensor]


def class_factors(image_classes: list[set[int]], classes: int) -> np.ndarray:
    """Give each class its repeat factor, max(1, sqrt(t / f)), f being the share of the images that show it.

    The paper's t of 0.001 is meant for its 1,203 classes and would never act on ten. Here t is the median of f, so
    that the rarer half of the classes is drawn more often, whatever their number.

    Args:
        image_classes: Labels in 1..K, an image.
        classes: K.

    Returns:
        float64 [K + 1]; 1 for label 0 and for classes that no image shows.
    """
    counts = np.zeros(classes + 1)
    for labels in image_classes:
        counts[list(labels)] += 1
    shown = counts > 0
    shown[0] = False
    factors = np.ones(classes + 1)
    if shown.any():
        factors[shown] = np.maximum(1.0, np.sqrt(np.median(counts[shown]) / counts[shown]))
    return factors


def balanced(dataset: tf.data.Dataset, classes: int, *, seed: int, epochs: int) -> tuple[Repeats, int]:
    """Find out how often each image is to be drawn, going through the examples without decoding their images.

    An image's factor is the greatest of its classes'; difficult and crowd boxes do not count. Where it is no whole
    number, the draws are spread evenly over the epochs: 1.25 is once in three epochs of four and twice in the other,
    which one depending on ``seed`` and the image's id.

    Args:
        dataset: Examples as :func:`pipeline.inputs.examples.records` gives them.
        classes: K.
        seed: Of the training.
        epochs: Of the training.

    Returns:
        (example, epochs int64 [...]) -> how often each of them has the example, int64 [...]; and how many examples the
        shortest epoch has.
    """
    seen = [set(labels.tolist()) for labels in dataset.map(_counted_labels).as_numpy_iterator()]
    factors = tf.constant(class_factors(seen, classes))

    def repeats(example: Example, epoch: tf.Tensor) -> tf.Tensor:
        present = tf.gather(factors, _counted_labels(example))
        factor = tf.reduce_max(tf.concat([present, tf.ones([1], tf.float64)], axis=0))
        phase_seed = tf.stack([tf.constant(seed, tf.int32), tf.cast(example["image_id"], tf.int32)])
        phase = tf.random.stateless_uniform([], phase_seed, dtype=tf.float64)
        before = tf.floor(phase + factor * tf.cast(epoch, tf.float64))
        after = tf.floor(phase + factor * tf.cast(epoch + 1, tf.float64))
        return tf.cast(after - before, tf.int64)

    counts = dataset.map(lambda example: repeats(example, tf.range(epochs, dtype=tf.int64)))
    totals = counts.reduce(tf.zeros([epochs], tf.int64), lambda total, count: total + count)
    return repeats, int(tf.reduce_min(totals))


def _counted_labels(example: Example) -> tf.Tensor:
    return tf.boolean_mask(example["labels"], ~example["ignored"])
