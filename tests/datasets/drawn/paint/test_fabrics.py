"""Each pattern mixes its two colours and nothing else, and says the same of the same point."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from pipeline.datasets.drawn.paint.fabrics import PATTERNS, make_fabric
from pipeline.datasets.drawn.paint.palette import rgb

GRID = np.linspace(-1, 1, 80, dtype=np.float32)
U, V = np.meshgrid(GRID, GRID)
FIRST, SECOND = rgb("204060"), rgb("e0c080")


@pytest.mark.parametrize("pattern", PATTERNS)
def test_colours_stay_between_the_two(pattern: str) -> None:
    for seed in range(5):
        colours = make_fabric(np.random.default_rng(seed), pattern, FIRST, SECOND)(U, V)
        assert colours.dtype == np.float32 and colours.shape == (80, 80, 3)
        assert (colours >= FIRST - 1e-5).all() and (colours <= SECOND + 1e-5).all()


@pytest.mark.parametrize("pattern", [pattern for pattern in PATTERNS if pattern != "plain"])
def test_both_colours_are_seen(pattern: str) -> None:
    for seed in range(5):
        colours = make_fabric(np.random.default_rng(seed), pattern, FIRST, SECOND)(U, V)
        assert np.ptp(colours[..., 0]) > 0.2 * (SECOND[0] - FIRST[0])


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_part_of_the_grid_is_coloured_as_in_the_whole(pattern: str) -> None:
    fabric = make_fabric(np.random.default_rng(3), pattern, FIRST, SECOND)
    assert_array_equal(fabric(U, V)[20:40, 10:50], fabric(U[20:40, 10:50], V[20:40, 10:50]))
