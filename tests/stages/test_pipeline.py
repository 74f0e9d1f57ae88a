"""The stages from records to scores, on tiny scenes: that they run, agree with each other, and fail cleanly."""

import json
import subprocess
import sys
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from pipeline.datasets.converted.labels import read_labels
from pipeline.errors import PipelineError
from pipeline.inputs.crops import crops_of, unaugmented_crop
from pipeline.inputs.examples import batched, epochs_of, records, shuffled_records
from pipeline.ops.images import decode_image
from pipeline.params.schema import Params
from pipeline.serving.predict import CROP_SIZE
from pipeline.stage import call
from pipeline.stages import detect, evaluate, export, finetune, train, zoo
from tests.support.coloured_scenes import write_coco
from tests.support.conversion import run_convert
from tests.support.fake_run import score_files
from tests.support.params_file import small_params
from tests.support.project import ROOT


def params(**sections: Any) -> Params:
    scratch = {"zoo": {"weights": "none"}, "finetune": {"mode": "scratch"}, "convert": {"workers": 1}}
    return small_params(scratch, sections)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which every stage from convert to evaluate has run."""
    home = tmp_path_factory.mktemp("home")
    write_coco(home / "raw", 24)
    settings = params()
    run_convert(settings, home / "raw", home)
    call(zoo.run, settings, backbone=home / "zoo", log=home / "zoo.log")
    run_finetune(home, settings, home / "cls")
    run_train(home, settings, "det")
    run_from_export(home, settings, home / "cls", home)
    return home


def run_finetune(home: Path, settings: Params, classifier: Path) -> None:
    call(
        finetune.run,
        settings,
        converted=home / "converted",
        zoo=home / "zoo",
        classifier=classifier,
        curves=classifier.with_name(f"{classifier.name}-curves"),
        log=home / "keras.log",
    )


def run_from_export(
    home: Path, settings: Params, classifier: Path, to: Path, *, detector: str = "det"
) -> None:
    """Run export, detect and evaluate on a detector of ``home``, and write what they make into ``to``."""
    exported, predictions = to / "exported", to / "predictions"
    call(
        export.run,
        settings,
        converted=home / "converted",
        detector=home / detector,
        classifier=classifier,
        exported=exported,
    )
    call(detect.run, settings, converted=home / "converted", exported=exported, predictions=predictions)
    call(
        evaluate.run,
        settings,
        converted=home / "converted",
        predictions=predictions,
        **score_files(to) | {"plots": to / "plots"},
    )


def run_train(home: Path, settings: Params, name: str) -> None:
    call(
        train.run,
        settings,
        converted=home / "converted",
        backbone=home / {"zoo": "zoo", "classifier": "cls"}[settings.train.backbone],
        detector=home / name,
        curves=home / f"{name}-curves",
        log=home / "keras.log",
    )


def test_the_scores_are_there(home: Path) -> None:
    scores = json.loads((home / "detector.json").read_text())
    assert 0 <= scores["mAP"] <= scores["AP50"] <= 1
    assert set(scores["per_class"]) == {"red", "green"}
    assert 0 <= json.loads((home / "classifier.json").read_text())["top1"] <= 1


def test_the_saved_model_is_the_model(home: Path) -> None:
    source = export.load_detector(home / "det", params().export, home / "converted")
    service = export.detector_service(source)
    saved = tf.saved_model.load(str(home / "exported" / "detector" / "1"))
    encoded = tf.stack([example.encoded for example in records(home / "converted", "test")])
    inside, outside = service.from_bytes(encoded), saved.signatures["serving_default"](image_bytes=encoded)
    assert set(inside) == set(outside)
    for name in ("boxes", "scores"):
        np.testing.assert_allclose(outside[name], inside[name], atol=1e-4)
    np.testing.assert_array_equal(outside["class_names"], inside["class_names"])
    pixels = tf.stack([decode_image(one) for one in encoded])
    from_tensor = saved.signatures["from_tensor"](images=pixels)
    np.testing.assert_allclose(from_tensor["boxes"], outside["boxes"], atol=1e-3)


def test_the_saved_model_takes_a_batch_of_any_sizes_and_gives_pixels(home: Path) -> None:
    saved = tf.saved_model.load(str(home / "exported" / "detector" / "1"))
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
        expected = [["", *read_labels(home / "converted")][index] for index in classes]
        assert [name.decode() for name in names] == expected


@pytest.mark.slow
def test_the_same_model_exports_to_the_same_bytes(home: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):  # a process each, as the names of a graph's functions count up within one
        arguments = [
            "--converted",
            home / "converted",
            "--detector",
            home / "det",
            "--classifier",
            home / "cls",
            "--exported",
            tmp_path / name,
        ]
        subprocess.run([sys.executable, "-m", "pipeline.stages.export", *arguments], cwd=ROOT, check=True)
    files = sorted(
        path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file()
    )
    assert {"fingerprint.pb", "tf_serving_warmup_requests"} < {path.name for path in files}
    for path in files:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes(), path


def test_the_exported_classifier_agrees_with_its_predictions_file(home: Path) -> None:
    saved = tf.saved_model.load(str(home / "exported" / "classifier" / "1"))
    crop = next(iter(crops_of(records(home / "converted", "test"))))
    pixels = tf.cast(tf.round(unaugmented_crop(crop, CROP_SIZE)), tf.uint8)
    scores = saved.signatures["from_tensor"](images=pixels[None])["scores"].numpy()[0]
    first = (home / "predictions" / "classifier-test.csv").read_text().splitlines()[1].split(",")
    np.testing.assert_allclose(scores, [float(value) for value in first[2:]], atol=1e-4)
    by_bytes = saved.signatures["serving_default"](image_bytes=[tf.io.encode_png(pixels)])
    np.testing.assert_allclose(by_bytes["scores"][0], scores, atol=1e-4)
    assert [name.decode() for name in by_bytes["labels"].numpy()] == read_labels(home / "converted")


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["gfl", "faster_rcnn"])
def test_training_twice_gives_the_same_weights(home: Path, architecture: str) -> None:
    for name in ("one", "two"):
        run_train(home, params(train={"steps": 4, "architecture": architecture}), name)
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


@pytest.mark.slow
def test_several_seeds_train_what_each_seed_would_train_alone(home: Path, tmp_path: Path) -> None:
    short = {"steps": 4, "evaluations": 0}
    run_train(home, params(train={**short, "seeds": 2}), "seeds")
    run_train(home, params(seed=params().seed + 1, train=short), "second")
    several, alone = home / "seeds" / "seed_2", home / "second"
    assert json.loads((several / "model.json").read_text()) == json.loads((alone / "model.json").read_text())
    first, second = (tf.train.load_checkpoint(str(folder / "network")) for folder in (several, alone))
    for name in second.get_variable_to_shape_map():
        if name != "_CHECKPOINTABLE_OBJECT_GRAPH":
            assert np.array_equal(first.get_tensor(name), second.get_tensor(name)), name
    assert (home / "seeds-curves" / "seed_2" / "plots/metrics/train/loss.tsv").exists()
    run_from_export(home, params(), home / "cls", tmp_path, detector="seeds")
    assert (tmp_path / "predictions" / "seed_2" / "detections-test.json").exists()
    scores = json.loads((tmp_path / "detector.json").read_text())
    assert scores["seeds"]["trainings"] == 2
    assert scores["seeds"]["mAP"]["least"] <= scores["mAP"] <= scores["seeds"]["mAP"]["greatest"]


@pytest.mark.slow
def test_every_training_option_at_once_runs_and_repeats(home: Path) -> None:
    options = {
        "architecture": "ssd",
        "backbone": "classifier",
        "steps": 8,
        "schedule": "step",
        "ema": 0.9,
        "frozen_stages": 2,
        "unfreeze_steps": 2,
        "evaluations": 2,
        "patience": 3,
        "class_balanced": True,
        "auto_anchors": True,
        "augment": {"scale_min": 0.5, "scale_max": 1.5, "mosaic": 0.5, "mixup": 0.5},
    }
    for name in ("options", "again"):
        run_train(home, params(train=options), name)
    for path in (home / "options").glob("network*"):
        assert path.read_bytes() == (home / "again" / path.name).read_bytes()
    facts = json.loads((home / "options" / "model.json").read_text())
    assert facts["ssd"]["min_scale"] != params().train.ssd.min_scale
    export.load_detector(
        home / "options", params().export, home / "converted"
    )  # with the anchors of the facts
    for metric in ("mAP", "AP50"):
        curve = (home / "options-curves" / "plots/metrics/val" / f"{metric}.tsv").read_text().splitlines()
        assert [line.split("\t")[0] for line in curve] == ["step", "4", "8"]


def test_a_training_goes_on_from_an_earlier_detector(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    earlier = {"init": "checkpoint", "checkpoint": str(home / "det"), "steps": 4}
    run_train(home, params(train=earlier), "further")
    assert f"{home / 'det'}: " in (said := capsys.readouterr().out)
    assert "; 2 of 2 classes are in it" in said
    assert json.loads((home / "further" / "model.json").read_text())["init"] == "checkpoint"
    with pytest.raises(PipelineError, match="its architecture is gfl, but that of this training is ssd"):
        run_train(home, params(train={**earlier, "architecture": "ssd"}), "further")


def test_a_loss_that_explodes_stops_the_stage_and_keeps_the_model(home: Path) -> None:
    before = (home / "det" / "network.data-00000-of-00001").read_bytes()
    wild = params(train={"learning_rate": 1e30, "clip_norm": 1e30, "warmup_steps": 0, "steps": 60})
    with pytest.raises(PipelineError, match="loss became"):
        run_train(home, wild, "det")
    assert (home / "det" / "network.data-00000-of-00001").read_bytes() == before


def test_epochs_differ_and_repeat(home: Path) -> None:
    ordered = shuffled_records(home / "converted", "train")

    def order(seed: int) -> list[tuple[int, int]]:
        return [(int(e.image_id), int(e.seed[0])) for e in epochs_of(ordered, seed=seed, epochs=2)]

    first = order(1)
    half = len(first) // 2
    assert first == order(1)
    assert first != order(2)
    assert [image for image, _ in first[:half]] != [image for image, _ in first[half:]]
    assert sorted(image for image, _ in first[:half]) == sorted(image for image, _ in first[half:])
    assert first[0][1] != first[half][1]


def test_extraction_leaves_the_backbone_as_it_was(home: Path) -> None:
    settings = params(zoo={"weights": "file"}, finetune={"mode": "extraction", "steps": 4})
    run_finetune(home, settings, home / "ex")
    assert (home / "ex" / "backbone.weights.h5").read_bytes() == (
        home / "zoo" / "backbone.weights.h5"
    ).read_bytes()


@pytest.mark.slow
def test_without_a_classifier_the_other_stages_go_on(home: Path, tmp_path: Path) -> None:
    settings = params(finetune={"mode": "none"})
    run_finetune(home, settings, tmp_path / "cls")
    assert [path.name for path in (tmp_path / "cls").iterdir()] == ["model.json"]
    run_from_export(home, settings, tmp_path / "cls", tmp_path)
    assert [path.name for path in (tmp_path / "exported").iterdir()] == ["detector"]
    assert (tmp_path / "detector.json").read_bytes() == (home / "detector.json").read_bytes()
    assert json.loads((tmp_path / "classifier.json").read_text()) == {}
    assert (tmp_path / "plots" / "classifier_confusion.csv").read_text() == "actual,predicted\n"


def test_twenty_crops_a_class_are_twenty(home: Path) -> None:
    from pipeline.inputs.crops import crop_keys, only_keys

    examples = records(home / "converted", "train")
    keys = crop_keys(crops_of(examples), max_per_class=3, seed=1)
    crops = list(only_keys(crops_of(examples), keys))
    assert sorted(int(crop.label) for crop in crops) == [1, 1, 1, 2, 2, 2]
    assert {(int(crop.image_id), int(crop.object_index)) for crop in crops} == {
        tuple(key) for key in keys.tolist()
    }


def test_crops_show_their_objects(home: Path) -> None:
    crops = batched(
        crops_of(records(home / "converted", "val")),
        lambda crop: (unaugmented_crop(crop, 32), crop.label),
        8,
        drop_remainder=False,
    )
    for images, labels in crops:
        middle = images.numpy()[:, 14:18, 14:18].mean(axis=(1, 2))
        assert (np.argmax(middle[:, :2], axis=1) + 1 == labels.numpy()).all()  # red is 1, green is 2


@pytest.mark.parametrize(
    "stage", ["download", "convert", "zoo", "finetune", "train", "export", "detect", "evaluate", "report"]
)
def test_every_stage_checks_all_parameters_before_it_starts(
    stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "params.yaml").write_text(
        (ROOT / "params.yaml").read_text().replace("    epochs:", "    epoch:", 1)
    )
    module = import_module(f"pipeline.stages.{stage}")
    paths = [
        each.name for each in signature(module.run).parameters.values() if each.kind is each.KEYWORD_ONLY
    ]
    arguments = [part for name in paths for part in (f"--{name}", str(tmp_path / "x"))]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [stage, *arguments])
    with pytest.raises(SystemExit) as exit_:
        module.main()
    assert exit_.value.code == 1
    assert "error: params.yaml: zoo.builtin.epoch is not a parameter; did you mean" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
