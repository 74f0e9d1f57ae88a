"""The paths of the parameters, seen from the folder of an experiment."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.params.paths import absolute_option, experiment_faults, used_paths
from pipeline.params.schema import Params
from tests.support.params_file import changed_params


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    """The folder of an experiment in a project whose data/local has an image that Git ignores."""
    folder = tmp_path / "project" / ".dvc" / "tmp" / "exps" / "standalone" / "tmp1234"
    for home in (tmp_path / "project", folder):
        (home / "data" / "local").mkdir(parents=True)
        (home / "data" / "local" / "README.md").write_text("placeholder")
    (tmp_path / "project" / "data" / "local" / "a.jpg").write_bytes(b"")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"")
    return folder


def params(tmp_path: Path, path: str, **changes: Any) -> Params:
    return changed_params(tmp_path, dataset__path=path, **{"dataset__source": "path", **changes})


def test_only_the_paths_that_a_stage_reads_are_used(tmp_path: Path) -> None:
    assert used_paths(changed_params(tmp_path)) == {}
    changes = {"zoo__weights": "file", "train__init": "checkpoint", "finetune__init": "checkpoint"}
    assert used_paths(params(tmp_path, "photos", **changes)) == {
        "dataset.path": "photos",
        "zoo.file": "data/weights",
        "finetune.checkpoint": "data/weights",
        "train.checkpoint": "data/weights",
    }


@pytest.mark.parametrize(
    ("path", "absolute"), [("data/local", "project/data/local"), ("../photos", "photos")]
)
def test_files_that_the_experiment_lacks_are_a_fault(
    experiment: Path, tmp_path: Path, path: str, absolute: str
) -> None:
    assert experiment_faults(params(tmp_path, path), experiment) == [
        f"dataset.path is {path}, but the folder of this experiment has not all of its files, because it has only "
        f"those that Git knows; give the absolute path: -S dataset.path={tmp_path}/{absolute}"
    ]


def test_absolute_paths_files_in_git_and_the_project_itself_are_no_fault(
    experiment: Path, tmp_path: Path
) -> None:
    assert experiment_faults(params(tmp_path, str(tmp_path / "photos")), experiment) == []
    assert experiment_faults(params(tmp_path, "../photos"), tmp_path / "project") == []
    (experiment / "data" / "local" / "a.jpg").write_bytes(b"")
    assert experiment_faults(params(tmp_path, "data/local"), experiment) == []


def test_the_option_is_quoted_for_the_shell(tmp_path: Path) -> None:
    assert absolute_option("zoo.file", tmp_path / "a b" / ".." / "c d") == f"-S 'zoo.file={tmp_path}/c d'"
