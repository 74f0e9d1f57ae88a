"""A classification of whole images, from a folder of each class to the report."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from PIL import Image

from pipeline.errors import PipelineError
from pipeline.models.trained import trained_classifier
from pipeline.params.schema import Params
from pipeline.stage import call
from pipeline.stages import (
    classify,
    evaluate_classifier,
    export_classifier,
    report_classifier,
)
from tests.support.coloured_scenes import write_coco
from tests.support.conversion import run_convert
from tests.support.params_file import small_params
from tests.support.stages import run_finetune, run_zoo

COLOURS = {"amber": (250, 180, 30), "navy": (20, 30, 120)}


def params(**sections: Any) -> Params:
    classification = {
        "task": "classification",
        "zoo": {"backbone": "simple_cnn", "alpha": 1.0, "weights": "none"},
        "finetune": {"mode": "scratch", "head": "own", "steps": 20, "augment": {"photometric": False}},
        "convert": {"workers": 1, "checks": {"near_duplicate": "keep"}},
    }
    return small_params(classification, sections)


def write_folders(raw: Path, count: int) -> None:
    """Write images of a colour with noise, in a folder of each class in a folder of each split."""
    rng = np.random.default_rng(0)
    for split, number in (("train", count), ("val", 4), ("test", 6)):
        for name, colour in COLOURS.items():
            folder = raw / split / name
            folder.mkdir(parents=True)
            for index in range(number):
                pixels = np.clip(rng.normal(colour, 40, (36, 30, 3)), 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(folder / f"{index}.png")


def prepare(home: Path, settings: Params) -> None:
    """Run the stages before the classifier."""
    run_convert(settings, home / "raw", home)
    run_zoo(settings, home)


def follow(home: Path, settings: Params) -> str:
    """Run the stages after the classifier, and return the page."""
    converted, classifications = home / "converted", home / "classifications"
    call(
        export_classifier.run,
        settings,
        converted=converted,
        classifier=home / "models" / "classifier",
        exported=home / "exported",
    )
    call(
        classify.run,
        settings,
        converted=converted,
        exported=home / "exported",
        classifications=classifications,
    )
    call(
        evaluate_classifier.run,
        settings,
        converted=converted,
        classifications=classifications,
        metrics=home / "metrics" / "classification.json",
        plots=home / "metrics" / "plots" / "classification",
    )
    call(
        report_classifier.run,
        settings,
        raw=home / "raw",
        converted=converted,
        classifications=classifications,
        metrics=home / "metrics",
        models=home / "models",
        output=home / "page.html",
    )
    return (home / "page.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    write_folders(home / "raw", 40)
    settings = params()
    prepare(home, settings)
    run_finetune(settings, home / "converted", home)
    (home / "said.html").write_text(follow(home, settings), encoding="utf-8")
    return home


def test_two_colours_are_told_apart(home: Path) -> None:
    scores = json.loads((home / "metrics" / "classification.json").read_text())
    assert scores["top1"] == scores["val"]["top1"] == 1.0
    assert scores["per_class"] == {"amber": 1.0, "navy": 1.0}
    table = pd.read_csv(home / "metrics" / "plots" / "classification" / "confusion.csv")
    assert table.value_counts().to_dict() == {("amber", "amber"): 6, ("navy", "navy"): 6}


def test_the_exported_classifier_gives_the_scores_of_the_file(home: Path) -> None:
    served = tf.saved_model.load(str(home / "exported" / "1")).signatures["serving_default"]
    images = pd.read_csv(home / "converted" / "images.csv").set_index("id")
    table = pd.read_csv(home / "classifications" / "test.csv")
    assert len(table) == 12
    row = table.iloc[0]
    scores = served(tf.constant([(home / "raw" / images.loc[row["image_id"], "file"]).read_bytes()]))[
        "scores"
    ]
    np.testing.assert_allclose(scores[0], row[["score_1", "score_2"]].astype(float), atol=2e-6)


def test_the_page_says_how_good_it_is_and_names_the_classes(home: Path) -> None:
    page = (home / "said.html").read_text(encoding="utf-8")
    assert "Names the class of 100.0 % of the test images correctly." in page
    assert "amber" in page and "12 test images" in page
    assert page.count("data:image/jpeg") == 12
    assert "<script" not in page


def test_the_same_run_gives_the_same_page(home: Path) -> None:
    assert follow(home, params()) == (home / "said.html").read_text(encoding="utf-8")


def test_without_a_classifier_the_page_says_so(home: Path, tmp_path: Path) -> None:
    for name in ("raw", "converted"):
        (tmp_path / name).symlink_to(home / name)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "zoo").symlink_to(home / "models" / "zoo")
    settings = params(finetune={"mode": "none"})
    run_finetune(settings, tmp_path / "converted", tmp_path)
    assert "No classifier was trained, because finetune.mode is none." in follow(tmp_path, settings)
    assert json.loads((tmp_path / "metrics" / "classification.json").read_text()) == {}


def test_with_one_class_no_classifier_is_trained_and_the_page_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_folders(tmp_path / "raw", 40)
    for split in ("train", "val", "test"):
        (tmp_path / "raw" / split / "navy").rename(tmp_path / "raw" / split / "Amber")  # a spelling of amber
    settings = params()
    prepare(tmp_path, settings)
    run_finetune(settings, tmp_path / "converted", tmp_path)
    why = "because the dataset has one class, which leaves nothing to tell apart"
    assert f"finetune: no classifier is trained, {why}" in capsys.readouterr().out
    page = follow(tmp_path, settings)
    assert "No classifier was trained, because the dataset has one class." in page and "100.0 %" not in page
    assert json.loads((tmp_path / "metrics" / "classification.json").read_text()) == {}
    with pytest.raises(PipelineError, match=f"holds no classifier, {why}"):
        trained_classifier(tmp_path / "models" / "classifier")


def test_boxes_are_no_labels_of_whole_images(home: Path, tmp_path: Path) -> None:
    write_coco(tmp_path / "raw", 24)
    prepare(tmp_path, params())
    with pytest.raises(PipelineError, match="no label of a whole image; set task to detection"):
        run_finetune(params(), tmp_path / "converted", tmp_path)
    with pytest.raises(PipelineError, match="no object with a box; set task to classification"):
        (tmp_path / "labels").mkdir()
        for name in ("converted", "models"):
            (tmp_path / "labels" / name).symlink_to(home / name)
        run_finetune(params(task="detection"), tmp_path / "labels" / "converted", tmp_path / "labels")
