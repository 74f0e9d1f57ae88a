from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.inspect.finding import Finding, Inspection
from pipeline.commands.inspect.training_time import training_time
from pipeline.datasets.conversion.inspection import inspect_folder
from pipeline.training import step_timing
from tests.support.dataset_files import make_yolo
from tests.support.params_file import changed_params


def timed(tmp_path: Path, **changes: Any) -> Finding:
    folder = make_yolo(tmp_path / "data", 30)
    params = changed_params(tmp_path, **changes)
    found = inspect_folder(folder, params.dataset, params.convert, seed=1)
    return training_time(Inspection(folder, found.format, found.given, found.checked, params))


def test_the_time_is_that_of_the_steps_and_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_timing, "dataset_step_seconds", lambda *arguments: 0.5)
    finding = timed(tmp_path, train__steps=400, train__evaluations=0)
    assert finding.key == "training"
    assert (finding.value["steps"], finding.value["seconds_per_step"]) == (400, 0.5)
    assert 200 < finding.value["seconds"] < 300
    assert finding.lines[0].startswith(
        "time:    about 4 minutes for the train stage: 400 steps, 0.50 s each for gfl"
    )


def test_of_keypoints_that_the_dataset_has_not_there_is_no_time(tmp_path: Path) -> None:
    finding = timed(tmp_path, train__architecture="keypoints", train__augment__mosaic=0.0)
    assert finding.value is None and "none, because the dataset has no keypoints" in finding.lines[0]
