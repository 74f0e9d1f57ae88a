"""The command ``study``: its trainings, their parameters, and the experiments that it finds again."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipeline import experiments
from pipeline.commands.study import command
from pipeline.commands.study.cells import Cell, cells, changes, shaping
from pipeline.errors import PipelineError
from pipeline.params.changed import changed
from tests.support.params_file import changed_params, write_params
from tests.support.project import PARAMS

SMALL = {
    "study__backbones": ["mobilenet"],
    "study__seeds": [1, 2],
    "study__modes": ["scratch", "finetune"],
    "zoo__weights": "builtin",
    "zoo__backbone": "mobilenet",
    "zoo__alpha": 0.25,
}


def test_each_backbone_is_trained_in_each_mode_with_each_seed(tmp_path: Path) -> None:
    found = [cell.name for cell in cells(changed_params(tmp_path, **SMALL))]
    assert found == [
        "study-mobilenet-scratch-1",
        "study-mobilenet-scratch-2",
        "study-mobilenet-finetune-1",
        "study-mobilenet-finetune-2",
    ]


def test_a_training_changes_what_the_table_compares(tmp_path: Path) -> None:
    params = changed_params(tmp_path, **SMALL, study__crops_per_class=7, study__steps=50)
    values = changes(Cell("mobilenet", "scratch", 2), params)
    made = changed(params, values)
    assert (made.seed, made.zoo.backbone, made.finetune.mode) == (2, "mobilenet", "scratch")
    assert (made.finetune.max_crops_per_class, made.finetune.steps) == (7, 50)
    assert made.split_seed == params.split_seed
    assert made.train == params.train


def test_paths_of_the_user_become_absolute(tmp_path: Path) -> None:
    params = changed_params(tmp_path, dataset__source="path", dataset__path="../photos", study__detector=True)
    values = changes(Cell("mobilenet", "scratch", 1), params)
    assert Path(values["dataset.path"]).is_absolute()
    assert "zoo.file" not in values
    assert values["train.backbone"] == "classifier"


def test_only_parameters_that_shape_the_result_are_compared() -> None:
    report = changed(PARAMS, {"report.images": 3, "study.seeds": [9]})
    assert shaping(report) == shaping(PARAMS)
    assert shaping(changed(PARAMS, {"finetune.learning_rate": 0.5})) != shaping(PARAMS)
    assert shaping(changed(PARAMS, {"train.steps": 1})) == shaping(PARAMS)
    detector = changed(PARAMS, {"study.detector": True})
    assert shaping(changed(detector, {"train.steps": 1})) != shaping(detector)


def git(home: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=study", "-c", "user.email=study@example.org"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=home, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with parameters."""
    write_params(tmp_path, **SMALL)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def keep_experiment(home: Path, name: str, params: Any, measured: str) -> None:
    """Make a commit as DVC does, to which only a reference below refs/exps points."""
    text = (home / "params.yaml").read_text(encoding="utf-8")
    write_params(home, **(SMALL | params))
    (home / "metrics").mkdir(exist_ok=True)
    (home / "metrics" / "study.json").write_text(measured, encoding="utf-8")
    git(home, "add", "--all")
    git(home, "commit", "--quiet", "-m", name)
    git(home, "update-ref", f"refs/exps/ab/cdef/{name}", "HEAD")
    git(home, "reset", "--quiet", "--hard", "HEAD~1")
    (home / "params.yaml").write_text(text, encoding="utf-8")


RESULT = """{
  "train": {"top1": 1.0, "top5": 1.0}, "test": {"top1": 0.5, "top5": 0.75}, "train_crops": 30, "epochs": null
}"""


def test_finished_trainings_are_found_and_the_others_run(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {
        "finetune__steps": PARAMS.study.steps,
        "finetune__max_crops_per_class": PARAMS.study.crops_per_class,
        "seed": 1,
    }
    keep_experiment(home, "study-mobilenet-scratch-1", settings | {"finetune__mode": "scratch"}, RESULT)
    old = settings | {"finetune__mode": "finetune", "finetune__learning_rate": 0.5}
    keep_experiment(home, "study-mobilenet-finetune-1", old, RESULT)
    ran: list[str] = []

    def run(name: str, values: dict[str, Any], targets: list[str]) -> None:
        ran.append(name)
        assert targets == ["study/dvc.yaml:measure"]
        nested = {key.replace(".", "__"): value for key, value in values.items()}
        keep_experiment(home, name, nested, RESULT.replace("0.5,", "0.25,"))

    monkeypatch.setattr(experiments, "run_experiment", run)
    monkeypatch.setattr(command, "reproduce", lambda targets: None)
    command.study()
    assert ran == [
        "study-mobilenet-scratch-2",
        "study-mobilenet-finetune-1",  # the one of this name has another learning rate
        "study-mobilenet-finetune-2",
    ]
    said = capsys.readouterr().out
    assert "study-mobilenet-scratch-1: 1 of 4" in said
    assert "0.375 ±" in said and "0.250 ± 0.000" in said
    assert "Transfer table" in Path("reports/study.html").read_text(encoding="utf-8")
    ran.clear()
    command.study()
    assert ran == []


def test_parameters_that_do_not_fit_are_refused_before_the_first_training(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_params(home, **SMALL | {"study__backbones": ["mobilenet", "resnet18"]})
    monkeypatch.setattr(command, "reproduce", lambda targets: pytest.fail("it started"))
    with pytest.raises(PipelineError, match=r"section study: zoo.alpha is 0.25, but only"):
        command.study()


def test_a_failed_stage_says_how_to_go_on(home: Path) -> None:
    with pytest.raises(PipelineError, match="The finished experiments are kept: the same command goes on"):
        experiments.reproduce(["no_such_stage"])
