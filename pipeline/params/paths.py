"""The files and folders that ``params.yaml`` names, and where an experiment finds them."""

import os
import shlex
from pathlib import Path

from pipeline.params.schema import Params

_EXPERIMENTS = (".dvc", "tmp", "exps")
"""The folder of a project in which DVC makes a folder for each experiment with ``--temp`` or ``--queue``."""


def used_paths(params: Params) -> dict[str, str]:
    """Return the paths that a stage reads: dotted key -> value. Those that no stage reads are left out."""
    dataset, zoo, finetune, train = params.dataset, params.zoo, params.finetune, params.train
    used = {
        "dataset.path": dataset.path if dataset.source == "path" else None,
        "zoo.file": zoo.file if zoo.weights == "file" else None,
        "finetune.checkpoint": finetune.checkpoint if finetune.init == "checkpoint" else None,
        "train.checkpoint": train.checkpoint if train.init == "checkpoint" else None,
    }
    return {key: path for key, path in used.items() if path is not None}


def absolute_option(key: str, path: Path) -> str:
    """Return the option of ``dvc exp run`` that sets a path to its absolute form, quoted for the shell."""
    return f"-S {shlex.quote(f'{key}={os.path.abspath(path)}')}"


def experiment_faults(params: Params, folder: Path) -> list[str]:
    """Return one line for each path of which the folder of an experiment lacks files that the project has.

    DVC copies the files that Git knows into the folder of an experiment. Those that Git ignores are missing there, and
    a path such as ``../photos`` leads elsewhere.

    Args:
        params: The parameters of the experiment.
        folder: The working directory. If it is the project itself, there is no fault.
    """
    project = _project_of(folder)
    if project is None:
        return []
    return [
        f"{key} is {path}, but the folder of this experiment has not all of its files, because it has only those that "
        f"Git knows; give the absolute path: {absolute_option(key, project / path)}"
        for key, path in used_paths(params).items()
        if _files(folder / path) < _files(project / path)
    ]


def _project_of(folder: Path) -> Path | None:
    """Return the project that an experiment's folder belongs to; None if the folder is not an experiment's."""
    for parent in folder.absolute().parents:
        if parent.parts[-len(_EXPERIMENTS) :] == _EXPERIMENTS:
            return parent.parents[len(_EXPERIMENTS) - 1]
    return None


def _files(path: Path) -> int:
    """Count the files at a path: 1 for a file, 0 for a path that does not exist."""
    if path.is_dir():
        return sum(len(names) for _, _, names in os.walk(path, followlinks=True))
    return int(path.exists())
