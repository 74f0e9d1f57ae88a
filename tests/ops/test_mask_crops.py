"""Cropping a mask to its box and pasting it back are inverse."""

import cv2
import numpy as np
import tensorflow as tf

from pipeline.ops.mask_crops import crop_masks
from pipeline.ops.mask_pasting import paste_mask

HEIGHT, WIDTH = 60, 80
SIDES = np.array([HEIGHT, WIDTH, HEIGHT, WIDTH])


def crop(pixels: np.ndarray, box_px: list[float], size: int) -> np.ndarray:
    encoded = tf.io.encode_png(pixels[..., None])
    return crop_masks(encoded[None], tf.constant([np.array(box_px) / SIDES], tf.float32), size)[0].numpy()


def test_whole_pixels_are_copied() -> None:
    pixels = np.random.default_rng(0).integers(0, 2, (HEIGHT, WIDTH)).astype(np.uint8)
    np.testing.assert_allclose(crop(pixels, [10, 20, 26, 36], 16), pixels[10:26, 20:36], atol=1e-4)


def test_the_edge_of_the_image_is_no_edge_of_the_object() -> None:
    full = crop(np.ones((HEIGHT, WIDTH), np.uint8), [0, 0, HEIGHT, WIDTH], 112)
    np.testing.assert_allclose(full, 1.0, atol=1e-5)


def test_half_a_box_is_half_a_mask() -> None:
    pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
    pixels[:, 40:] = 1
    seen = crop(pixels, [0, 20, 60, 60], 28)
    np.testing.assert_allclose(seen.mean(), 0.5, atol=1e-3)
    np.testing.assert_array_equal(seen[:, :13].round(), 0)
    np.testing.assert_array_equal(seen[:, 15:].round(), 1)


def test_pasting_undoes_cropping() -> None:
    pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(pixels, (37, 28), (24, 15), 30, 0, 360, 1, -1)
    box = [9.3, 12.7, 48.2, 63.1]
    for size, least in ((28, 0.97), (112, 0.999)):
        pasted = paste_mask(crop(pixels, box, size), np.array(box), HEIGHT, WIDTH, threshold=0.5)
        assert (pasted & pixels).sum() / (pasted | pixels).sum() > least


def test_no_masks_are_none() -> None:
    assert crop_masks(tf.zeros([0], tf.string), tf.zeros([0, 4]), 28).shape == (0, 28, 28)


def test_a_box_over_the_edge_is_pasted_as_far_as_there_is_an_image() -> None:
    mask = np.zeros((4, 4), np.float32)
    mask[:, 2:] = 1  # the right half of the box
    pasted = paste_mask(mask, np.array([-10.0, 70, 10, 90]), HEIGHT, WIDTH, threshold=0.5)
    assert pasted.sum() == 0
    pasted = paste_mask(mask[:, ::-1], np.array([-10.0, 70, 10, 90]), HEIGHT, WIDTH, threshold=0.5)
    assert pasted[:10, 70:].all() and pasted.sum() == 100


def test_boxes_without_a_pixel() -> None:
    ones = np.ones((4, 4), np.float32)
    for box in ([0, 0, 0, 0], [5, 5, 5.3, 30], [90, 90, 99, 99], [9, 9, 3, 3]):
        assert paste_mask(ones, np.array(box, float), HEIGHT, WIDTH, threshold=0.5).sum() == 0
