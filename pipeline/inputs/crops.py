"""The crops that the classifier learns from: objects cut out of their images, or whole images."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from pipeline.artifacts import stable_seed
from pipeline.inputs.examples import Example, batched
from pipeline.ops import boxes as box_ops
from pipeline.ops.images import decode_image, resize, sample_encoded_window

CROP_CONTEXT = 1.15
"""Side of an object's crop, as a multiple of the side of its box."""


KEYS_AT_A_TIME = 1024
"""Keys of crops that are read in one batch, which is much faster than one by one."""


class Crop(NamedTuple):
    """An object, or a whole image, and the image to cut it out of.

    Attributes:
        encoded: string [], the image file, JPEG or PNG.
        size_px: int32 [2], height and width of the image.
        window_px: float32 [4], yxyx, in pixels, the object's box and some context around it. None for a whole image,
            which needs no cutting.
        label: int32 [], in 1..K.
        image_id: int64 [].
        object_index: int64 [], the index of the object in the record; 0 for a whole image.
        seed: int32 [2], the seed of the image in one epoch. None outside training.
    """

    encoded: tf.Tensor
    size_px: tf.Tensor
    window_px: tf.Tensor | None
    label: tf.Tensor
    image_id: tf.Tensor
    object_index: tf.Tensor
    seed: tf.Tensor | None = None


def crops_of(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Turn each :class:`Example` of a dataset into one :class:`Crop` per object that is not ignored."""

    def objects(example: Example) -> tf.data.Dataset:
        sides = tf.cast(tf.tile(example.size_px, [2]), tf.float32)
        indices = tf.where(~example.ignored)[:, 0]
        windows_px = box_ops.enlarged(tf.gather(example.boxes, indices) * sides, CROP_CONTEXT)
        labels = tf.gather(example.labels, indices)
        return tf.data.Dataset.from_tensor_slices((windows_px, labels, indices)).map(
            lambda window_px, label, index: Crop(
                encoded=example.encoded,
                size_px=example.size_px,
                window_px=window_px,
                label=label,
                image_id=example.image_id,
                object_index=index,
                seed=example.seed,
            )
        )

    return dataset.flat_map(objects)


def all_images_of(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Turn each :class:`Example` into one :class:`Crop` of all of it, whose label is 0 if the image has none."""

    def whole(example: Example) -> Crop:
        return Crop(
            encoded=example.encoded,
            size_px=example.size_px,
            window_px=None,
            label=example.image_label,
            image_id=example.image_id,
            object_index=tf.constant(0, tf.int64),
            seed=example.seed,
        )

    return dataset.map(whole)


def whole_images_of(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Turn each :class:`Example` that has a label of the whole image into one :class:`Crop` of all of it."""
    return all_images_of(dataset.filter(lambda example: example.image_label > 0))


CROPS_OF_TASK = {"detection": crops_of, "classification": whole_images_of}
"""The parameter ``task`` -> the function that turns examples into what the classifier sees."""


def window_of(crop: Crop) -> tf.Tensor:
    """Return the window of a crop, which may be the whole image: float32 [4], yxyx, in pixels."""
    if crop.window_px is None:
        return tf.concat([[0.0, 0.0], tf.cast(crop.size_px, tf.float32)], axis=0)
    return crop.window_px


def unaugmented_crop(crop: Crop, size: int) -> tf.Tensor:
    """Cut an object out of its image without augmentation, for validation and test.

    The window is warped to a square, as in R-CNN (Girshick et al. 2014, appendix A). A square window around a long
    object would show more of its neighbours than of the object.

    Args:
        size: Side of the result, px.

    Returns:
        float32 [size, size, 3], RGB in [0, 255].
    """
    if crop.window_px is None:
        image = decode_image(crop.encoded)
        fits = tf.reduce_all(crop.size_px == size)  # to resize it takes longer than all else of a small image
        image = tf.cond(fits, lambda: tf.cast(image, tf.float32), lambda: resize(image, size, size))
        return tf.ensure_shape(image, [size, size, 3])
    return sample_encoded_window(crop.encoded, crop.size_px, crop.window_px, size)


def labelled_batches(crops: tf.data.Dataset, size: int, batch_size: int) -> tf.data.Dataset:
    """Return batches of crops without augmentation, and their classes.

    Args:
        crops: A dataset of :class:`Crop`.
        size: Side of the images, px.
        batch_size: Number of crops in a batch; the last batch may have fewer.

    Returns:
        A dataset of pairs: float32 [B, size, size, 3], RGB in [0, 255]; and {"class": int32 [B], in [0, K)}.
    """

    def prepare(crop: Crop) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        return unaugmented_crop(crop, size), {"class": crop.label - 1}

    return batched(crops, prepare, batch_size, drop_remainder=False)


def crop_keys(crops: tf.data.Dataset, *, max_per_class: int | None, seed: int) -> np.ndarray:
    """List the crops, at most ``max_per_class`` of each class.

    If a class has more crops, a sample of them is listed, which depends only on ``seed`` and the crops' keys.

    Args:
        max_per_class: None for no limit.
        seed: Seed of the sample.

    Returns:
        int64 [N, 2], image id and index of the object in the record, in ascending order.
    """
    by_class: dict[int, list[tuple[int, int, int]]] = {}
    keys_of = crops.map(lambda crop: (crop.label, crop.image_id, crop.object_index))
    for batch in keys_of.batch(KEYS_AT_A_TIME).as_numpy_iterator():
        for label, image_id, index in zip(*(column.tolist() for column in batch), strict=True):
            by_class.setdefault(label, []).append((stable_seed(seed, image_id, index), image_id, index))
    keys = [row[1:] for rows in by_class.values() for row in sorted(rows)[:max_per_class]]
    return np.array(sorted(keys), np.int64).reshape(-1, 2)


def only_keys(crops: tf.data.Dataset, keys: np.ndarray) -> tf.data.Dataset:
    """Keep the crops whose image id and object index are among ``keys``, int64 [N, 2]."""
    names = tf.strings.reduce_join(tf.strings.as_string(keys), axis=1, separator="/")
    table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(names, tf.ones([len(keys)], tf.int32)), default_value=0
    )

    def is_listed(crop: Crop) -> tf.Tensor:
        key = tf.strings.join(
            [tf.strings.as_string(crop.image_id), tf.strings.as_string(crop.object_index)], "/"
        )
        return table.lookup(key) > 0

    return crops.filter(is_listed)
