"""A detector that starts from an earlier one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from pipeline.errors import PipelineError
from pipeline.models.detectors.registry import ARCHITECTURES, build_detector
from pipeline.models.weights.config import DetectorConfig, TrainedDetectorConfig, write_config
from pipeline.models.weights.detector_checkpoint import like_earlier, own_checkpoint, start_from
from pipeline.models.weights.directory import save_network
from tests.support.detectors import SMALL_FASTER_RCNN, config_of
from tests.support.project import PARAMS

EARLIER, NOW = ("cat", "dog", "hen"), ("Hen", "ant", "cat", "owl")
IMAGE = tf.constant(np.random.default_rng(0).uniform(0, 255, (1, 128, 128, 3)), tf.float32)
QUICK = {"gfl", "ssd"}


def small(architecture: str, classes: tuple[str, ...], **changes: Any) -> DetectorConfig:
    sizes = SMALL_FASTER_RCNN if architecture in ("faster_rcnn", "mask_rcnn") else {}
    return config_of(architecture, classes=classes, **{**sizes, **changes})


def write_model(folder: Path, config: DetectorConfig) -> None:
    """Write a detector with random weights to a model directory."""
    folder.mkdir(exist_ok=True)
    save_network(build_detector(config).network, folder)
    write_config(folder, TrainedDetectorConfig(**dict(config), seed=1, init="pretrained", policy="float32"))


def leaves(outputs: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return the outputs of a network by their own names, without those of the stages that they are in."""
    found: dict[str, np.ndarray] = {}
    for name, value in outputs.items():
        found |= leaves(value) if isinstance(value, dict) else {name: np.asarray(value)}
    return found


@pytest.mark.parametrize(
    "architecture",
    [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in ARCHITECTURES],
)
def test_rows_of_known_classes_are_kept_and_all_else_is_the_same(architecture: str, tmp_path: Path) -> None:
    tf.keras.utils.set_random_seed(5)
    write_model(tmp_path, small(architecture, EARLIER))
    tf.keras.utils.set_random_seed(6)
    config = small(architecture, NOW)
    detector, earlier = build_detector(config), build_detector(small(architecture, EARLIER))
    start_from(earlier, small(architecture, EARLIER), tmp_path)
    said = start_from(detector, config, tmp_path)
    count = len(detector.network.weights)
    assert said.endswith(f": {count} of {count} tensors loaded; 2 of 4 classes are in it")
    new, old = leaves(detector.network(IMAGE, training=False)), leaves(earlier.network(IMAGE, training=False))
    for name, value in old.items():
        ours, theirs = (np.reshape(each[name], [-1, each[name].shape[-1]]) for each in (new, old))
        extra = theirs.shape[1] - len(EARLIER)
        if name in ("class_logits", "classes"):
            np.testing.assert_allclose(ours[:, extra], theirs[:, extra + 2], atol=1e-4)
            np.testing.assert_allclose(ours[:, extra + 2], theirs[:, extra], atol=1e-4)
            np.testing.assert_allclose(ours[:, :extra], theirs[:, :extra], atol=1e-4)
        elif value.shape == new[name].shape:
            np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_the_anchors_come_with_the_weights(tmp_path: Path) -> None:
    anchors = {"aspect_ratios": [0.3, 1.0], "anchor_size": 5.0}
    earlier = small("retinanet", EARLIER, **anchors)
    values = {**dict(earlier), "folded": True}
    write_config(tmp_path, TrainedDetectorConfig(**values, seed=1, init="pretrained", policy="float32"))
    now, changed = like_earlier(small("retinanet", NOW), tmp_path)
    assert now.retinanet == small("retinanet", NOW, **anchors).retinanet
    assert now.folded and now.classes == list(NOW)
    assert changed == {f"retinanet.{key}": value for key, value in anchors.items()}


@pytest.mark.parametrize(
    ("now", "message"),
    [
        (small("ssd", NOW), "its architecture is gfl, but that of this training is ssd"),
        (small("gfl", NOW, filters=8), "its gfl.filters is 64, but that of this training is 8"),
        (config_of("gfl", "resnet18"), "its backbone is mobilenet, but that of this training is resnet18"),
    ],
)
def test_another_network_is_refused(tmp_path: Path, now: DetectorConfig, message: str) -> None:
    config = small("gfl", EARLIER)
    write_config(tmp_path, TrainedDetectorConfig(**dict(config), seed=1, init="coco", policy="float32"))
    with pytest.raises(PipelineError, match=message):
        like_earlier(now, tmp_path)


def test_a_folder_without_model_json_is_for_model_garden(tmp_path: Path) -> None:
    train = PARAMS.train.model_copy(update={"init": "checkpoint", "checkpoint": str(tmp_path)})
    assert own_checkpoint(train) is None
    (tmp_path / "model.json").write_text("{}")
    assert own_checkpoint(train) == tmp_path
    assert own_checkpoint(train.model_copy(update={"init": "pretrained"})) is None
