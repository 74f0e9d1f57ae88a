"""A detector of masks is given the masks of exactly the boxes that it is given."""

import numpy as np
import tensorflow as tf

from pipeline.datasets.checks.masks import encode_png
from pipeline.inputs.examples import Example
from pipeline.inputs.scenes import augmented_scene, unaugmented_image, unaugmented_truth
from pipeline.params.load import load_params
from tests.support.project import ROOT

AUGMENT = load_params(ROOT / "params.yaml").train.augment


def example(*, masks: bool) -> Example:
    pixels = np.zeros((60, 80), np.uint8)
    pixels[20:40, 20:60] = 1
    return Example(
        encoded=tf.io.encode_png(tf.constant(pixels[..., None] * np.uint8([200, 0, 0]))),
        image_id=tf.constant(1, tf.int64),
        size_px=tf.constant([60, 80]),
        boxes=tf.constant([[1 / 3, 0.25, 2 / 3, 0.75], [0.0, 0.0, 1.0, 1.0]]),
        labels=tf.constant([1, 2]),
        ignored=tf.constant([False, True]),
        encoded_masks=tf.constant([encode_png(pixels)] * 2) if masks else None,
        has_mask=tf.constant([True, False]) if masks else None,
        seed=tf.constant([3, 1]),
    )


def test_an_unaugmented_image_is_resized() -> None:
    image = unaugmented_image(example(masks=False), 40)
    assert image.shape == (40, 40, 3)
    np.testing.assert_allclose(image[20, 20], [200, 0, 0], atol=1e-3)


def test_unaugmented_masks_cover_their_boxes() -> None:
    truth = unaugmented_truth(example(masks=True), 14)
    np.testing.assert_allclose(truth.masks[0], np.ones((14, 14)), atol=1e-5)
    np.testing.assert_allclose(tf.reduce_mean(truth.masks[1]), 800 / 4800, atol=0.03)
    np.testing.assert_array_equal(truth.has_mask, [True, False])


def test_augmented_masks_are_those_of_the_visible_boxes() -> None:
    for draw in range(10):
        seeded = example(masks=True)._replace(seed=tf.constant([3, draw]))
        truth = augmented_scene(seeded, AUGMENT, 64, 14).truth
        count = len(truth.boxes)
        assert truth.masks.shape == (count, 14, 14)
        assert all(len(column) == count for column in (truth.labels, truth.ignored, truth.has_mask))
        for label, mask, has_mask in zip(truth.labels, truth.masks, truth.has_mask, strict=True):
            assert bool(has_mask) == (label == 1)
            assert label != 1 or mask.numpy().mean() > 0.9


def test_a_detector_of_boxes_gets_no_masks() -> None:
    scene = augmented_scene(example(masks=False), AUGMENT, 64, 0)
    assert scene.image.shape == (64, 64, 3)
    assert scene.truth.masks is None and scene.truth.has_mask is None
    np.testing.assert_array_equal(scene.truth.seed, [3, 1])
    assert unaugmented_truth(example(masks=False), 0).masks is None
