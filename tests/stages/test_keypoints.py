"""Keypoints from the CSV file to the report: the records, the training, the SavedModel, the scores and the pictures."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from pipeline.commands.write_dataset import to
from pipeline.datasets.converted.ground_truth import read_ground_truth
from pipeline.errors import PipelineError
from pipeline.inputs.examples import records
from pipeline.stage import call
from pipeline.stages import report
from tests.support.coloured_scenes import write_coco
from tests.support.conversion import run_convert
from tests.support.dataset_files import read
from tests.support.drawn_faces import NAMES, write_faces
from tests.support.params_file import small_params, write_params
from tests.support.stages import run_finetune, run_from_export_to_scores, run_train, run_zoo

PARAMS = small_params(
    {
        "convert": {"workers": 1, "checks": {"near_duplicate": "keep"}},
        "finetune": {"mode": "none"},
        "train": {"architecture": "keypoints", "steps": 8, "augment": {"mosaic": 0.0}},
        "evaluate": {"keypoint_pair": ["left_eye", "right_eye"]},
        "report": {"score": 0.0},
    }
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    write_faces(home / "data" / "raw", 40, hidden=0.3)
    converted = run_convert(PARAMS, home / "data" / "raw", home / "data")
    run_zoo(PARAMS, home)
    run_finetune(PARAMS, converted, home)
    run_train(PARAMS, converted, home)
    run_from_export_to_scores(PARAMS, converted, home)
    call(
        report.run,
        PARAMS,
        raw=home / "data" / "raw",
        converted=converted,
        predictions=home / "predictions",
        metrics=home / "metrics",
        models=home / "models",
        output=home / "page.html",
        card=home / "card.md",
    )
    return home


def test_the_tables_and_the_records_hold_what_the_file_says(home: Path) -> None:
    given = pd.read_csv(home / "data" / "raw" / "faces.csv").set_index("image")
    truth = read_ground_truth(home / "data" / "converted")
    assert truth.keypoint_names == list(NAMES)
    objects = truth.objects.merge(truth.images, left_on="image_id", right_on="id")
    for _, row in objects.iterrows():
        expected = given.loc[row["file"]].to_numpy().reshape(len(NAMES), 3)
        np.testing.assert_allclose(row["keypoints"], expected, atol=1e-3)
    assert (np.stack(truth.objects["keypoints"].to_list())[..., 2] == 1).any()
    by_id = truth.objects.set_index("image_id")["keypoints"]
    for example in records(home / "data" / "converted", "train", keypoints=len(NAMES)).as_numpy_iterator():
        x_and_y = by_id[int(example.image_id)]
        np.testing.assert_allclose(example.keypoints[0, :, 1::-1] * 96, x_and_y[:, :2], atol=1e-3)
        np.testing.assert_array_equal(example.keypoints[0, :, 2], x_and_y[:, 2])


def test_the_box_is_around_the_keypoints_that_are_left(tmp_path: Path) -> None:
    write_faces(tmp_path / "raw", 20)
    table = pd.read_csv(tmp_path / "raw" / "faces.csv")
    table.loc[0, ["nose_x", "nose_y"]] = [-30.0, 50.0]  # outside
    table.to_csv(tmp_path / "raw" / "faces.csv", index=False)
    truth = read_ground_truth(run_convert(PARAMS, tmp_path / "raw", tmp_path))
    row = truth.objects.merge(truth.images, left_on="image_id", right_on="id")
    first = row[row["file"] == "face_0000.png"].iloc[0]
    left = first["keypoints"][first["keypoints"][:, 2] > 0, :2]
    assert len(left) == 4
    np.testing.assert_allclose(
        [first["xmin"], first["ymax"]], [left[:, 0].min(), left[:, 1].max()], atol=1e-3
    )


def test_the_scores_and_the_predictions(home: Path) -> None:
    scores = json.loads((home / "metrics" / "detector.json").read_text())
    keypoints = scores["keypoints"]
    assert keypoints["found"] == 1.0
    assert 0 < keypoints["rmse_px"] == pytest.approx(keypoints["rmse_96"])  # the pictures have 96 px
    assert 0 < keypoints["mean_error"] < 0.5 and keypoints["pair_error"] > 0
    assert set(scores["val"]["keypoints"]) == set(keypoints)
    entries = json.loads((home / "predictions" / "detections-test.json").read_text())
    assert all(len(entry["keypoints"]) == 3 * len(NAMES) for entry in entries)


def test_the_saved_model_gives_the_pixels_of_the_original_image(home: Path) -> None:
    served = tf.saved_model.load(str(home / "models" / "exported" / "detector" / "1")).signatures[
        "serving_default"
    ]
    file = home / "data" / "raw" / "face_0000.png"
    outputs = served(tf.constant([file.read_bytes()]))
    places, box = outputs["keypoints"][0, 0].numpy(), outputs["boxes"][0, 0].numpy()
    np.testing.assert_allclose(box, [*places[:, 1::-1].min(axis=0), *places[:, 1::-1].max(axis=0)], rtol=1e-4)
    assert ((places[:, 2] >= 0) & (places[:, 2] <= 1)).all()


def test_the_page_draws_the_keypoints(home: Path) -> None:
    page = (home / "page.html").read_text(encoding="utf-8")
    assert page.count("<circle") >= 2 * len(NAMES)
    assert "COCO&#39;s mean AP by object keypoint similarity" in page and "pair_error" in page


def test_the_checked_dataset_in_cocos_format_has_them_too(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    write_params(home)
    to("coco", tmp_path / "coco")
    table = read(tmp_path / "coco")
    assert table.keypoints.names == NAMES
    truth = read_ground_truth(Path("data/converted"))
    written = np.sort(table.keypoints.values.reshape(-1, 3), axis=0)
    known = np.sort(np.concatenate(truth.objects["keypoints"].to_list()), axis=0)
    np.testing.assert_allclose(written, known, atol=2e-3)


def test_a_dataset_without_keypoints_is_refused(home: Path, tmp_path: Path) -> None:
    write_coco(tmp_path / "raw", 20)
    converted = run_convert(PARAMS, tmp_path / "raw", tmp_path)
    with pytest.raises(PipelineError, match=r"no keypoints, which train.architecture=keypoints learns from"):
        run_train(PARAMS, converted, home)
