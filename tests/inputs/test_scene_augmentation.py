import cv2
import numpy as np
import pytest
import tensorflow as tf

from pipeline.inputs.scene_augmentation import (
    View,
    augment_scene,
    boxes_in_window,
    masks_in_view,
    scene_window,
)
from pipeline.ops.mask_pasting import paste_mask

RED = np.array([255, 0, 0], np.uint8)
WINDOW = {"expand": 3.0, "iou_crop": True}


def augmented(
    image: tf.Tensor, truth: tf.Tensor, seed: tf.Tensor, *, size: int, scale: tuple[float, float] = (1.0, 1.0)
) -> View:
    """Draw a window with all that the augmentation offers, and show it, perhaps mirrored."""
    window = scene_window(truth, seed, scale=scale, **WINDOW)
    return augment_scene(image, truth, window, seed, size=size, use_photometric=False, flip=True)


def scene() -> tuple[tf.Tensor, tf.Tensor]:
    """A red rectangle on black, and its box."""
    image = np.zeros((120, 160, 3), np.uint8)
    image[30:90, 40:120] = RED
    return tf.constant(image), tf.constant([[0.25, 0.25, 0.75, 0.75]])


@pytest.mark.parametrize(("scale", "least_seen"), [((1.0, 1.0), 50), ((0.4, 1.0), 50), ((1.0, 2.5), 30)])
def test_the_box_stays_on_its_object_through_every_augmentation(
    scale: tuple[float, float], least_seen: int
) -> None:
    image, truth = scene()
    seen = 0
    for draw in range(60):
        picture, boxes, kept, *_ = augmented(image, truth, tf.constant([7, draw]), size=96, scale=scale)
        red = (picture[..., 0].numpy() > 128) & (picture[..., 1].numpy() < 60)
        if not len(kept):
            continue
        rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
        tight = np.array([rows[0], columns[0], rows[-1] + 1, columns[-1] + 1]) / 96
        np.testing.assert_allclose(boxes[0], tight, atol=2.5 / 96)
        seen += 1
    assert seen > least_seen


def test_without_augmentation_the_image_is_only_resized() -> None:
    image, truth = scene()
    picture, boxes, kept, *_ = augment_scene(
        image,
        truth,
        scene_window(truth, tf.constant([1, 1]), expand=1.0, iou_crop=False),
        tf.constant([1, 1]),
        size=96,
        use_photometric=False,
        flip=False,
    )
    np.testing.assert_allclose(boxes, truth, atol=1e-6)
    np.testing.assert_array_equal(kept, [0])
    np.testing.assert_allclose(picture[48, 48], RED, atol=1e-3)


def test_a_box_whose_center_is_cut_off_is_dropped() -> None:
    boxes, kept = boxes_in_window(
        tf.constant([[0.0, 0.0, 0.5, 0.5], [0.6, 0.6, 0.8, 0.8]]), tf.constant([0.4, 0.4, 1.0, 1.0])
    )
    np.testing.assert_array_equal(kept, [1])
    np.testing.assert_allclose(boxes, [[1 / 3, 1 / 3, 2 / 3, 2 / 3]], atol=1e-6)


def test_an_image_without_boxes_has_a_view_without_boxes() -> None:
    view = augmented(scene()[0], tf.zeros([0, 4]), tf.constant([1, 2]), size=64)
    assert view.boxes.shape == (0, 4)
    assert view.kept.shape == (0,)
    assert masks_in_view(tf.zeros([0], tf.string), view, size=14).shape == (0, 14, 14)


def test_masks_stay_on_their_objects_through_every_augmentation() -> None:
    pixels = np.zeros((120, 160), np.uint8)
    cv2.fillPoly(pixels, [np.array([[30, 20], [130, 50], [50, 105]])], 1)  # neither symmetric nor its box
    image = tf.constant(pixels[..., None] * RED)
    truth = tf.constant([[20 / 120, 30 / 160, 106 / 120, 131 / 160]])
    encoded = tf.constant([tf.io.encode_png(pixels[..., None]).numpy()])
    overlaps, mirrored = [], set()
    for draw in range(60):
        view = augmented(image, truth, tf.constant([7, draw]), size=128)
        if not len(view.kept):
            continue
        crop = masks_in_view(encoded, view, size=56)[0].numpy()
        drawn = paste_mask(crop, view.boxes[0].numpy() * 128, 128, 128, threshold=0.5).astype(bool)
        red = (view.image[..., 0].numpy() > 128) & (view.image[..., 1].numpy() < 60)
        overlaps.append((drawn & red).sum() / (drawn | red).sum())
        mirrored.add(bool(view.mirrored))
    assert len(overlaps) > 50 and mirrored == {True, False}
    assert np.mean(overlaps) > 0.96 and min(overlaps) > 0.9


def test_each_kept_box_gets_its_own_mask_within_tf_data() -> None:
    masks = np.zeros((2, 40, 40, 1), np.uint8)
    masks[0, 5:15, 5:15], masks[1, 20:40, 20:40] = 1, 1
    boxes = tf.constant([[0.125, 0.125, 0.375, 0.375], [0.5, 0.5, 1.0, 1.0]])
    encoded = tf.constant([tf.io.encode_png(mask).numpy() for mask in masks])

    def prepare(draw: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        image = tf.zeros([40, 40, 3], tf.uint8)
        view = augmented(image, boxes, tf.stack([3, draw]), size=32)
        return masks_in_view(encoded, view, size=14), view.kept

    fewer = 0
    for crops, kept in tf.data.Dataset.range(20, output_type=tf.int32).map(prepare):
        assert crops.shape == (len(kept), 14, 14)
        if len(kept):
            assert crops.numpy().mean(axis=(1, 2)).min() > 0.85  # each fills its box
        fewer += len(kept) < 2
    assert fewer  # so that some masks were left out
