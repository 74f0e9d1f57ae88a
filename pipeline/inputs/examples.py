"""From TFRecords to tf.data: the detector's examples and the classifier's crops."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from pipeline.artifacts import stable_seed
from pipeline.datasets.converted.record_files import record_files

SHUFFLE_BUFFER = 1024

_FEATURES = {
    "image/encoded": tf.io.FixedLenFeature([], tf.string),
    "image/source_id": tf.io.FixedLenFeature([], tf.string),
    "image/height": tf.io.FixedLenFeature([], tf.int64),
    "image/width": tf.io.FixedLenFeature([], tf.int64),
    "image/object/bbox/ymin": tf.io.VarLenFeature(tf.float32),
    "image/object/bbox/xmin": tf.io.VarLenFeature(tf.float32),
    "image/object/bbox/ymax": tf.io.VarLenFeature(tf.float32),
    "image/object/bbox/xmax": tf.io.VarLenFeature(tf.float32),
    "image/object/class/label": tf.io.VarLenFeature(tf.int64),
    "image/object/difficult": tf.io.VarLenFeature(tf.int64),
    "image/object/is_crowd": tf.io.VarLenFeature(tf.int64),
}

_MASK_FEATURES = {
    "image/object/mask": tf.io.VarLenFeature(tf.string),
    "image/object/has_mask": tf.io.VarLenFeature(tf.int64),
}

Example = dict[str, tf.Tensor]


def parse_record(serialized: tf.Tensor, *, masks: bool = False) -> Example:
    """Read one example of the TF Object Detection schema, without decoding its image or masks.

    Args:
        serialized: The record.
        masks: Whether to read the masks.

    Returns:
        "encoded": the image file's bytes; "image_id": int64; "size_px": int32 [2], height and width; "boxes":
        float32 [G, 4], yxyx, normalised; "labels": int32 [G], in 1..K; "ignored": bool [G], difficult or crowd.
        With ``masks`` also "encoded_masks": string [G], PNGs of 0 and 1, as large as the image (a pixel of 0
        where the whole record has no mask); "has_mask": bool [G], False where the PNG means nothing.
    """
    wanted = _FEATURES | (_MASK_FEATURES if masks else {})
    features = {
        name: tf.sparse.to_dense(value) if isinstance(value, tf.SparseTensor) else value
        for name, value in tf.io.parse_single_example(serialized, wanted).items()
    }
    boxes = tf.stack(
        [features[f"image/object/bbox/{side}"] for side in ("ymin", "xmin", "ymax", "xmax")], axis=-1
    )
    example = {
        "encoded": features["image/encoded"],
        "image_id": tf.strings.to_number(features["image/source_id"], tf.int64),
        "size_px": tf.cast(tf.stack([features["image/height"], features["image/width"]]), tf.int32),
        "boxes": boxes,
        "labels": tf.cast(features["image/object/class/label"], tf.int32),
        "ignored": (features["image/object/difficult"] > 0) | (features["image/object/is_crowd"] > 0),
    }
    return example | (_masks(features, tf.shape(boxes)[0]) if masks else {})


def _masks(features: Example, count: tf.Tensor) -> Example:
    """Give each object a mask, also those of a record that has none at all."""
    absent = tf.io.encode_png(tf.zeros([1, 1, 1], tf.uint8))
    missing = count - tf.shape(features["image/object/mask"])[0]
    return {
        "encoded_masks": tf.concat([features["image/object/mask"], tf.fill([missing], absent)], axis=0),
        "has_mask": tf.pad(features["image/object/has_mask"], [[0, missing]]) > 0,
    }


def records(converted: Path, split: str, *, masks: bool = False) -> tf.data.Dataset:
    """Read a split's examples in the order of the files, each as :func:`parse_record` gives it."""
    return tf.data.TFRecordDataset(record_files(converted, split)).map(
        partial(parse_record, masks=masks), num_parallel_calls=2
    )


def epochs_of(
    dataset: tf.data.Dataset,
    *,
    seed: int,
    epochs: int,
    take: int = -1,
    repeats: Callable[[Example, tf.Tensor], tf.Tensor] | None = None,
) -> tf.data.Dataset:
    """Go through examples epoch after epoch, each in an order of its own, giving every example a seed of its own.

    The order and the seeds derive from ``seed``, the epoch and the image's id alone, so that a later epoch
    is the same whether or not the earlier ones were run in the same process.

    Args:
        dataset: Examples with an "image_id".
        seed: Of the whole training.
        epochs: How many.
        take: Examples an epoch; -1 for all.
        repeats: (example, epoch) -> how often the epoch has the example, int64 []; None for once. Each time it has
            another seed.

    Returns:
        The examples with "seed" added, int32 [2].
    """
    orders = tf.constant([stable_seed(seed, "order", epoch) for epoch in range(epochs)], tf.int64)
    draws = tf.constant([stable_seed(seed, "draw", epoch) for epoch in range(epochs)], tf.int32)

    def epoch_examples(epoch: tf.Tensor, order: tf.Tensor, draw: tf.Tensor) -> tf.data.Dataset:
        def copies(example: Example) -> tf.data.Dataset:
            count = repeats(example, epoch) if repeats else 1
            numbers = tf.data.Dataset.range(count, output_type=tf.int32)
            return numbers.map(lambda copy: example | {"copy": copy})

        def seeded(example: Example) -> Example:
            number = draw + example.get("copy", 0)
            return example | {"seed": tf.stack([number, tf.cast(example["image_id"], tf.int32)])}

        drawn = dataset.flat_map(copies) if repeats else dataset
        shuffled = drawn.shuffle(SHUFFLE_BUFFER, seed=order, reshuffle_each_iteration=False)
        return shuffled.take(take).map(seeded)

    numbers = tf.range(epochs, dtype=tf.int64)
    return tf.data.Dataset.from_tensor_slices((numbers, orders, draws)).flat_map(epoch_examples)


def counted_boxes(dataset: tf.data.Dataset) -> np.ndarray:
    """List the boxes that are to be detected: float64 [N, 4], yxyx, normalised."""
    boxes = [example["boxes"][~example["ignored"]] for example in dataset.as_numpy_iterator()]
    return np.concatenate([np.zeros([0, 4]), *boxes])


def batched(
    dataset: tf.data.Dataset, prepare: Callable[[Example], Any], batch_size: int, *, drop_remainder: bool
) -> tf.data.Dataset:
    """Prepare examples on all cores, in their order, and batch them."""
    prepared = dataset.map(prepare, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    return prepared.batch(batch_size, drop_remainder=drop_remainder).prefetch(tf.data.AUTOTUNE)
