import numpy as np
import pytest
import tensorflow as tf

from pipeline.inputs.mixing import PARTNERS, Sample, mixed_scenes, mixup_of, mosaic_of, without_seed

SIZE = 96
COLOURS = np.array([[220, 30, 30], [30, 220, 30], [30, 30, 220], [220, 220, 30]], np.float32)


def scene(index: int) -> Sample:
    """Draw two rectangles of one colour, which is the box's label, on grey."""
    rng = np.random.default_rng(index)
    label = index % 4 + 1
    image = np.full([SIZE, SIZE, 3], 128, np.float32)
    corners = np.array([[8, 8], [52, 50]]) + rng.integers(0, 12, [2, 2])
    sides = rng.integers(16, 30, [2, 2])
    boxes = np.concatenate([corners, corners + sides], axis=1)
    for top, left, bottom, right in boxes:
        image[top:bottom, left:right] = COLOURS[label - 1]
    return {
        "image": tf.constant(image),
        "boxes": tf.constant(boxes / SIZE, tf.float32),
        "labels": tf.constant([label, label]),
        "ignored": tf.constant([False, False]),
        "seed": tf.constant([7, index]),
    }


def stream(count: int) -> tf.data.Dataset:
    scenes = [scene(index) for index in range(count)]
    signature = {
        "image": tf.TensorSpec([SIZE, SIZE, 3]),
        "boxes": tf.TensorSpec([None, 4]),
        "labels": tf.TensorSpec([None], tf.int32),
        "ignored": tf.TensorSpec([None], tf.bool),
        "seed": tf.TensorSpec([2], tf.int32),
    }
    return tf.data.Dataset.from_generator(lambda: iter(scenes), output_signature=signature)


def is_coloured(image: np.ndarray, box: np.ndarray, label: int) -> bool:
    """Say whether what a box frames, but for its rim, has the colour of its label."""
    top, left, bottom, right = box * SIZE
    inside = image[int(np.ceil(top)) + 2 : int(bottom) - 2, int(np.ceil(left)) + 2 : int(right) - 2]
    return inside.size == 0 or np.abs(inside - COLOURS[label - 1]).max() < 30


@pytest.mark.parametrize("draw", range(12))
def test_the_boxes_of_a_mosaic_lie_on_their_objects_and_frame_all_of_them(draw: int) -> None:
    mosaic = mosaic_of([scene(index) for index in range(draw, draw + 4)], tf.constant([3, draw]))
    image, boxes, labels = (mosaic[name].numpy() for name in ("image", "boxes", "labels"))
    assert image.shape == (SIZE, SIZE, 3)
    assert len(boxes) == len(labels) == len(mosaic["ignored"]) <= 8
    assert boxes.min() >= 0
    assert boxes.max() <= 1
    for box, label in zip(boxes, labels, strict=True):
        assert is_coloured(image, box, label)
        covered = (
            slice(*np.round(box[::2] * SIZE).astype(int)),
            slice(*np.round(box[1::2] * SIZE).astype(int)),
        )
        image[covered] = 128
    # what is left uncovered: objects whose center was cut off, which are less than half there
    assert (np.abs(image - 128).max(axis=-1) > 40).mean() < 0.15


def test_a_mosaic_shows_all_four_quarters_in_order() -> None:
    plain = [
        {**without_seed(scene(index)), "image": tf.fill([SIZE, SIZE, 3], float(index))} for index in range(4)
    ]
    image = mosaic_of(plain, tf.constant([1, 2]))["image"].numpy()
    corners = [image[0, 0, 0], image[0, -1, 0], image[-1, 0, 0], image[-1, -1, 0]]
    np.testing.assert_allclose(corners, [0, 1, 2, 3], atol=1e-4)


def test_a_mixup_blends_the_pixels_and_has_the_boxes_of_both() -> None:
    one, two = scene(0), scene(1)
    blend = mixup_of(without_seed(one), two, tf.constant([1, 2]))
    np.testing.assert_array_equal(blend["boxes"], np.concatenate([one["boxes"], two["boxes"]]))
    np.testing.assert_array_equal(blend["labels"], [1, 1, 2, 2])
    difference = one["image"] - two["image"]
    weight = tf.reduce_sum((blend["image"] - two["image"]) * difference) / tf.reduce_sum(difference**2)
    assert 0.3 < float(weight) < 0.7
    np.testing.assert_allclose(blend["image"], weight * one["image"] + (1 - weight) * two["image"], atol=1e-3)


def test_each_scene_is_mixed_with_those_that_follow_and_the_last_are_partners_only() -> None:
    scenes = stream(10)
    alone = list(mixed_scenes(scenes, mosaic=0.0, mixup=0.0))
    assert len(alone) == 10 - PARTNERS
    for before, after in zip(scenes, alone, strict=False):
        np.testing.assert_array_equal(after["seed"], before["seed"])
        for name in after:
            np.testing.assert_array_equal(after[name], before[name])


def test_mixing_repeats_and_a_scene_does_not_depend_on_what_came_before() -> None:
    def images(skipped: int) -> list[np.ndarray]:
        mixed = mixed_scenes(stream(16).skip(skipped), mosaic=0.5, mixup=0.5)
        return [one["image"].numpy() for one in mixed]

    first = images(0)
    np.testing.assert_array_equal(first, images(0))
    np.testing.assert_array_equal(first[3:], images(3))
    changed = [np.abs(image - scene(index)["image"]).max() > 1 for index, image in enumerate(first)]
    assert 0 < sum(changed) < len(changed)


def test_scenes_without_boxes_can_be_mixed() -> None:
    empty = scene(0) | {
        "boxes": tf.zeros([0, 4]),
        "labels": tf.zeros([0], tf.int32),
        "ignored": tf.zeros([0], tf.bool),
    }
    assert mosaic_of([empty] * 4, tf.constant([1, 1]))["boxes"].shape == (0, 4)
    assert mixup_of(without_seed(empty), scene(1), tf.constant([1, 1]))["boxes"].shape == (2, 4)


def test_masks_of_a_mosaic_stay_in_the_frames_of_their_cut_boxes() -> None:
    """The left half of each object's mask is set: where its box is cut, more or less than half of what is left is."""
    half = np.zeros([2, 12, 12], np.float32)
    half[:, :, :6] = 1
    marked = []
    for index in range(4):
        one = scene(index) | {"masks": tf.constant(half)}
        image = np.full([SIZE, SIZE, 3], 0, np.float32)
        for top, left, bottom, right in np.round(one["boxes"].numpy() * SIZE).astype(int):
            image[top:bottom, left : (left + right) // 2] = 200
        marked.append(one | {"image": tf.constant(image)})
    for draw in range(8):
        mosaic = mosaic_of(marked, tf.constant([5, draw]))
        assert len(mosaic["masks"]) == len(mosaic["boxes"])
        for box, mask in zip(mosaic["boxes"].numpy(), mosaic["masks"].numpy(), strict=True):
            top, left, bottom, right = np.round(box * SIZE).astype(int)
            if min(bottom - top, right - left) < 12:
                continue  # pixels are too coarse to tell
            seen = mosaic["image"].numpy()[top:bottom, left:right, 0].mean() / 200
            np.testing.assert_allclose(mask.mean(), seen, atol=0.12)
