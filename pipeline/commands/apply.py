"""The command ``apply``: bring an experiment of DVC into the workspace.

``dvc exp apply`` does the same, and then fails wherever a stage has never run, such as those of the other task, because
its outputs are in no cache. It also replaces files that were changed and are not committed.
"""

import logging
from pathlib import Path
from typing import Any

from dvc.exceptions import DvcException
from dvc.logger import set_loggers_level
from dvc.repo import Repo
from dvc.scm import map_scm_exception, resolve_rev
from ruamel.yaml import YAML

from pipeline.errors import PipelineError
from pipeline.experiments import baselines, changed_files, current_commit, experiment_names, name_hint
from pipeline.params.dotted import dotted
from pipeline.params.load import PARAMS_FILE

LISTED = 8
"""So many files or parameters are named in a line."""


def apply(name: str) -> None:
    """Replace the parameters and the outputs of the workspace by those of an experiment, and say what changed.

    Args:
        name: The name of the experiment.

    Raises:
        PipelineError: There is no such experiment, files that are not committed would be lost, DVC's cache lacks
            outputs of its stages, or Git refuses, such as where it has no name and email to put changes aside with.
    """
    before = _values()
    try:
        # DVC warns of each stage that never ran.
        with set_loggers_level(logging.ERROR), Repo() as repo, map_scm_exception():
            started = baselines(name)
            if not started:
                raise PipelineError(_unknown(name, repo))
            _refuse_to_lose(repo)
            here = current_commit()
            repo.experiments.apply(name, allow_missing=True)
        with Repo() as repo:
            lost = [str(out) for out in repo.index.outs if out.use_cache and out.hash_info and not out.exists]
    except DvcException as error:
        raise PipelineError(f"{name}: {error}") from None
    if here not in started:
        commit = started[0][:7]
        print(
            f"{name} started from commit {commit}: the code and all other files of Git are that commit's now"
        )
    if lost:
        raise PipelineError(
            f"{name}: its files are in the workspace, but not in DVC's cache are {', '.join(lost)}; `make repro` makes "
            "them again"
        )
    print(f"applied {name}; {_changes(before, _values())}")


def _unknown(name: str, repo: Repo) -> str:
    """Return the line about a name that no experiment has."""
    try:
        resolve_rev(repo.scm, name)
    except DvcException:
        return f"{name}: no experiment of this name{name_hint(name, experiment_names(repo))}"
    back = f"`git checkout {name}` and `dvc checkout --allow-missing` bring it back"
    return f"{name}: a commit, not an experiment; {back}"


def _refuse_to_lose(repo: Repo) -> None:
    """Raise an error if files of Git have changes that are not committed, and that no run makes again."""
    made = {Path(out.fs_path).resolve() for out in repo.index.outs}
    work = [
        file
        for file in changed_files()
        if Path(file).name not in (PARAMS_FILE.name, "dvc.lock") and not _is_made(Path(file), made)
    ]
    if work:
        raise PipelineError(
            f"changed and not committed are {_listed(work)}; commit them, or put them aside by `git stash`, as an "
            "experiment brings its own"
        )


def _is_made(file: Path, made: set[Path]) -> bool:
    """Return whether a file is an output of a stage, or in one."""
    return not made.isdisjoint([file.resolve(), *file.resolve().parents])


def _values() -> dict[str, Any]:
    """Return the parameters of the workspace by their dotted names, whatever their schema."""
    return dotted(YAML(typ="safe").load(PARAMS_FILE) or {}) if PARAMS_FILE.exists() else {}


def _changes(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Return which parameters have other values now."""
    missing = object()
    keys = [key for key in after if before.get(key, missing) != after[key]]
    if not keys:
        return "the parameters are the same"
    return _listed([f"{key} is {after[key]} and was {before.get(key, 'not there')}" for key in keys])


def _listed(parts: list[str]) -> str:
    """Return parts in one line, as many as :data:`LISTED`."""
    more = [f"{len(parts) - LISTED} more"] if len(parts) > LISTED else []
    return ", ".join(parts[:LISTED] + more)
