"""Anchors of a pyramid lie at the centers of the cells, with the sides that the section asks for."""

import numpy as np
import pytest

from pipeline.models.detectors.pyramid_anchors import lay_anchors
from pipeline.params.load import load_params
from tests.support.project import ROOT

IMAGE_SIZE = 128
SECTION = load_params(ROOT / "params.yaml").train.retinanet.model_copy(
    update={"anchor_size": 4.0, "aspect_ratios": (1.0, 4.0), "scales": 1, "max_level": 5}
)


@pytest.mark.parametrize("level", [3, 4, 5])
def test_one_anchor_a_ratio_at_the_center_of_each_cell(level: int) -> None:
    stride = 2**level
    cells = IMAGE_SIZE // stride
    boxes = lay_anchors(SECTION, 3, IMAGE_SIZE)[str(level)].numpy().reshape(cells, cells, 2, 4)
    centers = (boxes[..., :2] + boxes[..., 2:]) / 2
    expected = (np.stack(np.mgrid[:cells, :cells], axis=-1) + 0.5) * stride
    np.testing.assert_allclose(centers, np.repeat(expected[:, :, None], 2, axis=2), atol=1e-4)
    sides = boxes[..., 2:] - boxes[..., :2]
    np.testing.assert_allclose(sides[..., 0, :], np.full((cells, cells, 2), 4.0 * stride), rtol=1e-5)
    np.testing.assert_allclose(sides[..., 1, :].prod(axis=-1), (4.0 * stride) ** 2, rtol=1e-5)
    np.testing.assert_allclose(sides[..., 1, 1] / sides[..., 1, 0], 4.0, rtol=1e-5)


def test_levels_run_from_the_least_to_the_greatest() -> None:
    assert list(lay_anchors(SECTION, 3, IMAGE_SIZE)) == ["3", "4", "5"]
