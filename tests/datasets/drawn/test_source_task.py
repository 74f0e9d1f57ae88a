"""The source task: every shape and pattern, the same crops whoever draws them."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from pipeline.datasets.drawn import source_task as patterns
from pipeline.datasets.drawn.catalogue import NAMES
from pipeline.datasets.drawn.paint.drawing import MARGIN, Pose, Sheet
from pipeline.datasets.drawn.paint.fabrics import make_style
from pipeline.datasets.drawn.paint.palette import rgb
from pipeline.datasets.drawn.source_task import PATTERNS, SHAPES, draw_pattern_crop, draw_pattern_crops
from tests.support.project import ROOT


def test_no_shape_is_a_garment() -> None:
    assert 24 <= len(SHAPES) <= 32 and len(PATTERNS) == 8
    assert not {name.lower() for name in NAMES} & set(SHAPES)


def test_the_number_of_workers_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "CHUNK", 7)
    images, labels = draw_pattern_crops(3, 30, 40, workers=1)
    parallel_images, parallel_labels = draw_pattern_crops(3, 30, 40, workers=2)
    assert_array_equal(images, parallel_images)
    assert_array_equal(labels, parallel_labels)
    assert images.shape == (30, 40, 40, 3) and images.dtype == np.uint8
    assert labels.shape == (30, 2) and labels.dtype == np.int64
    image, pair = draw_pattern_crop(3, 29, 40)
    assert_array_equal(images[29], image)
    assert tuple(labels[29]) == pair


def test_another_process_draws_the_same_bytes() -> None:
    code = (
        "import sys; from pipeline.datasets.drawn.source_task import draw_pattern_crop;"
        "sys.stdout.buffer.write(b''.join(draw_pattern_crop(3, i, 64)[0].tobytes() for i in range(20)));"
        "assert 'tensorflow' not in sys.modules"
    )
    drawn = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True).stdout
    assert drawn == b"".join(draw_pattern_crop(3, index, 64)[0].tobytes() for index in range(20))


def test_every_class_occurs_and_labels_are_in_range() -> None:
    _, labels = draw_pattern_crops(1, 400, 24)
    assert set(labels[:, 0]) == set(range(len(SHAPES)))
    assert set(labels[:, 1]) == set(range(len(PATTERNS)))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_fills_its_pose_and_stays_on_its_sheet(shape: str) -> None:
    for seed in range(8):
        rng = np.random.default_rng(seed)
        sheet = Sheet(Pose(48, 0, seed % 2 == 0, (-0.6, -0.8)))
        SHAPES[shape](sheet, make_style(rng, "plain", rgb("c04040")), rng)
        alpha = sheet.lift_off().alpha
        assert 0.7 * 96 < max(alpha.shape) < 2 * MARGIN * 48 - 1
        assert 0.1 < (alpha > 0.5).mean() < 1
