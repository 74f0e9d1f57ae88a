import numpy as np
import tensorflow as tf

from pipeline.serving.classifier import ClassifierService
from tests.support.networks import colour_classifier

NAMES = ["red", "green", "blue"]


def test_scores_are_the_softmax_of_the_logits_and_the_best_class_is_named() -> None:
    pixels = tf.constant([[[[0, 255, 0]]], [[[0, 0, 255]]]], tf.uint8) + tf.zeros([2, 9, 7, 3], tf.uint8)
    service = ClassifierService(colour_classifier(), NAMES, 32)
    outputs = service.from_tensor(pixels)
    np.testing.assert_array_equal(outputs["classes"], [2, 3])
    np.testing.assert_array_equal(outputs["class_names"], [b"green", b"blue"])
    np.testing.assert_array_equal(outputs["labels"], [b"red", b"green", b"blue"])
    best = np.exp(255 / 32) / (np.exp(255 / 32) + 2)
    np.testing.assert_allclose(outputs["scores"][0], [(1 - best) / 2, best, (1 - best) / 2], rtol=1e-4)


def test_files_of_several_sizes_have_the_scores_of_their_pixels() -> None:
    service = ClassifierService(colour_classifier(), NAMES, 32)
    images = [tf.fill([*size_px, 3], tf.constant(90, tf.uint8)) for size_px in ((9, 7), (40, 50))]
    outputs = service.from_bytes(tf.stack([tf.io.encode_png(image) for image in images]))
    for row, image in enumerate(images):
        np.testing.assert_allclose(
            outputs["scores"][row], service.from_tensor(image[None])["scores"][0], atol=1e-6
        )


def test_an_empty_batch_has_no_scores() -> None:
    service = ClassifierService(colour_classifier(), NAMES, 32)
    outputs = service.from_bytes(tf.zeros([0], tf.string))
    assert outputs["scores"].shape == (0, 3)
