import numpy as np
import pytest
import tensorflow as tf

from pipeline.inputs.mixing import PARTNERS, mixed_scenes, mixup_of, mosaic_of
from pipeline.inputs.scene_augmentation import Scene
from pipeline.ops.truth import Truth, select_objects

SIZE = 96
COLOURS = np.array([[220, 30, 30], [30, 220, 30], [30, 30, 220], [220, 220, 30]], np.float32)


def scene(index: int) -> Scene:
    """Draw two rectangles of one colour, which is the box's label, on grey."""
    rng = np.random.default_rng(index)
    label = index % 4 + 1
    image = np.full([SIZE, SIZE, 3], 128, np.float32)
    corners = np.array([[8, 8], [52, 50]]) + rng.integers(0, 12, [2, 2])
    sides = rng.integers(16, 30, [2, 2])
    boxes = np.concatenate([corners, corners + sides], axis=1)
    for top, left, bottom, right in boxes:
        image[top:bottom, left:right] = COLOURS[label - 1]
    truth = Truth(
        boxes=tf.constant(boxes / SIZE, tf.float32),
        labels=tf.constant([label, label]),
        ignored=tf.constant([False, False]),
        seed=tf.constant([7, index]),
    )
    return Scene(tf.constant(image), truth)


def stream(count: int, *, masks: bool = False) -> tf.data.Dataset:
    """Make scenes of which every third has one object, and the others two."""
    scenes = [scene(index) for index in range(count)]
    columns = [
        tf.stack(column)
        for column in zip(*((one.image, *one.truth[:3], one.truth.seed) for one in scenes), strict=True)
    ]

    def restored(image: tf.Tensor, *columns: tf.Tensor) -> Scene:
        boxes, labels, ignored, seed = columns
        truth = Truth(boxes=boxes, labels=labels, ignored=ignored, seed=seed)
        if masks:
            truth = truth._replace(masks=tf.ones([2, 12, 12]), has_mask=tf.constant([True, True]))
        return Scene(image, select_objects(truth, tf.range(tf.where(seed[1] % 3 == 0, 1, 2))))

    return tf.data.Dataset.from_tensor_slices(tuple(columns)).map(restored)


def is_coloured(image: np.ndarray, box: np.ndarray, label: int) -> bool:
    """Say whether what a box frames, but for its rim, has the colour of its label."""
    top, left, bottom, right = box * SIZE
    inside = image[int(np.ceil(top)) + 2 : int(bottom) - 2, int(np.ceil(left)) + 2 : int(right) - 2]
    return inside.size == 0 or np.abs(inside - COLOURS[label - 1]).max() < 30


@pytest.mark.parametrize("draw", range(12))
def test_the_boxes_of_a_mosaic_lie_on_their_objects_and_frame_all_of_them(draw: int) -> None:
    mosaic = mosaic_of([scene(index) for index in range(draw, draw + 4)], tf.constant([3, draw]))
    image, boxes, labels = mosaic.image.numpy(), mosaic.truth.boxes.numpy(), mosaic.truth.labels.numpy()
    assert image.shape == (SIZE, SIZE, 3)
    assert len(boxes) == len(labels) == len(mosaic.truth.ignored) <= 8
    assert boxes.min() >= 0
    assert boxes.max() <= 1
    for box, label in zip(boxes, labels, strict=True):
        assert is_coloured(image, box, label)
        covered = (
            slice(*np.round(box[::2] * SIZE).astype(int)),
            slice(*np.round(box[1::2] * SIZE).astype(int)),
        )
        image[covered] = 128
    # objects whose center lies outside have no box; less than half of such an object is left
    assert (np.abs(image - 128).max(axis=-1) > 40).mean() < 0.15


def test_a_mosaic_shows_all_four_quarters_in_order() -> None:
    plain = [scene(index)._replace(image=tf.fill([SIZE, SIZE, 3], float(index))) for index in range(4)]
    image = mosaic_of(plain, tf.constant([1, 2])).image.numpy()
    corners = [image[0, 0, 0], image[0, -1, 0], image[-1, 0, 0], image[-1, -1, 0]]
    np.testing.assert_allclose(corners, [0, 1, 2, 3], atol=1e-4)


def test_a_mixup_blends_the_pixels_and_has_the_boxes_of_both() -> None:
    one, two = scene(0), scene(1)
    blend = mixup_of(one, two, tf.constant([1, 2]))
    np.testing.assert_array_equal(blend.truth.boxes, np.concatenate([one.truth.boxes, two.truth.boxes]))
    np.testing.assert_array_equal(blend.truth.labels, [1, 1, 2, 2])
    difference = one.image - two.image
    weight = tf.reduce_sum((blend.image - two.image) * difference) / tf.reduce_sum(difference**2)
    assert 0.3 < float(weight) < 0.7
    np.testing.assert_allclose(blend.image, weight * one.image + (1 - weight) * two.image, atol=1e-3)


@pytest.mark.parametrize("masks", [False, True])
def test_unmixed_scenes_pass_unchanged_and_the_last_are_partners_only(masks: bool) -> None:
    scenes = stream(10, masks=masks)
    alone = list(mixed_scenes(scenes, mosaic=0.0, mixup=0.0))
    assert len(alone) == 10 - PARTNERS
    for before, after in zip(scenes, alone, strict=False):
        np.testing.assert_array_equal(after.image, before.image)
        for name, column in before.truth._asdict().items():
            np.testing.assert_array_equal(getattr(after.truth, name), column, err_msg=name)


@pytest.mark.parametrize("masks", [False, True])
def test_masks_are_mixed_if_there_are_any(masks: bool) -> None:
    for mixed in mixed_scenes(stream(6, masks=masks), mosaic=1.0, mixup=1.0):
        assert (mixed.truth.masks is not None) == masks
        assert not masks or mixed.truth.masks.shape == (len(mixed.truth.boxes), 12, 12)


def test_mixing_repeats_and_a_scene_does_not_depend_on_what_came_before() -> None:
    def images(skipped: int) -> list[np.ndarray]:
        mixed = mixed_scenes(stream(16).skip(skipped), mosaic=0.5, mixup=0.5)
        return [one.image.numpy() for one in mixed]

    first = images(0)
    np.testing.assert_array_equal(first, images(0))
    np.testing.assert_array_equal(first[3:], images(3))
    changed = [np.abs(image - scene(index).image).max() > 1 for index, image in enumerate(first)]
    assert 0 < sum(changed) < len(changed)


def test_scenes_without_boxes_can_be_mixed() -> None:
    full = scene(0)
    empty = full._replace(truth=select_objects(full.truth, tf.zeros([0], tf.int64)))
    assert mosaic_of([empty] * 4, tf.constant([1, 1])).truth.boxes.shape == (0, 4)
    assert mixup_of(empty, scene(1), tf.constant([1, 1])).truth.boxes.shape == (2, 4)


def test_masks_of_a_mosaic_cover_their_clipped_boxes() -> None:
    """The left half of each object is marked in its mask and in the image. The share must agree in a clipped box."""
    half = np.zeros([2, 12, 12], np.float32)
    half[:, :, :6] = 1
    marked = []
    for index in range(4):
        one = scene(index)
        truth = one.truth._replace(masks=tf.constant(half), has_mask=tf.constant([True, True]))
        image = np.full([SIZE, SIZE, 3], 0, np.float32)
        for top, left, bottom, right in np.round(truth.boxes.numpy() * SIZE).astype(int):
            image[top:bottom, left : (left + right) // 2] = 200
        marked.append(Scene(tf.constant(image), truth))
    for draw in range(8):
        mosaic = mosaic_of(marked, tf.constant([5, draw]))
        assert len(mosaic.truth.masks) == len(mosaic.truth.boxes)
        for box, mask in zip(mosaic.truth.boxes.numpy(), mosaic.truth.masks.numpy(), strict=True):
            top, left, bottom, right = np.round(box * SIZE).astype(int)
            if min(bottom - top, right - left) < 12:
                continue  # the pixels are too coarse to measure the share
            seen = mosaic.image.numpy()[top:bottom, left:right, 0].mean() / 200
            np.testing.assert_allclose(mask.mean(), seen, atol=0.12)


def test_after_the_mixed_scenes_the_others_stay_as_they_are() -> None:
    scenes = list(mixed_scenes(stream(10 + PARTNERS), mosaic=1.0, mixup=0.0, mixed=4))
    same = [np.array_equal(mixed.image, scene(index).image) for index, mixed in enumerate(scenes)]
    assert same == [False] * 4 + [True] * 6


def test_partners_are_as_far_apart_as_asked_for() -> None:
    """Every fourth scene has the same label."""
    scenes = list(mixed_scenes(stream(3 + PARTNERS * 4), mosaic=1.0, mixup=1.0, apart=4))
    assert len(scenes) == 3
    for number, mixed in enumerate(scenes):
        assert len(mixed.truth.labels) > 2
        assert set(mixed.truth.labels.numpy()) == {number % 4 + 1}
