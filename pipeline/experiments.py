"""Experiments of DVC: to run one, to find it again, and to read its files."""

import difflib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc_data.index import DataIndexError

from pipeline.errors import PipelineError
from pipeline.params.changed import changed
from pipeline.params.load import PARAMS_FILE, parse_params
from pipeline.params.paths import used_paths
from pipeline.params.schema import Params


def absolute_paths(params: Params) -> dict[str, str]:
    """Return the paths of the user's files in their absolute form: an experiment runs in a folder of its own."""
    return {key: os.path.abspath(path) for key, path in used_paths(params).items()}


def reproduce(targets: Sequence[str]) -> None:
    """Run stages in the workspace.

    Raises:
        PipelineError: A stage fails.
    """
    _dvc(["repro", *targets])


def run_experiment(name: str, changes: dict[str, Any], targets: Sequence[str]) -> None:
    """Run stages with other parameters in a folder of their own, and keep the result as an experiment of DVC.

    Args:
        name: The name of the experiment. An earlier one of the name is replaced.
        changes: Dotted key -> value.

    Raises:
        PipelineError: A stage fails.
    """
    _dvc(_run_arguments(name, changes, targets))


def start_experiment(
    name: str, changes: dict[str, Any], targets: Sequence[str], log: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start what :func:`run_experiment` runs, in a process group of its own, and do not wait for it.

    Args:
        log: An open file for what DVC and the stages print.
    """
    arguments = _run_arguments(name, changes, targets)
    return subprocess.Popen(
        [sys.executable, "-m", "dvc", *arguments],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )


def _run_arguments(name: str, changes: dict[str, Any], targets: Sequence[str]) -> list[str]:
    """Return the arguments of DVC that run an experiment, after an earlier one of the name is removed."""
    settings = [
        part
        for key, value in changes.items()
        for part in ("-S", f"{key}={json.dumps(value, ensure_ascii=False)}")
    ]
    if current_commit() in baselines(name):
        _dvc(["exp", "remove", "--quiet", name])
    return ["exp", "run", "--temp", "--name", name, *settings, *targets]


def find(name: str, params: Params, shaping: Callable[[Params], Any]) -> str | None:
    """Return the revision of the experiment with a name and the same parameters, or None.

    Args:
        name: The name of the experiment.
        shaping: Returns the parameters that shape the result, which are compared.
    """
    wanted = shaping(params)
    for ref in _refs(name):
        try:
            if shaping(parse_params(_git(["show", f"{ref}:{PARAMS_FILE}"]))) == wanted:
                return ref
        except PipelineError:
            continue  # of an older schema
    return None


def baselines(name: str) -> list[str]:
    """Return the commits that the experiments of a name started from, the newest experiment first."""
    return ["".join(ref.split("/")[2:4]) for ref in _refs(name)]


def current_commit() -> str:
    """Return the commit of the workspace."""
    return _git(["rev-parse", "HEAD"]).strip()


def changed_files() -> list[str]:
    """Return the files of Git below the working directory that differ from the current commit."""
    return _git(["diff", "--name-only", "-z", "--relative", "HEAD"]).split("\0")[:-1]


def experiment_names(repo: Repo) -> list[str]:
    """Return the names of all experiments of a project."""
    return [name for pairs in repo.experiments.ls(all_commits=True).values() for name, _ in pairs]


def name_hint(name: str, known: Sequence[str]) -> str:
    """Return the end of a line about a name that is not known: the names that are like it, or a few of all."""
    like = difflib.get_close_matches(name, known, n=3)
    if like:
        return f"; did you mean {' or '.join(like)}?"
    return f"; there are {', '.join(known[:5])}" if known else ""


def read_file(revision: str, path: Path) -> Any:
    """Return the value in a JSON file of an experiment.

    Raises:
        PipelineError: The experiment has no such file.
    """
    return json.loads(_git(["show", f"{revision}:{path.as_posix()}"]))


def revision_of(
    name: str,
    params: Params,
    values: dict[str, Any],
    shaping: Callable[[Params], Any],
    targets: Sequence[str],
) -> str:
    """Return the revision of an experiment, which is run if there is none with these parameters.

    Args:
        name: The name of the experiment.
        params: The parameters of the workspace.
        values: Those that the experiment changes: dotted key -> value.
        shaping: Returns the parameters that shape the result.
        targets: The stages that are run.

    Raises:
        PipelineError: A stage fails, or DVC keeps no experiment.
    """
    expected = changed(params, values)
    revision = find(name, expected, shaping)
    if revision is None:
        run_experiment(name, values, targets)
        revision = find(name, expected, shaping)
    if revision is None:
        raise PipelineError(f"{name}: DVC has kept no experiment of this name and these parameters")
    return revision


def fetch(revision: str, path: Path, to: Path) -> None:
    """Write an output of an experiment, a file or a folder, to a path that does not exist yet.

    Raises:
        PipelineError: The experiment has no such output, or the cache of DVC lacks it.
    """
    commit = _git(["rev-parse", revision]).strip()
    _dvc(["get", "--quiet", ".", path.as_posix(), "--rev", commit, "--out", str(to)])


def fetch_files(revision: str, folder: Path, to: Path, wanted: Callable[[str], bool]) -> None:
    """Copy some files of a folder that is an output of an experiment. Those in folders inside it are left out.

    Args:
        revision: The revision of the experiment.
        folder: The folder in the project.
        to: The folder to copy to, which is created.
        wanted: File name -> whether the file is copied.

    Raises:
        PipelineError: The experiment has no such output, or the cache of DVC lacks a file.
    """
    to.mkdir(parents=True, exist_ok=True)
    try:
        files = DVCFileSystem(".", rev=_git(["rev-parse", revision]).strip())
        for path in files.ls(folder.as_posix(), detail=False):
            if wanted(name := path.rsplit("/", 1)[-1]):
                (to / name).write_bytes(files.cat_file(path))
    except (FileNotFoundError, DataIndexError, DvcException):
        raise PipelineError(f"{revision}: {folder} is not in DVC's cache") from None


def _refs(name: str) -> list[str]:
    """Return the references of all experiments with a name, ``refs/exps/`` COMMIT ``/NAME``, the newest first."""
    refs = _git(["for-each-ref", "--format=%(refname)", "--sort=-creatordate", "refs/exps"]).splitlines()
    return [ref for ref in refs if ref.rsplit("/", 1)[-1] == name]


def _dvc(arguments: Sequence[str]) -> None:
    done = subprocess.run([sys.executable, "-m", "dvc", *arguments], env=_environment(), check=False)
    if done.returncode:
        raise PipelineError(
            f"dvc {' '.join(arguments)} failed; its message is above. The finished experiments are kept: the same "
            "command goes on from there"
        )


def _environment() -> dict[str, str]:
    """Return an environment in which ``python``, which the stages call, is the one that runs now."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path}


def _git(arguments: Sequence[str]) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise PipelineError(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout
