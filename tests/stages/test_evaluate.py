"""The evaluate stage from files to files."""

import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from pipeline.errors import PipelineError
from pipeline.evaluation.error_types import TYPES
from pipeline.evaluation.label_errors import read_suspects
from pipeline.params.load import load_params
from pipeline.stage import call
from pipeline.stages import evaluate
from tests.support.fake_run import CLASSES, add_masks, score_files, write_run
from tests.support.project import ROOT

PARAMS = load_params(ROOT / "params.yaml")


def run(folders: dict[str, Path], name: str = "out") -> Path:
    out = folders["metrics"] / name
    paths = score_files(out) | {"plots": out / "plots"}
    call(evaluate.run, PARAMS, converted=folders["converted"], predictions=folders["predictions"], **paths)
    return out


def test_scores_and_plots(tmp_path: Path) -> None:
    out = run(write_run(tmp_path))
    detector = json.loads((out / "detector.json").read_text())
    assert 0 < detector["mAP"] < detector["AP50"] < 1
    assert detector["AP_large"] is None
    assert list(detector["per_class"]) == CLASSES
    assert detector["per_class"]["shirt"].keys() == {"AP", "AP50", "voc10_AP", "objects"}
    assert detector["val"].keys() == {"mAP", "AP50", "AP75", "voc07_mAP", "voc10_mAP"}
    classifier = json.loads((out / "classifier.json").read_text())
    assert 0.5 < classifier["top1"] < classifier["top5"] == 1
    assert classifier["per_class"].keys() == set(CLASSES)
    curves = pd.read_csv(out / "plots" / "precision_recall.csv", keep_default_na=False)
    assert curves.groupby("class").size().to_dict() == dict.fromkeys(["", *CLASSES], 101)
    for name in ("detector", "classifier"):
        table = pd.read_csv(out / "plots" / f"{name}_confusion.csv")
        assert list(table) == ["actual", "predicted"]


def test_the_summary_has_what_the_tables_of_dvc_show(tmp_path: Path) -> None:
    out = run(write_run(tmp_path))
    summary, detector, classifier = (
        json.loads((out / f"{name}.json").read_text()) for name in ("summary", "detector", "classifier")
    )
    assert len(summary) == 10
    assert summary["test_set"] == detector["test_set"]
    assert (summary["AP50"], summary["val_mAP"]) == (detector["AP50"], detector["val"]["mAP"])
    assert summary["classifier_top1"] == classifier["top1"]


def test_the_errors_are_analysed_on_the_thresholds_of_val(tmp_path: Path) -> None:
    out = run(write_run(tmp_path))
    thresholds, errors = (json.loads((out / f"{name}.json").read_text()) for name in ("thresholds", "errors"))
    assert thresholds.keys() == {"test_set", "iou", "all_classes", "per_class"}
    assert list(thresholds["per_class"]) == CLASSES
    assert list(errors["error_types"]["types"]) == list(TYPES)
    assert errors["calibration"]["detections"] < errors["calibration"]["detections_all"]
    assert list(errors["object_sizes"]) == ["0-16 px", "16-32 px"]
    columns = {
        "error_types": ["type", "dAP", "count"],
        "reliability": ["score", "precision", "detections"],
        "object_sizes": ["size", "AP", "AP50", "objects"],
    }
    for name, expected in columns.items():
        assert list(pd.read_csv(out / "plots" / f"{name}.csv")) == expected
    suspects = read_suspects(out / "plots" / "suspected_labels.csv")
    assert set(suspects["split"]) == {"val", "test"} and suspects["sure"].is_monotonic_decreasing
    confused = pd.read_csv(out / "plots" / "detector_confusion.csv", keep_default_na=False)
    assert (confused["predicted"] != "").sum() <= errors["calibration"]["detections"]


def test_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    folders = write_run(tmp_path)
    one, other = run(folders, "one"), run(folders, "other")
    files = [path.relative_to(one) for path in sorted(one.rglob("*")) if path.is_file()]
    assert len(files) == 12
    assert all((one / name).read_bytes() == (other / name).read_bytes() for name in files)


def test_masks_add_their_scores_and_change_no_other(tmp_path: Path) -> None:
    folders = write_run(tmp_path)
    plain = json.loads((run(folders, "plain") / "detector.json").read_text())
    add_masks(folders)
    scores = json.loads((run(folders, "masks") / "detector.json").read_text())
    test, val = scores.pop("segm"), scores["val"].pop("segm")
    assert scores.pop("test_set") != plain.pop("test_set")
    assert scores == plain
    assert test.keys() == val.keys() == {"mAP", "AP50", "AP75"}
    assert 0 < test["mAP"] < test["AP50"] < 1
    assert 0 < val["mAP"] <= val["AP50"] < 1
    (folders["predictions"] / "detections-val.json").write_text("[]")
    scores = json.loads((run(folders, "none") / "detector.json").read_text())
    assert scores["val"]["segm"] == {"mAP": 0, "AP50": 0, "AP75": 0}


def test_no_detections_score_zero(tmp_path: Path) -> None:
    folders = write_run(tmp_path)
    (folders["predictions"] / "detections-test.json").write_text("[]")
    scores = json.loads((run(folders) / "detector.json").read_text())
    assert scores["mAP"] == scores["AP50"] == scores["voc07_mAP"] == scores["AR100"] == 0


def test_splits_without_images_are_undefined(tmp_path: Path) -> None:
    folders = write_run(tmp_path)
    images = pd.read_csv(folders["converted"] / "images.csv").assign(split="train")
    images.to_csv(folders["converted"] / "images.csv", index=False)
    for name in ("val", "test"):
        (folders["predictions"] / f"detections-{name}.json").write_text("[]")
        path = folders["predictions"] / f"classifier-{name}.csv"
        path.write_text(path.read_text().splitlines()[0] + "\n")
    out = run(folders)
    assert json.loads((out / "detector.json").read_text())["mAP"] is None
    assert json.loads((out / "classifier.json").read_text())["top1"] is None


def test_a_stranger_among_the_detections_leaves_the_old_scores(tmp_path: Path) -> None:
    folders = write_run(tmp_path)
    before = (run(folders) / "detector.json").read_bytes()
    stranger = [{"image_id": 99, "category_id": 1, "bbox": [0, 0, 5, 5], "score": 0.5}]
    (folders["predictions"] / "detections-test.json").write_text(json.dumps(stranger))
    with pytest.raises(PipelineError, match="image_id 99 is not an image of this split"):
        run(folders)
    assert (folders["metrics"] / "out" / "detector.json").read_bytes() == before


def test_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = write_run(tmp_path)
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    options = {name: Path(name) for name in ("converted", "predictions")} | score_files(Path("metrics"))
    arguments = [part for name, path in options.items() for part in (f"--{name}", str(path))]
    monkeypatch.setattr(sys, "argv", ["evaluate", *arguments])
    with pytest.raises(SystemExit) as exit_:
        evaluate.main()
    assert exit_.value.code == 0
    assert (folders["metrics"] / "plots" / "evaluate" / "precision_recall.csv").is_file()
