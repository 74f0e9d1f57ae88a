"""The periods of a training."""

import pytest

from pipeline.training.periods import PERIODS, Periods, divided, evaluated


@pytest.mark.parametrize(
    ("steps", "expected"),
    [(500, (20, 25)), (501, (20, 26)), (20, (20, 1)), (7, (7, 1)), (1, (1, 1)), (30, (15, 2))],
)
def test_a_training_has_at_least_its_steps(steps: int, expected: tuple[int, int]) -> None:
    periods = divided(steps)
    assert periods == expected
    assert steps <= periods.steps < steps + PERIODS
    assert periods.number <= PERIODS


def test_a_step_lies_at_the_nearest_end_of_a_period() -> None:
    periods = Periods(number=20, length=10)
    assert [periods.at(step) for step in (1, 14, 16, 30, 200)] == [1, 1, 2, 3, 20]


@pytest.mark.parametrize(
    ("number", "evaluations", "expected"),
    [(20, 4, {4, 9, 14, 19}), (20, 1, {19}), (20, 0, set()), (3, 4, {0, 1, 2}), (2, 5, {0, 1}), (1, 4, {0})],
)
def test_evaluations_are_evenly_spaced_and_the_last_one_is_at_the_end(
    number: int, evaluations: int, expected: set[int]
) -> None:
    assert evaluated(Periods(number, 7), evaluations) == expected
