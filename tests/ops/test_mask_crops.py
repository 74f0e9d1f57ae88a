"""Masks cropped to boxes; cropping a mask and pasting it back are inverse."""

import cv2
import numpy as np
import tensorflow as tf

from pipeline.ops.mask_crops import crop_masks, recrop_masks
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


def test_a_quarter_of_a_mask_is_its_quarter() -> None:
    mask = np.zeros((1, 4, 4), np.float32)
    mask[0, :2, :2] = 1
    quarters = recrop_masks(tf.constant(mask), tf.constant([[0.0, 0.0, 0.5, 0.5]]))
    np.testing.assert_allclose(quarters[0, :3, :3], np.ones((3, 3)), atol=1e-6)
    whole = recrop_masks(tf.constant(mask), tf.constant([[0.0, 0.0, 1.0, 1.0]]))
    np.testing.assert_allclose(whole, mask, atol=1e-6)


def test_eager_and_graph_agree() -> None:
    pixels = np.random.default_rng(0).integers(0, 2, (HEIGHT, WIDTH, 1)).astype(np.uint8)
    encoded, boxes = tf.io.encode_png(pixels)[None], tf.constant([[0.1, 0.2, 0.7, 0.9]])
    graph = tf.function(lambda encoded, boxes: crop_masks(encoded, boxes, 14))(encoded, boxes)
    np.testing.assert_allclose(graph, crop_masks(encoded, boxes, 14), atol=1e-6)
