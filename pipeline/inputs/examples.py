"""The examples of a converted dataset: read from TFRecords, ordered by epoch, and batched."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from pipeline.artifacts import stable_seed
from pipeline.datasets.converted.record_files import record_files

SHUFFLE_BUFFER = 1024
"""Examples among which the next one is drawn. They are encoded, so that they take little memory."""

FILES_AT_A_TIME = 16
"""Files that are read in turn. The order of the files is random too, so that the shuffling is global."""

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
    "image/class/label": tf.io.VarLenFeature(tf.int64),
}

_MASK_FEATURES = {
    "image/object/mask": tf.io.VarLenFeature(tf.string),
    "image/object/has_mask": tf.io.VarLenFeature(tf.int64),
}


_KEYPOINT_FEATURES = {
    "image/object/keypoint/x": tf.io.VarLenFeature(tf.float32),
    "image/object/keypoint/y": tf.io.VarLenFeature(tf.float32),
    "image/object/keypoint/visibility": tf.io.VarLenFeature(tf.int64),
}


class Example(NamedTuple):
    """An image and its objects, as a record holds them. The image and the masks are still encoded.

    Attributes:
        encoded: string [], the image file, JPEG or PNG.
        image_id: int64 [].
        size_px: int32 [2], height and width.
        boxes: float32 [G, 4], yxyx, normalised.
        labels: int32 [G], in 1..K.
        ignored: bool [G], True for difficult and crowd objects.
        encoded_masks: string [G], PNGs of 0 and 1, of the image's size. None if the masks were not read.
        has_mask: bool [G], False if the object's PNG is a placeholder. None if the masks were not read.
        seed: int32 [2], the seed of the example in one epoch. None outside training.
        image_label: int32 [], the label of the whole image, in 1..K; 0 if it has none, and the first if it has several.
            None for an example without a record.
        keypoints: float32 [G, N, 3], y and x, normalised, and COCO's code of each, 0 for an absent one. None if the
            keypoints were not read.
    """

    encoded: tf.Tensor
    image_id: tf.Tensor
    size_px: tf.Tensor
    boxes: tf.Tensor
    labels: tf.Tensor
    ignored: tf.Tensor
    encoded_masks: tf.Tensor | None = None
    has_mask: tf.Tensor | None = None
    seed: tf.Tensor | None = None
    image_label: tf.Tensor | None = None
    keypoints: tf.Tensor | None = None


Repeats = Callable[[Example, tf.Tensor], tf.Tensor]
"""A function from an example and an epoch, int64 [...], to how often the epoch repeats the example, int64 [...]."""


Ordered = Callable[[tf.Tensor], tf.data.Dataset]
"""A function from a seed, int64 [], to a dataset of :class:`Example` in an order that depends on the seed."""


def example_of(encoded: bytes, size_px: Sequence[int], boxes: np.ndarray, labels: np.ndarray) -> Example:
    """Return an example of which no record was written.

    Args:
        encoded: The image file, JPEG or PNG.
        size_px: Height and width.
        boxes: float32 [G, 4], yxyx, normalised.
        labels: int32 [G], in 1..K.
    """
    return Example(
        encoded=tf.constant(encoded),
        image_id=tf.constant(0, tf.int64),
        size_px=tf.constant(size_px, tf.int32),
        boxes=tf.constant(boxes, tf.float32),
        labels=tf.constant(labels, tf.int32),
        ignored=tf.zeros([len(labels)], tf.bool),
    )


def parse_record(serialized: tf.Tensor, *, masks: bool = False, keypoints: int = 0) -> Example:
    """Parse a record of the TF Object Detection schema, without decoding its image or masks.

    Args:
        serialized: string [], a ``tf.train.Example``.
        masks: Whether to read the masks. If the record has none, each object gets a placeholder of one pixel.
        keypoints: N, the number of keypoints of an object; 0 if they are not read.
    """
    specs = _FEATURES | (_MASK_FEATURES if masks else {}) | (_KEYPOINT_FEATURES if keypoints else {})
    features = {
        name: tf.sparse.to_dense(value) if isinstance(value, tf.SparseTensor) else value
        for name, value in tf.io.parse_single_example(serialized, specs).items()
    }
    boxes = tf.stack(
        [features[f"image/object/bbox/{side}"] for side in ("ymin", "xmin", "ymax", "xmax")], axis=-1
    )
    example = Example(
        encoded=features["image/encoded"],
        image_id=tf.strings.to_number(features["image/source_id"], tf.int64),
        size_px=tf.cast(tf.stack([features["image/height"], features["image/width"]]), tf.int32),
        boxes=boxes,
        labels=tf.cast(features["image/object/class/label"], tf.int32),
        ignored=(features["image/object/difficult"] > 0) | (features["image/object/is_crowd"] > 0),
        image_label=tf.cast(tf.concat([features["image/class/label"], [0]], axis=0)[0], tf.int32),
    )
    if keypoints:
        columns = [features[f"image/object/keypoint/{name}"] for name in ("y", "x", "visibility")]
        stacked = tf.stack([tf.cast(column, tf.float32) for column in columns], axis=-1)
        example = example._replace(keypoints=tf.reshape(stacked, [tf.shape(boxes)[0], keypoints, 3]))
    if not masks:
        return example
    encoded_masks, has_mask = _padded_masks(features, tf.shape(boxes)[0])
    return example._replace(encoded_masks=encoded_masks, has_mask=has_mask)


def _padded_masks(features: dict[str, tf.Tensor], count: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the masks and ``has_mask`` of ``count`` objects, with placeholders if the record has no masks."""
    placeholder = tf.io.encode_png(tf.zeros([1, 1, 1], tf.uint8))
    missing = count - tf.shape(features["image/object/mask"])[0]
    return (
        tf.concat([features["image/object/mask"], tf.fill([missing], placeholder)], axis=0),
        tf.pad(features["image/object/has_mask"], [[0, missing]]) > 0,
    )


def records(converted: Path, split: str, *, masks: bool = False, keypoints: int = 0) -> tf.data.Dataset:
    """Read a split of a converted dataset.

    Args:
        converted: Folder of the converted dataset.
        masks: Whether to read the masks.
        keypoints: N, the number of keypoints of an object; 0 if they are not read.

    Returns:
        A dataset of :class:`Example`, in the order of the files.
    """
    return tf.data.TFRecordDataset(record_files(converted, split)).map(
        partial(parse_record, masks=masks, keypoints=keypoints), num_parallel_calls=2
    )


def shuffled_records(converted: Path, split: str, *, masks: bool = False, keypoints: int = 0) -> Ordered:
    """Return a function that reads a split of a converted dataset in a random order of its files.

    Several files are read at a time, one record of each in turn, so that neighbours in a file are apart.

    Args:
        converted: Folder of the converted dataset.
        masks: Whether to read the masks.
        keypoints: N, the number of keypoints of an object; 0 if they are not read.
    """
    files = tf.constant(record_files(converted, split))

    def read(order: tf.Tensor) -> tf.data.Dataset:
        shuffled = tf.random.experimental.stateless_shuffle(files, tf.stack([order, 0]))
        return (
            tf.data.Dataset.from_tensor_slices(shuffled)
            .interleave(
                tf.data.TFRecordDataset,
                cycle_length=FILES_AT_A_TIME,
                num_parallel_calls=2,
                deterministic=True,
            )
            .map(partial(parse_record, masks=masks, keypoints=keypoints), num_parallel_calls=2)
        )

    return read


def epochs_of(dataset: Ordered, *, seed: int, epochs: int, repeats: Repeats | None = None) -> tf.data.Dataset:
    """Concatenate shuffled epochs of a dataset, and give each example its own seed.

    The order and the seeds depend only on ``seed``, the epoch and the image's id. Therefore an epoch is the same
    whether or not the earlier ones ran in the same process.

    Args:
        dataset: The examples, in a random order that depends on its argument.
        repeats: How often an epoch repeats each example; None for once. Each repetition has another seed.

    Returns:
        A dataset of :class:`Example` with seeds.
    """
    orders = tf.constant([stable_seed(seed, "order", epoch) for epoch in range(epochs)], tf.int64)
    draws = tf.constant([stable_seed(seed, "draw", epoch) for epoch in range(epochs)], tf.int32)

    def epoch_examples(epoch: tf.Tensor, order: tf.Tensor, draw: tf.Tensor) -> tf.data.Dataset:
        def copies(example: Example) -> tf.data.Dataset:
            count = repeats(example, epoch) if repeats else 1
            numbers = tf.data.Dataset.range(count, output_type=tf.int32)
            return numbers.map(lambda copy: (example, copy))

        def seeded(example: Example, copy: tf.Tensor | int = 0) -> Example:
            return example._replace(seed=tf.stack([draw + copy, tf.cast(example.image_id, tf.int32)]))

        ordered = dataset(order)
        repeated = ordered.flat_map(copies) if repeats else ordered
        return repeated.shuffle(SHUFFLE_BUFFER, seed=order, reshuffle_each_iteration=False).map(seeded)

    numbers = tf.range(epochs, dtype=tf.int64)
    return tf.data.Dataset.from_tensor_slices((numbers, orders, draws)).flat_map(epoch_examples)


def counted_boxes(dataset: tf.data.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return the objects of a dataset of :class:`Example` that are not ignored.

    Returns:
        The boxes, float64 [N, 4], yxyx, normalised, and the labels, int64 [N], in 1..K.
    """
    counted = [
        (example.boxes[~example.ignored], example.labels[~example.ignored])
        for example in dataset.as_numpy_iterator()
    ]
    return (
        np.concatenate([np.zeros([0, 4]), *(boxes for boxes, _ in counted)]),
        np.concatenate([np.zeros([0], np.int64), *(labels for _, labels in counted)]),
    )


def batched(
    dataset: tf.data.Dataset, prepare: Callable[[Any], Any], batch_size: int, *, drop_remainder: bool
) -> tf.data.Dataset:
    """Map ``prepare`` over a dataset on all cores, keeping the order, and batch the results.

    Tensors whose lengths differ, such as the objects of the images, are padded with zeros to the longest of the batch.
    """
    prepared = dataset.map(prepare, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    fixed = all(spec.shape.is_fully_defined() for spec in tf.nest.flatten(prepared.element_spec))
    batch = prepared.batch if fixed else prepared.padded_batch
    return batch(batch_size, drop_remainder=drop_remainder).prefetch(tf.data.AUTOTUNE)
