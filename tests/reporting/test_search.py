"""The table and the sentences at the end of a search."""

from pipeline.evaluation.comparison import Comparison, Difference, Interval, Seeds
from pipeline.reporting.search import TrialRow, certainty, how_to_take, short_keys, trials_table, verdict

SPACE = ["train.learning_rate", "train.ema"]
DEFAULTS = TrialRow("s-1", 0.41, 100, "done", 90.0, {"train.learning_rate": 0.002, "train.ema": None})
BETTER = TrialRow("s-3", 0.455, 100, "done", 66.0, {"train.learning_rate": 0.004, "train.ema": 0.9})
STOPPED = TrialRow("s-2", 0.47, 50, "stopped early", 48.0, {"train.learning_rate": 0.0005, "train.ema": None})
FAILED = TrialRow("s-4", None, 0, "failed", None, {"train.learning_rate": 0.008, "train.ema": None})


def comparison(low: float | None, high: float | None) -> Comparison:
    main = Difference("mAP", 0.41, 0.455, Interval(0.045, low, high))
    return Comparison(98, [main], [], Seeds([], [], Interval(None, None, None)))


def test_the_best_trial_comes_first_and_what_was_not_done_last() -> None:
    lines = trials_table([DEFAULTS, STOPPED, BETTER, FAILED], SPACE).splitlines()
    assert [line.split()[0] for line in lines] == ["experiment", "s-3", "s-1", "s-2", "s-4"]
    assert lines[1].split() == ["s-3", "0.455", "100", "1.1", "0.004", "0.9", "done"]
    assert lines[2].endswith("done, the defaults") and "null" in lines[2]
    assert lines[4].split()[1:4] == ["–", "0", "–"]


def test_headings_are_short_unless_two_are_alike() -> None:
    keys = ["train.learning_rate", "train.augment.mosaic", "finetune.learning_rate"]
    assert short_keys(keys) == ["train.learning_rate", "mosaic", "finetune.learning_rate"]


def test_the_verdict_is_one_sentence() -> None:
    assert verdict(DEFAULTS, BETTER, 3) == (
        "The best trial, s-3, improves val mAP over the defaults from 0.410 to 0.455."
    )
    assert "No other trial was done" in verdict(DEFAULTS, DEFAULTS, 1)
    assert verdict(DEFAULTS, DEFAULTS, 3) == "No trial improves val mAP over the defaults, which reach 0.410."


def test_how_sure_it_is() -> None:
    sure, unsure = certainty(comparison(0.01, 0.08), 5), certainty(comparison(-0.01, 0.09), 5)
    assert "+0.045 (95 % interval +0.010 to +0.080): more than the choice of the images explains" in sure
    assert "it may be chance" in unsure
    assert "too few to say" in certainty(comparison(None, None), 5)
    assert all("The best of 5 trials was chosen by these same images" in text for text in (sure, unsure))


def test_the_commands_that_take_over_the_best_trial() -> None:
    assert how_to_take(BETTER).splitlines() == [
        "To take over its parameters and its detector of 100 steps: python -m pipeline apply s-3",
        "To train with its values and your own train.steps: dvc exp run -S train.learning_rate=0.004 -S train.ema=0.9",
    ]
