"""The command ``suspects``: its table and pictures, and detectors that judge only what they did not see."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from pipeline.commands.suspects import command, detected
from pipeline.datasets.converted.ground_truth import GroundTruth, read_ground_truth
from pipeline.errors import PipelineError
from pipeline.evaluation.label_errors import COLUMNS, KINDS
from pipeline.evaluation.predictions import read_detections
from pipeline.params.schema import Params
from tests.support.fake_run import write_run
from tests.support.params_file import changed_params, write_params


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a finished run."""
    write_run(tmp_path / "data")
    write_params(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def both_splits(params: Params, truth: GroundTruth) -> pd.DataFrame:
    """Return the detections that the run has, those on val and test."""
    del params
    paths = {name: Path(f"data/predictions/detections-{name}.json") for name in ("val", "test")}
    return pd.concat(
        [read_detections(path, truth.split(name)) for name, path in paths.items()], ignore_index=True
    )


def test_a_table_and_pictures_are_written(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "detect_all", both_splits)
    command.suspects(count=7, folds=None)
    table = pd.read_csv(home / "reports" / "suspects.csv")
    assert list(table) == list(COLUMNS) and set(table["kind"]) <= set(KINDS)
    assert table["sure"].is_monotonic_decreasing
    said = capsys.readouterr().out
    assert f"{len(table)} of " in said and "--folds 5 judges each image" in said
    with Image.open(home / "reports" / "suspects.png") as sheet:
        assert sheet.width > 5 * command.CELL and sheet.height > 2 * command.CELL  # 7 pictures, 5 in a row


def test_nothing_suspected_writes_an_empty_table(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "detect_all", lambda params, truth: both_splits(params, truth).iloc[:0])
    command.suspects(count=5, folds=None)
    assert pd.read_csv(home / "reports" / "suspects.csv").empty
    assert not (home / "reports" / "suspects.png").exists()


def test_a_classification_dataset_is_refused(home: Path) -> None:
    write_params(home, task="classification")
    with pytest.raises(PipelineError, match="task is classification, but suspects judges boxes"):
        command.suspects(count=5, folds=None)


def test_each_image_is_judged_by_the_fold_that_left_it_out(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = read_ground_truth(home / "data" / "converted")
    learnt = truth.images[truth.images["split"] != "test"]["id"].tolist()
    ran: list[dict[str, Any]] = []

    def revision_of(name: str, params: Params, values: dict[str, Any], *rest: object) -> str:
        ran.append({"name": name} | values)
        return str(values["convert.fold"])

    def fetch(revision: str, path: Path, to: Path) -> None:
        """Give each fold every second image, and one detection at the place of the fold on each image."""
        images = truth.images.assign(id=truth.images["id"] + 100)  # ids need not be those of the workspace
        own = [number for number in learnt if number % 2 == int(revision) - 1][1 if revision == "1" else 0 :]
        images["split"] = [
            "val" if n - 100 in own else "train" if n - 100 in learnt else "test" for n in images["id"]
        ]
        if path.name == "images.csv":
            images.to_csv(to, index=False)
            return
        split = path.stem.removeprefix("detections-")
        entry = {"category_id": 1, "bbox": [int(revision), 0, 5, 5], "score": 0.9}
        found = [entry | {"image_id": n} for n in images["id"][images["split"] == split].tolist()]
        to.write_text(json.dumps(found), encoding="utf-8")

    monkeypatch.setattr(detected, "revision_of", revision_of)
    monkeypatch.setattr(detected, "fetch", fetch)
    detections, judged = detected.detect_out_of_fold(changed_params(home), truth, 2)
    assert [(each["name"], each["convert.folds"], each["convert.fold"]) for each in ran] == [
        ("fold-1-of-2", 2, 1),
        ("fold-2-of-2", 2, 2),
    ]
    of_fold = dict(zip(detections["image_id"], detections["x"], strict=True))
    even = [number for number in learnt if number % 2 == 0]
    assert len(detections) == len(of_fold) == len(truth.images) - 1 == len(judged.images)
    assert even[0] not in of_fold and "1 images are val in no fold" in capsys.readouterr().out
    assert all(of_fold[n] == (1 if n % 2 == 0 else 2) for n in learnt if n != even[0])
    assert all(of_fold[n] == 1 for n in truth.split("test").images["id"])


def test_a_fold_changes_the_folds_and_leaves_out_a_classifier_that_is_not_used(tmp_path: Path) -> None:
    params = changed_params(tmp_path, dataset__source="path", dataset__path="photos")
    changes = detected.fold_changes(params, 3, 2)
    assert (changes["convert.folds"], changes["convert.fold"], changes["finetune.mode"]) == (3, 2, "none")
    assert Path(changes["dataset.path"]).is_absolute()
    from_classifier = changed_params(tmp_path, train__backbone="classifier")
    assert "finetune.mode" not in detected.fold_changes(from_classifier, 3, 2)
