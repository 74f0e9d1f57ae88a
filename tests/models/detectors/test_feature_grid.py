"""Feature maps on the grid of the pyramids."""

import numpy as np
import pytest
import tensorflow as tf

from pipeline.models.backbones.registry import build_backbone
from pipeline.models.detectors.feature_grid import on_grid
from pipeline.models.detectors.registry import build_detector
from tests.support.detectors import config_of

PIXELS = np.random.default_rng(1).uniform(0, 255, (1, 96, 96, 3)).astype(np.float32)


def test_the_map_is_in_the_middle_of_its_grid_and_the_border_is_zero() -> None:
    backbone = build_backbone("inception_v3", 1.0)
    grid = on_grid(backbone, 96)
    maps = backbone(PIXELS)
    for level, map_ in grid(PIXELS).items():
        cells, size = map_.shape[1], maps[level].shape[1]
        before = (cells - size) // 2
        inner = slice(before, before + size)
        np.testing.assert_allclose(map_[:, inner, inner], maps[level], atol=1e-6)
        outside = np.ones(map_.shape, bool)
        outside[:, inner, inner] = False
        assert not map_.numpy()[outside].any()


def test_maps_that_fill_their_grid_are_not_padded() -> None:
    grid = on_grid(build_backbone("mobilenet", 0.25), 64)
    assert not [layer.name for layer in grid.layers if layer.name.startswith("grid")]
    assert {level: shape[1] for level, shape in grid.output_specs.items()} == {
        "2": 16,
        "3": 8,
        "4": 4,
        "5": 2,
    }


@pytest.mark.parametrize("image_size", [128, 256])
def test_ssd_can_be_built_on_inception(image_size: int) -> None:
    detector = build_detector(config_of("ssd", "inception_v3", image_size=image_size))
    outputs = detector.network(tf.zeros([1, image_size, image_size, 3]))
    assert outputs["box_codes"].shape == (1, *detector.anchors.shape)
