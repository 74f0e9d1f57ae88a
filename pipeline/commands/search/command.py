"""The command ``search``: try other parameters as DVC experiments, and say whether one is better on val."""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.commands.search.memory import (
    BASELINE,
    SECONDS,
    VALUES,
    ask_baseline,
    ask_trial,
    installed_optuna,
    open_study,
)
from pipeline.commands.search.trials import changes, present_values, search_name, shaping, unfit_values
from pipeline.commands.search.val_detections import compare_on_val
from pipeline.commands.search.watched_run import CURVE, LOG, read_curve, run_watched, sigterm_interrupts
from pipeline.errors import PipelineError
from pipeline.experiments import fetch_files, find
from pipeline.params.changed import changed
from pipeline.params.load import load_params
from pipeline.params.schema import Params
from pipeline.reporting.search import (
    TrialRow,
    certainty,
    how_to_take,
    luck,
    trials_table,
    value_text,
    verdict,
)

CURVES = Path("metrics/train")
RESERVE = 0.1
"""Share of the minutes that is kept for the comparison of the best trial with the first."""

ENDINGS = {"COMPLETE": "done", "PRUNED": "stopped early", "FAIL": "failed", "RUNNING": "out of time"}
"""State of a trial in Optuna -> its ending in the table."""


def search(minutes: float) -> None:
    """Run trials until the time is over; print them as a table, and whether the best one is better.

    Args:
        minutes: The time of all trials, with the comparison at the end.

    Raises:
        PipelineError: The parameters cannot be searched, or the trial with the parameters as they are fails or does
            not fit into the time.
    """
    deadline = time.monotonic() + 60 * minutes * (1 - RESERVE)
    params = load_params()
    installed_optuna()
    if faults := unfit_values(params):
        raise PipelineError("\n".join(faults))
    study = open_study(params)
    with sigterm_interrupts():
        if not any(row.ending == "done" and not row.values for row in rows(study, params)):
            _run_baseline(study, params, deadline, minutes)
        _run_trials(study, params, deadline)
    _conclude(rows(study, params), params)


def rows(study: Any, params: Params) -> list[TrialRow]:
    """Return the trials that were started, those with the parameters as they are first.

    The values of these are empty.
    """
    found = []
    for trial in study.get_trials(deepcopy=False):
        noted = trial.user_attrs
        if VALUES not in noted and not noted.get(BASELINE):
            continue
        name, ending, values = trial_name(params, trial), ENDINGS[trial.state.name], noted.get(VALUES, {})
        if ending == "failed" and SECONDS not in noted:
            continue  # it was interrupted, and its values are tried again
        if ending == "done" and revision(params, name, values) is None:
            ending = "removed"
        curve = trial.intermediate_values
        best = max(curve.values(), default=None)
        found.append(TrialRow(name, best, max(curve, default=0), ending, noted.get(SECONDS), values))
    return sorted(found, key=lambda row: (bool(row.values), row.ending != "done"))


def trial_name(params: Params, trial: Any) -> str:
    """Return the name of a trial's experiment."""
    return f"{search_name(params)}-{trial.number + 1}"


def revision(params: Params, name: str, values: dict[str, Any]) -> str | None:
    """Return the revision of a trial's experiment, or None if there is none."""
    return find(name, changed(params, changes(params, values)), shaping)


def _run_baseline(study: Any, params: Params, deadline: float, minutes: float) -> None:
    trial = ask_baseline(study, params)
    print(
        f"{trial_name(params, trial)}: the parameters as they are, {params.search.steps:,} steps", flush=True
    )
    ending = run_trial(study, trial, params, deadline)
    if ending == "late":
        raise PipelineError(
            f"the first trial was not done within the time, after {minutes:g} minutes with the reserve for the "
            f"comparison; give more --minutes, or set search.steps below {params.search.steps}"
        )
    if ending != "done":
        raise PipelineError(
            f"the first trial, with the parameters as they are, failed; the end of {LOG} says why"
        )


def _run_trials(study: Any, params: Params, deadline: float) -> None:
    """Run trials as long as one as long as the longest fits into the time."""
    while True:
        needed = longest(study)
        if time.monotonic() + needed > deadline:
            print(f"no further trial of about {needed / 60:.1f} minutes fits into the time", flush=True)
            return
        trial = ask_trial(study, params)
        if trial is None:
            print("there are no further values to try", flush=True)
            return
        values = trial.user_attrs[VALUES]
        text = ", ".join(f"{key} {value_text(value)}" for key, value in values.items())
        print(f"{trial_name(params, trial)}: {text}", flush=True)
        if run_trial(study, trial, params, deadline) == "late":
            return


def longest(study: Any) -> float:
    """Return the seconds of the longest trial that was done.

    The first one may have converted the dataset, which the others do not repeat, and is left out if there are others.
    """
    done = [trial for trial in study.get_trials(deepcopy=False) if ENDINGS[trial.state.name] == "done"]
    others = [trial for trial in done if not trial.user_attrs.get(BASELINE)] or done
    return max(float(trial.user_attrs[SECONDS]) for trial in others)


def run_trial(study: Any, trial: Any, params: Params, deadline: float) -> str:
    """Run the experiment of a trial, and tell Optuna how it ended. One that is out of time is tried again later.

    Returns:
        How it ended; see :func:`pipeline.commands.search.watched_run.run_watched`.
    """
    states = installed_optuna().trial.TrialState
    name, values = trial_name(params, trial), trial.user_attrs.get(VALUES, {})
    start, told = time.monotonic(), teller(trial)

    def hopeless(curve: dict[int, float]) -> bool:
        told(curve)
        stops = not trial.user_attrs.get(BASELINE) and max(curve) < params.search.steps
        return stops and bool(trial.should_prune())

    ending = run_watched(name, changes(params, values), ["train"], hopeless=hopeless, deadline=deadline)
    seconds = time.monotonic() - start
    if ending == "late":
        return ending
    trial.set_user_attr(SECONDS, seconds)
    if ending == "done":
        curve = _curve(params, name, values)
        told(curve)
        score = max(curve.values())
        study.tell(trial, score)
        print(f"  val mAP {score:.3f}, {seconds:.0f} s", flush=True)
        return ending
    study.tell(trial, state=states.PRUNED if ending == "hopeless" else states.FAIL)
    why = (
        "stopped early, as its val mAP was below the median" if ending == "hopeless" else f"failed; see {LOG}"
    )
    print(f"  {why}, {seconds:.0f} s", flush=True)
    return ending


def teller(trial: Any) -> Callable[[dict[int, float]], None]:
    """Return a function that tells Optuna the val mAP after each number of steps, once each."""
    known: set[int] = set()

    def tell(curve: dict[int, float]) -> None:
        for step in sorted(curve.keys() - known):
            trial.report(curve[step], step)
        known.update(curve)

    return tell


def _curve(params: Params, name: str, values: dict[str, Any]) -> dict[int, float]:
    """Return the val mAP of a finished trial: steps -> value."""
    found = revision(params, name, values)
    if found is None:
        raise PipelineError(
            f"{name}: DVC has kept no experiment of this name and these parameters; see {LOG}"
        )
    with TemporaryDirectory() as folder:
        fetch_files(found, CURVES / CURVE.parent, Path(folder), lambda file: file == CURVE.name)
        return read_curve(Path(folder) / CURVE.name)


def _conclude(found: list[TrialRow], params: Params) -> None:
    """Print the table, the verdict, how sure it is, and how to take over the best trial."""
    present = present_values(params)
    shown = [row._replace(values={**present, **row.values}) for row in found]
    print(f"\n{trials_table(shown, list(params.search.space))}\n")
    done = [row for row in found if row.ending == "done"]
    baseline, best = found[0], max(done, key=lambda row: row.score or 0.0)
    print(verdict(baseline, best, len(found)))
    if best is baseline:
        return
    if params.train.architecture == "keypoints" or params.convert.tile is not None:
        print(f"There is no interval for the scores of keypoints and tiles. {luck(len(done))}")
    else:
        first, second = (_trained(params, row) for row in (baseline, best))
        print(certainty(compare_on_val(first, second), len(done)))
    print(how_to_take(best))


def _trained(params: Params, row: TrialRow) -> tuple[str, Any]:
    """Return the revision of a trial's experiment, and its section ``train``."""
    made = changed(params, changes(params, row.values))
    return str(revision(params, row.name, row.values)), made.train
