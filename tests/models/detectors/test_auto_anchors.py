import numpy as np
import pytest
import tf_keras

from pipeline.models.backbones.registry import build_backbone
from pipeline.models.detectors.auto_anchors import ANCHORS, fit_to_boxes
from pipeline.models.detectors.registry import ARCHITECTURES, build_detector
from pipeline.models.detectors.ssd_features import LEVELS, level_sides
from pipeline.models.weights.config import section_names
from tests.support.detectors import config_of


@pytest.mark.parametrize("architecture", ANCHORS)
def test_fitted_anchors_fit_better_and_build_the_same_network(architecture: str) -> None:
    config = config_of(architecture)
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 0.6, [300, 2])
    boxes = np.concatenate([corners, corners + rng.uniform([0.1, 0.02], [0.4, 0.1], [300, 2])], axis=1)
    fitted = fit_to_boxes(config, boxes, np.ones(len(boxes), int))
    assert fitted.after > fitted.before
    section = getattr(fitted.config, section_names(architecture)[0])
    assert fitted.changes and all(getattr(section, key) == value for key, value in fitted.changes.items())
    shapes = [
        [variable.shape for variable in build_detector(each).network.variables]
        for each in (config, fitted.config)
    ]
    assert shapes[0] == shapes[1]


def test_anchors_that_fit_best_stay() -> None:
    boxes = np.array([[0.1, 0.1, 0.5, 0.6], [0.2, 0.3, 0.9, 0.8]])
    best = fit_to_boxes(config_of("ssd"), boxes, np.array([1, 2]))
    again = fit_to_boxes(best.config, boxes, np.array([1, 2]))
    assert again.config == best.config and not again.changes
    assert best.after == again.before == again.after


def test_only_architectures_without_anchors_have_no_fit() -> None:
    assert set(ARCHITECTURES) - set(ANCHORS) == {"gfl", "yolo_v8", "yolo_v1", "localizer", "keypoints"}


@pytest.mark.parametrize(
    ("variant", "backbone", "size"),
    [
        ("standard", "mobilenet", 96),
        ("standard", "mobilenet", 128),
        ("lite", "mobilenet", 160),
        ("vgg", "vgg16", 300),
        ("vgg", "vgg16", 128),
    ],
)
def test_levels_are_counted_as_they_are_built(variant: str, backbone: str, size: int) -> None:
    levels = LEVELS[variant](build_backbone(backbone, 1.0), tf_keras.Input([size, size, 3]))
    assert [level.shape[1] for level in levels] == level_sides(variant, size)
