"""What is remembered of a search, and which values are tried next: a study of Optuna in a file."""

from pathlib import Path
from typing import Any

from pipeline.commands.search.trials import present_values, search_name, trial_faults
from pipeline.errors import PipelineError, from_extra
from pipeline.params.schema import Params
from pipeline.params.search import Domain, Range
from pipeline.params.search_space import whole_numbers

FILE = Path(".cache/search.log")
"""The trials of all searches in this project."""

RANDOM_TRIALS = 4
"""Number of trials before Optuna models the scores; the values of these trials are random."""

COMPLETE_BEFORE_STOPS = 2
"""Number of trials that must be complete before one is compared with their median."""

DRAWS = 100
"""Number of times that values are drawn until they are new and fit together."""

BASELINE, VALUES, SECONDS = "baseline", "values", "seconds"
"""Keys of what is noted beside a trial."""


def installed_optuna() -> Any:
    """Return the module ``optuna``.

    Raises:
        PipelineError: It is not installed.
    """
    with from_extra("search", "search needs Optuna, which is"):
        import optuna
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def open_study(params: Params) -> Any:
    """Return the study of these parameters, with the trials of earlier runs of the command.

    A trial that was interrupted counts as failed; :func:`ask_trial` tries its values again.

    Raises:
        PipelineError: Optuna is not installed, or the file is damaged.
    """
    optuna = installed_optuna()
    FILE.parent.mkdir(exist_ok=True)
    try:
        study = optuna.create_study(
            storage=optuna.storages.JournalStorage(
                optuna.storages.journal.JournalFileBackend(FILE.as_posix())
            ),
            study_name=search_name(params),
            direction="maximize",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(
                n_startup_trials=COMPLETE_BEFORE_STOPS, n_warmup_steps=params.search.steps // 3
            ),
        )
        earlier = study.get_trials(deepcopy=False)
    except (ValueError, KeyError, TypeError):
        raise PipelineError(f"{FILE}: damaged; delete it, and the search starts anew") from None
    study.sampler = optuna.samplers.TPESampler(
        n_startup_trials=RANDOM_TRIALS, seed=(params.seed + len(earlier)) % 2**32
    )
    for trial in earlier:
        if trial.state == optuna.trial.TrialState.RUNNING:
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
    return study


def ask_baseline(study: Any, params: Params) -> Any:
    """Return a trial with the parameters as they are. Those outside of the space are not told to Optuna."""
    present = present_values(params)
    inside = {key: value for key, value in present.items() if _holds(params.search.space[key], value)}
    study.enqueue_trial(inside)
    trial = study.ask()
    for key in inside:
        _suggest(trial, params, key)
    trial.set_user_attr(BASELINE, True)
    return trial


def ask_trial(study: Any, params: Params) -> Any:
    """Return a trial with new values that fit together, or None if there seem to be none left.

    The values of an interrupted trial come first.
    """
    tried = [trial for trial in study.get_trials(deepcopy=False) if VALUES in trial.user_attrs]
    known = [present_values(params), *(trial.user_attrs[VALUES] for trial in tried if _ended(trial))]
    for trial in tried:
        if not _ended(trial) and trial.user_attrs[VALUES] not in known:
            study.enqueue_trial(trial.params)
            break
    for _ in range(DRAWS):
        trial = study.ask()
        values = {key: _suggest(trial, params, key) for key in params.search.space}
        if values not in known and not trial_faults(params, values):
            trial.set_user_attr(VALUES, values)
            return trial
        study.tell(trial, state=installed_optuna().trial.TrialState.FAIL)
    return None


def _ended(trial: Any) -> bool:
    """Return whether a trial was scored, or failed by itself; an interrupted one is tried again."""
    return SECONDS in trial.user_attrs


def _holds(domain: Domain, value: Any) -> bool:
    if isinstance(domain, Range):
        return domain.low <= value <= domain.high
    return any(value == each and isinstance(value, bool) == isinstance(each, bool) for each in domain)


def _suggest(trial: Any, params: Params, key: str) -> Any:
    """Return the value of a parameter that Optuna suggests, with three digits of a number that is not whole."""
    domain = params.search.space[key]
    if not isinstance(domain, Range):
        return trial.suggest_categorical(key, domain)
    if whole_numbers(params, key):
        return trial.suggest_int(key, int(domain.low), int(domain.high), log=domain.log)
    value = trial.suggest_float(key, domain.low, domain.high, log=domain.log)
    return min(max(float(f"{value:.3g}"), domain.low), domain.high)
