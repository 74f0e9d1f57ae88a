"""The warm-up of the decay of the moving average."""

import pytest

from pipeline.training.decay import largest_decay


@pytest.mark.parametrize(("step", "decay"), [(1, 2 / 11), (17, 18 / 27), (890, 0.99)])
def test_the_average_goes_over_the_last_ninth_of_the_steps(step: int, decay: float) -> None:
    assert largest_decay(step) == pytest.approx(decay)
    assert 1.0 / (1.0 - largest_decay(step)) == pytest.approx((step + 10) / 9)
