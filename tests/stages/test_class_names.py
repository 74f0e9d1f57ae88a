"""Classes called as a word of the tool: the scores, the tables of the plots and the page are those of any name."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from pipeline.params.load import load_params
from pipeline.stage import call
from pipeline.stages import evaluate, evaluate_classifier, report
from tests.support.fake_run import score_files, write_run, write_training
from tests.support.project import ROOT

PARAMS = load_params(ROOT / "params.yaml")
CONTROL = ("dent", "rust", "scratch")
PLOTS = {
    "evaluate/precision_recall.csv": ["class"],
    "evaluate/detector_confusion.csv": ["actual", "predicted"],
    "evaluate/classifier_confusion.csv": ["actual", "predicted"],
    "classification/confusion.csv": ["actual", "predicted"],
}

NAMES = [
    ("background", "all", "mAP"),
    ("index", "mean", "total"),
    ("dog", "dog (2)", "val"),
    ("no object", "missed", "mean of all classes"),
    ("1", "02", "NA"),
    ("actual", "predicted", "class"),
]


def run(root: Path, classes: Sequence[str]) -> dict[str, Path]:
    """Score and report a run, as a detection and as a classification."""
    folders = write_run(root, classes=classes)
    write_training(folders)
    metrics, converted, predictions = (folders[name] for name in ("metrics", "converted", "predictions"))
    call(
        evaluate.run,
        PARAMS,
        converted=converted,
        predictions=predictions,
        **score_files(metrics),
    )
    call(report.run, PARAMS, **folders, output=root / "index.html", card=root / "card.md")
    classifications = root / "classifications"
    classifications.mkdir()
    for split in ("val", "test"):
        (classifications / f"{split}.csv").write_bytes((predictions / f"classifier-{split}.csv").read_bytes())
    call(
        evaluate_classifier.run,
        PARAMS,
        converted=converted,
        classifications=classifications,
        metrics=metrics / "classification.json",
        plots=metrics / "plots" / "classification",
    )
    return folders


@pytest.mark.parametrize("classes", NAMES, ids=" ".join)
def test_tables_and_scores_are_those_of_other_names(tmp_path: Path, classes: Sequence[str]) -> None:
    control, named = run(tmp_path / "control", CONTROL), run(tmp_path / "named", classes)
    renamed = {"": "", **dict(zip(CONTROL, classes, strict=True))}
    for file, columns in PLOTS.items():
        expected, table = (
            pd.read_csv(folders["metrics"] / "plots" / file, dtype=str, keep_default_na=False)
            for folders in (control, named)
        )
        for column in columns:
            expected[column] = expected[column].map(renamed)
        pd.testing.assert_frame_equal(table, expected)
    for file in ("detector.json", "classifier.json", "classification.json"):
        expected_scores, scores = (
            json.loads((folders["metrics"] / file).read_text()) for folders in (control, named)
        )
        by_class = expected_scores.pop("per_class")
        assert scores.pop("per_class") == {renamed[name]: value for name, value in by_class.items()}
        assert scores.pop("test_set") != expected_scores.pop("test_set")  # it depends on the names
        assert scores == expected_scores


@pytest.mark.parametrize("classes", NAMES, ids=" ".join)
def test_the_page_says_the_same_of_other_names(tmp_path: Path, classes: Sequence[str]) -> None:
    for name, own in (("control", CONTROL), ("named", classes)):
        run(tmp_path / name, own)
    control, named = ((tmp_path / name / "index.html").read_text() for name in ("control", "named"))
    for found in (
        r"<h1>[^<]*</h1>",
        r"Area under the bold line: [0-9.]*",
        r"AP [0-9.]{5}",
        r'<td class="right.*',
    ):
        assert re.findall(found, named) == re.findall(found, control) != []
    heading = r'<h4 id="pr-\d">([^<]*)</h4>'
    renamed = dict(zip(CONTROL, classes, strict=True))
    assert re.findall(heading, named) == [renamed[name] for name in re.findall(heading, control)]
    assert len(re.findall(heading, named)) == 3
