"""The trials of a search as a table, and whether the best of them is better than the defaults, in words."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from pipeline.evaluation.comparison import Comparison
from pipeline.reporting.comparison import change_text
from pipeline.reporting.text_table import text_table


class TrialRow(NamedTuple):
    """A trial.

    Attributes:
        name: The name of its experiment.
        score: The greatest val mAP of its evaluations, in [0, 1]; None if there was none.
        steps: The training steps until its last evaluation.
        ending: What became of it: "done", "stopped early", "failed", "out of time" or, of an experiment that is not
            there any more, "removed".
        seconds: The time that it took; None if it is not known.
        values: The values that it tried: dotted key -> value.
    """

    name: str
    score: float | None
    steps: int
    ending: str
    seconds: float | None
    values: dict[str, Any]


def trials_table(rows: Sequence[TrialRow], space: Sequence[str]) -> str:
    """Return a line for each trial, those with the greatest scores first, and those that were not done last.

    Args:
        rows: The trials, first the one with the parameters as they are.
        space: The dotted keys of the searched parameters.
    """
    lines = [["experiment", "val mAP", "steps", "minutes", *short_keys(space), "ending"]]
    for row in sorted(rows, key=lambda row: (row.ending != "done", -(row.score or 0.0))):
        lines.append(
            [
                row.name,
                "–" if row.score is None else f"{row.score:.3f}",
                f"{row.steps:,}",
                "–" if row.seconds is None else f"{row.seconds / 60:.1f}",
                *(value_text(row.values[key]) for key in space),
                f"{row.ending}, the defaults" if row is rows[0] else row.ending,
            ]
        )
    return text_table(lines, left=1)


def short_keys(keys: Sequence[str]) -> list[str]:
    """Return the last part of each dotted key, or the whole key where two have the same last part."""
    counts = Counter(key.rsplit(".", 1)[-1] for key in keys)
    return [last if counts[last := key.rsplit(".", 1)[-1]] == 1 else key for key in keys]


def value_text(value: Any) -> str:
    """Return a value as it stands in ``params.yaml``."""
    return value if isinstance(value, str) else json.dumps(value)


def verdict(baseline: TrialRow, best: TrialRow, trials: int) -> str:
    """Return whether the best trial improves val mAP over the defaults.

    Args:
        baseline: The trial with the parameters as they are.
        best: The trial with the greatest score among those that are done, which may be the baseline.
        trials: The number of trials that were started, the first included.
    """
    if trials == 1:
        return "No other trial was done; give more --minutes, or set a lower search.steps."
    if best.name == baseline.name:
        return f"No trial improves val mAP over the defaults, which reach {baseline.score:.3f}."
    return (
        f"The best trial, {best.name}, improves val mAP over the defaults from {baseline.score:.3f} to "
        f"{best.score:.3f}."
    )


def certainty(comparison: Comparison, trials: int) -> str:
    """Return how sure the improvement is, as far as the val images say.

    Args:
        comparison: The defaults against the best trial, on val.
        trials: The number of trials that were done.
    """
    change, images = comparison.main.change, f"{comparison.images:,} val images"
    if change.value is None or change.low is None:
        told = f"The {images} are too few to say how sure that is."
    elif comparison.main.verdict == "better":
        told = f"On the {images}, the difference is {change_text(change)}: more than the choice of the images explains."
    else:
        told = f"On the {images}, the difference is {change_text(change)}: it may be chance."
    return f"{told} {luck(trials)}"


def luck(trials: int) -> str:
    """Return what no interval says: that the best of several trials was chosen by the same images."""
    return (
        f"The best of {trials} trials was chosen by these same images and one seed, so part of its lead is luck; "
        "the test images tell, after a full training."
    )


def how_to_take(best: TrialRow) -> str:
    """Return the commands that take over the best trial, or that train with its values."""
    options = " ".join(f"-S {key}={value_text(value)}" for key, value in best.values.items())
    return (
        f"To take over its parameters and its detector of {best.steps:,} steps: python -m pipeline apply {best.name}\n"
        f"To train with its values and your own train.steps: dvc exp run {options}"
    )
