"""The stages from records to scores, on tiny scenes: that they run, agree with each other, and fail cleanly."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from ruamel.yaml import YAML
from scenes import write_coco
from small_budget import SMALL, merge

from pipeline.datasets.inputs import (
    batched,
    class_names,
    crops_of,
    epochs_of,
    records,
    still_crop,
)
from pipeline.errors import PipelineError
from pipeline.ops.images import decode_image
from pipeline.params import Params
from pipeline.stages import convert, detect, evaluate, export, finetune, train, zoo

ROOT = Path(__file__).parents[2]


def params(**sections: dict[str, Any]) -> Params:
    values = YAML(typ="safe", pure=True).load(ROOT / "params.yaml")
    merge(values, SMALL)
    merge(values, {"zoo": {"weights": "none"}, "finetune": {"mode": "scratch"}, "convert": {"workers": 1}})
    merge(values, sections)
    return Params.model_validate(values)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which every stage from convert to evaluate has run."""
    home = tmp_path_factory.mktemp("home")
    write_coco(home / "raw", 24)
    settings = params()
    convert.run(
        settings,
        raw=home / "raw",
        converted=home / "converted",
        metrics=home / "dataset.json",
        plots=home / "p",
    )
    zoo.run(settings, zoo=home / "zoo")
    finetune.run(
        settings, converted=home / "converted", zoo=home / "zoo", classifier=home / "cls", curves=home / "c1"
    )
    run_train(home, settings, "det")
    export.run(settings, detector=home / "det", classifier=home / "cls", exported=home / "exported")
    detect.run(
        settings, converted=home / "converted", exported=home / "exported", predictions=home / "predictions"
    )
    evaluate.run(
        settings,
        converted=home / "converted",
        predictions=home / "predictions",
        detector=home / "detector.json",
        classifier=home / "classifier.json",
        plots=home / "plots",
    )
    return home


def run_train(home: Path, settings: Params, name: str) -> None:
    train.run(
        settings,
        converted=home / "converted",
        zoo=home / "zoo",
        classifier=home / "cls",
        detector=home / name,
        curves=home / f"{name}-curves",
    )


def test_the_scores_are_there(home: Path) -> None:
    scores = json.loads((home / "detector.json").read_text())
    assert 0 <= scores["mAP"] <= scores["AP50"] <= 1
    assert set(scores["per_class"]) == {"red", "green"}
    assert 0 <= json.loads((home / "classifier.json").read_text())["top1"] <= 1


def test_the_saved_model_is_the_model(home: Path) -> None:
    service = export.load_detector(home / "det", params())
    saved = tf.saved_model.load(str(home / "exported" / "detector"))
    encoded = tf.stack([example["encoded"] for example in records(home / "converted", "test")])
    inside, outside = service.from_bytes(encoded), saved.signatures["serving_default"](image_bytes=encoded)
    assert set(inside) == set(outside)
    for name in ("boxes", "scores"):
        np.testing.assert_allclose(outside[name], inside[name], atol=1e-4)
    np.testing.assert_array_equal(outside["class_names"], inside["class_names"])
    pixels = tf.stack([decode_image(one) for one in encoded])
    from_tensor = saved.signatures["from_tensor"](images=pixels)
    np.testing.assert_allclose(from_tensor["boxes"], outside["boxes"], atol=1e-3)


def test_the_saved_model_takes_a_batch_of_any_sizes_and_gives_pixels(home: Path) -> None:
    saved = tf.saved_model.load(str(home / "exported" / "detector"))
    rng = np.random.default_rng(0)
    images = [
        rng.integers(0, 255, (height, width, 3), np.uint8)
        for height, width in ((50, 200), (300, 40), (96, 96))
    ]
    encoded = [tf.io.encode_jpeg(images[0]), tf.io.encode_png(images[1]), tf.io.encode_png(images[2])]
    found = saved.signatures["serving_default"](image_bytes=tf.stack(encoded))
    for image, boxes, classes, names in zip(
        images, *(found[n].numpy() for n in ("boxes", "classes", "class_names")), strict=True
    ):
        assert boxes[:, [0, 2]].max() <= image.shape[0] + 1e-3
        assert boxes[:, [1, 3]].max() <= image.shape[1] + 1e-3
        assert boxes.min() >= 0
        expected = [["", *class_names(home / "converted")][index] for index in classes]
        assert [name.decode() for name in names] == expected


def test_the_same_model_exports_to_the_same_bytes(home: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):  # a process each, as the names of a graph's functions count up within one
        arguments = ["--detector", home / "det", "--classifier", home / "cls", "--exported", tmp_path / name]
        subprocess.run([sys.executable, "-m", "pipeline.stages.export", *arguments], cwd=ROOT, check=True)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert "fingerprint.pb" in {path.name for path in files}
    for path in files:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes(), path


def test_the_exported_classifier_agrees_with_its_predictions_file(home: Path) -> None:
    saved = tf.saved_model.load(str(home / "exported" / "classifier"))
    crop = next(iter(crops_of(records(home / "converted", "test"))))
    pixels = tf.cast(tf.round(still_crop(crop, detect.CROP_SIZE)), tf.uint8)
    scores = saved.signatures["from_tensor"](images=pixels[None])["scores"].numpy()[0]
    first = (home / "predictions" / "classifier-test.csv").read_text().splitlines()[1].split(",")
    np.testing.assert_allclose(scores, [float(value) for value in first[2:]], atol=1e-4)
    by_bytes = saved.signatures["serving_default"](image_bytes=[tf.io.encode_png(pixels)])
    np.testing.assert_allclose(by_bytes["scores"][0], scores, atol=1e-4)
    assert [name.decode() for name in by_bytes["labels"].numpy()] == class_names(home / "converted")


@pytest.mark.parametrize("architecture", ["ssd", "faster_rcnn"])
def test_training_twice_gives_the_same_weights(home: Path, architecture: str) -> None:
    for name in ("one", "two"):
        run_train(home, params(train={"epochs": 2, "architecture": architecture}), name)
    first, second = (tf.train.load_checkpoint(str(home / name / "network")) for name in ("one", "two"))
    curves = [
        (home / f"{name}-curves" / "plots/metrics/train/loss.tsv").read_text() for name in ("one", "two")
    ]
    assert curves[0] == curves[1]
    assert first.get_variable_to_shape_map() == second.get_variable_to_shape_map()
    for name in first.get_variable_to_shape_map():
        # that of the objects has the layers' names, which a process numbers on
        if name != "_CHECKPOINTABLE_OBJECT_GRAPH":
            assert np.array_equal(first.get_tensor(name), second.get_tensor(name)), name
