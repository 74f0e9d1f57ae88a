"""A classifier that starts from an earlier one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from pipeline.errors import PipelineError
from pipeline.models.classifier import configured_classifier
from pipeline.models.weights.classifier_checkpoint import start_from
from pipeline.models.weights.config import write_config
from pipeline.models.weights.directory import save_network
from tests.support.classifiers import classifier_config


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("earlier")
    tf.keras.utils.set_random_seed(5)
    _, network = configured_classifier(classifier_config())
    save_network(network, folder)
    write_config(folder, classifier_config())
    return folder


IMAGE = tf.constant(np.random.default_rng(0).uniform(0, 255, (1, 32, 32, 3)), tf.float32)


def test_with_the_same_classes_it_computes_the_same(earlier: Path) -> None:
    _, old = configured_classifier(classifier_config())
    start_from(old, classifier_config(), earlier)
    _, network = configured_classifier(classifier_config(seed=2))
    said = start_from(network, classifier_config(seed=2), earlier)
    assert said.endswith("all layers; 3 of 3 classes are in it")
    np.testing.assert_array_equal(network(IMAGE)["class"], old(IMAGE)["class"])


def test_rows_of_known_classes_are_kept_and_others_are_new(earlier: Path) -> None:
    _, old = configured_classifier(classifier_config())
    start_from(old, classifier_config(), earlier)
    other = classifier_config(classes=["hen", "dog"])
    _, network = configured_classifier(other)
    assert start_from(network, other, earlier).endswith("1 of 2 classes are in it")
    np.testing.assert_allclose(network(IMAGE)["class"][0, 1], old(IMAGE)["class"][0, 1], rtol=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backbone": "vgg_a"}, "its backbone is simple_cnn, but that of this training is vgg_a"),
        ({"head": "own"}, "its head is None, but that of this training is own"),
    ],
)
def test_another_network_is_refused(earlier: Path, changes: dict[str, Any], message: str) -> None:
    _, network = configured_classifier(classifier_config())
    with pytest.raises(PipelineError, match=message):
        start_from(network, classifier_config(**changes), earlier)


def test_no_classifier_is_refused(tmp_path: Path) -> None:
    write_config(tmp_path, classifier_config(mode="none"))
    with pytest.raises(PipelineError, match=r"because finetune.mode is none"):
        start_from(configured_classifier(classifier_config())[1], classifier_config(), tmp_path)
