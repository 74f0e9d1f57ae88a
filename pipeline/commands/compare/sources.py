"""Where the files of a run are: the workspace, a folder, or a revision, whose outputs are in DVC's cache."""

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException
from dvc.fs import localfs
from dvc.repo import Repo
from dvc_data.index import DataIndexError

from pipeline.errors import PipelineError
from pipeline.experiments import baselines, experiment_names, name_hint

WORKSPACE = "workspace"
CONVERTED = "data/converted"
_TABLES = (".csv", ".txt")  # of data/converted, whose records are not needed


@dataclass(frozen=True)
class Source:
    """The files of a run.

    Attributes:
        name: The name that the user gave.
        files: The file system.
        root: The project's folder in it.
        revision: Whether it is a revision, whose outputs are in DVC's cache.
    """

    name: str
    files: Any
    root: str
    revision: bool

    def read(self, path: str) -> bytes:
        """Return the contents of a file.

        Raises:
            PipelineError: The run has no such file, or DVC's cache does not hold it.
        """
        try:
            return bytes(self.files.cat_file(self._at(path)))
        except (FileNotFoundError, DataIndexError, DvcException):
            raise PipelineError(self._missing(path)) from None

    def read_if_there(self, path: str) -> bytes | None:
        """Return the contents of a file of Git, or None if the run has none."""
        return self.read(path) if self.files.exists(self._at(path)) else None

    def copy_tables(self, target: Path) -> None:
        """Copy the files of ``data/converted`` without the records.

        Raises:
            PipelineError: The run has no such files, or DVC's cache does not hold them.
        """
        try:
            paths = map(PurePosixPath, self.files.ls(self._at(CONVERTED), detail=False))
        except (FileNotFoundError, DataIndexError, DvcException):
            raise PipelineError(self._missing(f"{CONVERTED}/images.csv")) from None
        target.mkdir()
        for path in paths:
            if path.suffix in _TABLES:
                (target / path.name).write_bytes(self.read(f"{CONVERTED}/{path.name}"))

    def _at(self, path: str) -> str:
        return f"{self.root}{path}"

    def _missing(self, path: str) -> str:
        """Return the line about an output that cannot be read."""
        if not self.revision:
            project = "the project" if self.name == WORKSPACE else self.name
            return f"{self.name}: {path} not found; run `make repro` in {project}"
        bring = (
            f"python -m pipeline apply {self.name}" if baselines(self.name) else f"git checkout {self.name}"
        )
        again = f"run it again: `{bring}`, then `make repro`"
        if self.files.exists(str(PurePosixPath(path).parent)):
            return f"{self.name}: {path} is not in DVC's cache; `dvc fetch` gets it from a remote, or {again}"
        return f"{self.name}: no {path}, as its stages have not run; {again}"


def source(name: str) -> Source:
    """Return the source of a run.

    Args:
        name: ``workspace``, a folder with a finished run, or what DVC takes as a revision: an experiment, a commit, a
            branch or a tag.

    Raises:
        PipelineError: There is nothing of this name.
    """
    folder = "." if name == WORKSPACE else name
    if name == WORKSPACE or (name and os.path.isdir(os.path.join(name, "data"))):
        return Source(name, localfs, f"{Path(folder).absolute().as_posix()}/", revision=False)
    files = DVCFileSystem(".", rev=name or "-")  # without a revision it would be the workspace
    try:
        files.repo  # noqa: B018  -- opens the revision
    except (DvcException, ValueError, AttributeError) as error:
        # the last two are of names that Git cannot look up, and of what is no commit, such as HEAD:params.yaml
        raise PipelineError(_unknown(name, error)) from None
    return Source(name, files, "", revision=True)


def _unknown(name: str, error: Exception) -> str:
    """Return the line about a name that is no revision, with the names that are like it."""
    if "ambiguous" in str(error):
        return f"{name}: several experiments have this name; give the hash of one, from `dvc exp show`"
    return (
        f"{name}: no experiment, commit, branch or tag of this name, and no folder with a finished run"
        f"{name_hint(name, _names())}"
    )


def _names() -> list[str]:
    """Return what can be compared by its name, the experiments first; nothing outside a repository."""
    try:
        with Repo() as repo:
            return [*experiment_names(repo), *repo.scm.list_branches(), *repo.scm.list_tags(), WORKSPACE]
    except DvcException:
        return []
