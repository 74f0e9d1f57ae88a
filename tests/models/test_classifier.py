"""The classifier: its outputs, loss and scores."""

import numpy as np
import tensorflow as tf

from pipeline.models.backbones.registry import build_backbone
from pipeline.models.classifier import build_classifier, classification_loss, classification_scores


def test_each_head_returns_float32_logits_of_its_classes() -> None:
    classifier = build_classifier(build_backbone("mobilenet", 0.25), {"shape": 3, "pattern": 7}, dropout=0.5)
    logits = classifier(tf.zeros([2, 64, 64, 3]))
    assert {name: tuple(value.shape) for name, value in logits.items()} == {
        "shape": (2, 3),
        "pattern": (2, 7),
    }
    assert {value.dtype for value in logits.values()} == {tf.float32}
    assert classifier.get_layer("dropout").rate == 0.5


def test_the_loss_is_the_mean_cross_entropy_of_each_head() -> None:
    outputs = {"shape": tf.constant([[0.0, 0.0], [0.0, np.log(3.0)]])}
    losses = classification_loss(outputs, {"shape": tf.constant([0, 1])})
    assert list(losses) == ["shape_loss"]
    # the probabilities of the true classes are 1/2 and 3/4
    np.testing.assert_allclose(losses["shape_loss"], -(np.log(1 / 2) + np.log(3 / 4)) / 2, rtol=1e-6)


def test_the_scores_are_the_hits_of_each_example() -> None:
    logits = tf.constant([[6.0, 5, 4, 3, 2, 1]] * 3)
    scores = classification_scores({"class": logits}, {"class": tf.constant([0, 4, 5])})
    assert {name: value.numpy().tolist() for name, value in scores.items()} == {
        "class_top1": [1, 0, 0],
        "class_top5": [1, 1, 0],
    }


def test_top5_needs_more_than_five_classes() -> None:
    scores = classification_scores({"class": tf.zeros([1, 5])}, {"class": tf.constant([0])})
    assert list(scores) == ["class_top1"]
