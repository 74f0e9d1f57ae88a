"""The classifier's examples: objects cut out of their images."""

import numpy as np
import tensorflow as tf

from pipeline.artifacts import stable_seed
from pipeline.inputs.examples import Example
from pipeline.ops import boxes as box_ops
from pipeline.ops.images import decode_image, sample_window

CROP_CONTEXT = 1.15
"""Sides of an object's crop, as multiples of the box's."""


def crops_of(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Turn images into their objects, one example an object; difficult and crowd boxes are left out.

    Returns:
        "image": uint8 [H, W, 3], the whole image; "window_px": float32 [4], yxyx, the object with some context around
        it, in pixels; "label": int32, in 1..K; "image_id": int64; "object": int64, the index among
        the image's boxes; "seed": int32 [2], the image's, where it has one.
    """

    def objects(example: Example) -> tf.data.Dataset:
        image = decode_image(example["encoded"])
        sides = tf.cast(tf.tile(tf.shape(image)[:2], [2]), tf.float32)
        kept = tf.where(~example["ignored"])[:, 0]
        boxes = tf.gather(example["boxes"], kept)
        columns = {
            "window_px": box_ops.enlarged(boxes * sides, CROP_CONTEXT),
            "label": tf.gather(example["labels"], kept),
            "object": kept,
        }
        return tf.data.Dataset.from_tensor_slices(columns).map(
            lambda row: (
                row
                | {"image": image}
                | {name: example[name] for name in ("image_id", "seed") if name in example}
            )
        )

    return dataset.flat_map(objects)


def unaugmented_crop(example: Example, size: int) -> tf.Tensor:
    """Cut an object out without augmentation, for validation and test: float32 [size, size, 3], in [0, 255].

    The crop is warped to a square, as in R-CNN (Girshick et al. 2014, appendix A): a square cut around a long
    object would show more of its neighbours than of itself.
    """
    return sample_window(example["image"], example["window_px"], size)


def crop_keys(dataset: tf.data.Dataset, *, max_per_class: int | None, seed: int) -> np.ndarray:
    """List the objects that :func:`crops_of` turns into crops, at most ``max_per_class`` of each class.

    Which ones are left when there are more depends on ``seed`` and their image's id alone.

    Returns:
        int64 [N, 2]: image id and index among the image's boxes, in the order of the records.
    """
    by_class: dict[int, list[tuple[int, int, int]]] = {}
    for example in dataset.as_numpy_iterator():
        for index in np.flatnonzero(~example["ignored"]):
            image_id = int(example["image_id"])
            row = (stable_seed(seed, image_id, index), image_id, int(index))
            by_class.setdefault(int(example["labels"][index]), []).append(row)
    chosen = [row[1:] for rows in by_class.values() for row in sorted(rows)[:max_per_class]]
    return np.array(sorted(chosen), np.int64).reshape(-1, 2)


def only_keys(crops: tf.data.Dataset, keys: np.ndarray) -> tf.data.Dataset:
    """Keep the crops whose image id and object index are among ``keys``, int64 [N, 2]."""
    names = tf.strings.reduce_join(tf.strings.as_string(keys), axis=1, separator="/")
    table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(names, tf.ones([len(keys)], tf.int32)), default_value=0
    )

    def listed(example: Example) -> tf.Tensor:
        key = tf.strings.join([tf.strings.as_string(example[name]) for name in ("image_id", "object")], "/")
        return table.lookup(key) > 0

    return crops.filter(listed)
