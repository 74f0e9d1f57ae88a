import numpy as np
import pytest
import tensorflow as tf

from pipeline.inputs.crops import (
    CROP_CONTEXT,
    crop_keys,
    crops_of,
    only_keys,
    unaugmented_crop,
    whole_images_of,
    window_of,
)
from pipeline.inputs.examples import Example
from pipeline.ops.images import resize


def dataset() -> tf.data.Dataset:
    """Make an image with a red object, a green one and an ignored one, and an image without objects."""
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[10:20, 20:40, 0] = pixels[20:30, 40:60, 1] = 255
    boxes = np.array([[0, 0, 40, 80], [10, 20, 20, 40], [20, 40, 30, 60]]) / [40, 80, 40, 80]
    example = Example(
        encoded=tf.io.encode_png(pixels),
        image_id=tf.constant(7, tf.int64),
        size_px=tf.constant([40, 80]),
        boxes=tf.constant(boxes, tf.float32),
        labels=tf.constant([1, 1, 2]),
        ignored=tf.constant([True, False, False]),
    )
    empty = example._replace(boxes=example.boxes[:0], labels=example.labels[:0], ignored=example.ignored[:0])
    return tf.data.Dataset.from_tensors(example).concatenate(tf.data.Dataset.from_tensors(empty))


def test_each_object_that_is_not_ignored_becomes_a_crop() -> None:
    crops = list(crops_of(dataset()))
    assert [int(crop.object_index) for crop in crops] == [1, 2]
    assert [int(crop.label) for crop in crops] == [1, 2]
    assert {int(crop.image_id) for crop in crops} == {7}
    assert all(crop.seed is None for crop in crops)
    height, width = CROP_CONTEXT * 5, CROP_CONTEXT * 10
    np.testing.assert_allclose(
        crops[0].window_px, [15 - height, 30 - width, 15 + height, 30 + width], rtol=1e-5
    )


def test_an_unaugmented_crop_shows_its_object() -> None:
    for channel, crop in enumerate(crops_of(dataset())):
        pixels = unaugmented_crop(crop, 32).numpy()
        assert pixels.shape == (32, 32, 3)
        colour = 255 * np.eye(3)[channel]
        np.testing.assert_allclose(pixels[12:20, 12:20], np.broadcast_to(colour, (8, 8, 3)), atol=1)


def test_a_whole_image_of_the_wanted_size_is_resized_to_itself() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (28, 28, 3)).astype(np.uint8)
    (example, _) = dataset().map(
        lambda example: example._replace(
            encoded=tf.io.encode_png(pixels), size_px=tf.constant([28, 28]), image_label=tf.constant(1)
        )
    )
    (crop,) = whole_images_of(tf.data.Dataset.from_tensors(example))
    np.testing.assert_array_equal(unaugmented_crop(crop, 28), pixels)
    np.testing.assert_array_equal(unaugmented_crop(crop, 28), resize(tf.constant(pixels), 28, 28))


def test_the_seed_of_the_image_passes_to_its_crops() -> None:
    seeded = dataset().map(lambda example: example._replace(seed=tf.constant([3, 7])))
    for crop in crops_of(seeded):
        np.testing.assert_array_equal(crop.seed, [3, 7])


@pytest.mark.parametrize(("most", "keys"), [(None, [[7, 1], [7, 2]]), (1, [[7, 1], [7, 2]]), (0, [])])
def test_keys_are_those_of_the_crops(most: int | None, keys: list[list[int]]) -> None:
    listed = crop_keys(crops_of(dataset()), max_per_class=most, seed=1)
    np.testing.assert_array_equal(listed, np.reshape(keys, [-1, 2]))


def test_a_class_with_too_many_objects_is_sampled_by_the_seed() -> None:
    many = (
        dataset().take(1).repeat(10).enumerate().map(lambda index, example: example._replace(image_id=index))
    )
    first = crop_keys(crops_of(many), max_per_class=3, seed=1)
    assert sorted(first[:, 1].tolist()) == [1, 1, 1, 2, 2, 2]
    np.testing.assert_array_equal(first, crop_keys(crops_of(many), max_per_class=3, seed=1))
    assert first.tolist() != crop_keys(crops_of(many), max_per_class=3, seed=2).tolist()


def test_only_the_crops_with_given_keys_are_left() -> None:
    (crop,) = only_keys(crops_of(dataset()), np.array([[7, 2], [8, 1]]))
    assert int(crop.object_index) == 2


def test_an_image_with_a_label_is_a_crop_of_all_of_it() -> None:
    labels = tf.data.Dataset.from_tensor_slices([2, 0])
    labelled = tf.data.Dataset.zip((dataset(), labels)).map(
        lambda example, label: example._replace(image_label=label)
    )
    (crop,) = whole_images_of(labelled)
    assert (int(crop.label), int(crop.image_id), int(crop.object_index)) == (2, 7, 0)
    np.testing.assert_array_equal(window_of(crop), [0, 0, 40, 80])
    cut = crop._replace(window_px=window_of(crop))
    np.testing.assert_array_equal(unaugmented_crop(crop, 24), unaugmented_crop(cut, 24))
