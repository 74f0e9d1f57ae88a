import numpy as np
import pytest
import tf_keras

from pipeline.models.backbones.registry import build_backbone
from pipeline.models.detectors.auto_anchors import ANCHORS, fitted
from pipeline.models.detectors.registry import DETECTORS, build_detector
from pipeline.models.detectors.ssd_features import LEVELS, level_sides
from pipeline.params.load import PARAMS_FILE, load_params
from tests.support.project import ROOT

TRAIN = load_params(ROOT / PARAMS_FILE).train


@pytest.mark.parametrize("architecture", ANCHORS)
def test_fitted_anchors_fit_better_and_build_the_same_network(architecture: str) -> None:
    section = getattr(TRAIN, architecture).model_dump()
    facts = {
        "architecture": architecture,
        "classes": ["a"],
        "image_size": 128,
        "backbone": "mobilenet",
        "alpha": 0.25,
    }
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 0.6, [300, 2])
    boxes = np.concatenate([corners, corners + rng.uniform([0.1, 0.02], [0.4, 0.1], [300, 2])], axis=1)
    changed, before, after = fitted({**facts, architecture: section}, boxes)
    assert after > before
    assert set(changed[architecture]) == set(section)
    shapes = [
        [variable.shape for variable in build_detector(each).network.variables]
        for each in ({**facts, architecture: section}, changed)
    ]
    assert shapes[0] == shapes[1]


def test_anchors_that_fit_best_stay() -> None:
    facts = {"architecture": "ssd", "image_size": 128, "ssd": TRAIN.ssd.model_dump()}
    boxes = np.array([[0.1, 0.1, 0.5, 0.6], [0.2, 0.3, 0.9, 0.8]])
    best, _, after = fitted(facts, boxes)
    again, before, stays = fitted(best, boxes)
    assert again == best and stays == before == after


def test_only_architectures_without_anchors_have_no_fit() -> None:
    assert set(DETECTORS) - set(ANCHORS) == {"yolo_v8"}


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
