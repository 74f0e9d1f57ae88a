"""Class-balanced sampling: an epoch repeats the images of rare classes (Gupta, Dollár and Girshick 2019, LVIS)."""

import numpy as np
import tensorflow as tf

from pipeline.inputs.examples import Example, Repeats


def class_factors(image_classes: list[set[int]], classes: int) -> np.ndarray:
    """Return the repeat factor of each class, max(1, sqrt(t / f)).

    Here f is the share of images that show the class, and t is the median of f over the classes, so the rarer half of
    the classes is repeated. The paper sets t to 0.001 for the 1,203 classes of LVIS. With ten classes that value would
    never have an effect.

    Args:
        image_classes: For each image, the set of its labels, in 1..K.

    Returns:
        float64 [K + 1], indexed by label. The factor is 1 for label 0 and for classes that no image shows.
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


def balanced(dataset: tf.data.Dataset, classes: int, *, seed: int) -> Repeats:
    """Determine how often each epoch repeats each image. The labels are read once; no image is decoded.

    The factor of an image is the greatest factor of its classes. Ignored objects do not count. A fractional factor is
    spread evenly over the epochs. With a factor of 1.25, three epochs of four contain the image once and the fourth
    contains it twice. Which epoch that is depends on ``seed`` and the image's id.

    Returns:
        The function from an example and an epoch to the number of repetitions.
    """
    image_classes = [set(labels.tolist()) for labels in dataset.map(_counted_labels).as_numpy_iterator()]
    factors = tf.constant(class_factors(image_classes, classes))

    def repeats(example: Example, epoch: tf.Tensor) -> tf.Tensor:
        present = tf.gather(factors, _counted_labels(example))
        factor = tf.reduce_max(tf.concat([present, tf.ones([1], tf.float64)], axis=0))
        phase_seed = tf.stack([tf.constant(seed, tf.int32), tf.cast(example.image_id, tf.int32)])
        phase = tf.random.stateless_uniform([], phase_seed, dtype=tf.float64)
        before = tf.floor(phase + factor * tf.cast(epoch, tf.float64))
        after = tf.floor(phase + factor * tf.cast(epoch + 1, tf.float64))
        return tf.cast(after - before, tf.int64)

    return repeats


def _counted_labels(example: Example) -> tf.Tensor:
    """Return the labels of the objects that are not ignored: int32 [G']."""
    return tf.boolean_mask(example.labels, ~example.ignored)
