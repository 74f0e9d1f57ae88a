import numpy as np
import pytest

from pipeline.serving.tile_grid import Window, tile_windows


def test_a_picture_that_is_no_larger_than_a_tile_is_one_tile() -> None:
    assert tile_windows(640, 500, 640, 0.2) == [Window(0, 0, 640, 500)]


def test_only_the_longer_side_is_cut() -> None:
    assert tile_windows(300, 1152, 640, 0.2) == [Window(0, 0, 300, 640), Window(0, 512, 300, 1152)]


@pytest.mark.parametrize(("height", "width"), [(4000, 6000), (641, 640), (1000, 3333)])
@pytest.mark.parametrize("overlap", [0.0, 0.2, 0.5])
def test_tiles_cover_the_picture_with_at_least_the_overlap(height: int, width: int, overlap: float) -> None:
    tile = 640
    windows = tile_windows(height, width, tile, overlap)
    seen = np.zeros((height, width), bool)
    for window in windows:
        assert window.top >= 0 and window.bottom <= height and window.left >= 0 and window.right <= width
        assert window.bottom - window.top == min(tile, height)
        assert window.right - window.left == min(tile, width)
        seen[window.top : window.bottom, window.left : window.right] = True
    assert seen.all()
    for starts in ({w.top for w in windows}, {w.left for w in windows}):
        steps = np.diff(sorted(starts))
        assert (steps <= round(tile * (1 - overlap)) + 1).all()  # the starts are rounded to whole px
        assert not len(steps) or steps.max() - steps.min() <= 1
