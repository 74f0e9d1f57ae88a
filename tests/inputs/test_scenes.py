"""A detector of masks is handed the masks of the very boxes it is handed."""

import numpy as np
import tensorflow as tf

from pipeline.datasets.checks.masks import encode_png
from pipeline.inputs.scenes import augmented_scene, with_masks
from pipeline.params.load import load_params
from tests.support.project import ROOT

SETTINGS = load_params(ROOT / "params.yaml").train.augment


def example(*, masks: bool) -> dict[str, tf.Tensor]:
    pixels = np.zeros((60, 80), np.uint8)
    pixels[20:40, 20:60] = 1
    found = {
        "encoded": tf.io.encode_png(tf.constant(pixels[..., None] * np.uint8([200, 0, 0]))),
        "image_id": tf.constant(1, tf.int64),
        "seed": tf.constant([3, 1]),
        "boxes": tf.constant([[1 / 3, 0.25, 2 / 3, 0.75], [0.0, 0.0, 1.0, 1.0]]),
        "labels": tf.constant([1, 2]),
        "ignored": tf.constant([False, True]),
    }
    pngs = {"encoded_masks": tf.constant([encode_png(pixels)] * 2), "has_mask": tf.constant([True, False])}
    return found | (pngs if masks else {})


def test_still_masks_are_in_the_frames_of_their_boxes() -> None:
    truth = with_masks(example(masks=True), 14)
    np.testing.assert_allclose(truth["masks"][0], np.ones((14, 14)), atol=1e-5)
    np.testing.assert_allclose(tf.reduce_mean(truth["masks"][1]), 800 / 4800, atol=0.03)
    np.testing.assert_array_equal(truth["has_mask"], [True, False])


def test_augmented_masks_are_those_of_the_kept_boxes() -> None:
    for draw in range(10):
        drawn = example(masks=True) | {"seed": tf.constant([3, draw])}
        truth = augmented_scene(drawn, SETTINGS, 64, 14)
        count = len(truth["boxes"])
        assert truth["masks"].shape == (count, 14, 14)
        assert all(len(truth[name]) == count for name in ("labels", "ignored", "has_mask"))
        for label, mask, has_mask in zip(truth["labels"], truth["masks"], truth["has_mask"], strict=True):
            assert bool(has_mask) == (label == 1)
            assert label != 1 or mask.numpy().mean() > 0.9


def test_a_detector_of_boxes_gets_none() -> None:
    truth = augmented_scene(example(masks=False), SETTINGS, 64, 0)
    assert set(truth) == {"image", "seed", "boxes", "labels", "ignored"}
