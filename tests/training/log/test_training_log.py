"""The log of a training, in all its destinations."""

from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from pipeline.training.learner import Learner
from pipeline.training.log.training_log import LogPlaces, training_log
from pipeline.training.optimizers import rate_groups
from pipeline.training.schedules import cosine_schedule
from tests.support.small_task import data, losses, network


def train(folder: Path, mlflow: str | None = None) -> None:
    model = network()
    backbone = model.get_layer("hidden")
    learner = Learner(model, losses)
    learner.compile_groups(
        rate_groups(
            model,
            backbone,
            rate=0.1,
            backbone_factor=0.5,
            weight_decay=0.0,
            schedule=lambda rate: cosine_schedule(rate, 12),
        )
    )
    places = LogPlaces(folder / "curves", folder / "logs" / "train.log", mlflow)
    params = {"seed": 1, "augment": {"flip": True}}
    with training_log(places, backbone, 8, params) as log:
        learner.fit(data(), validation_data=data(), epochs=3, verbose=2, callbacks=[log])
        log.show(2, {"a.jpg": np.zeros([4, 6, 3], np.uint8)})


def curve(folder: Path, name: str) -> list[str]:
    return (folder / "curves" / "plots" / "metrics" / f"{name}.tsv").read_text().splitlines()


def test_the_curves_have_the_rates_and_no_times(tmp_path: Path) -> None:
    train(tmp_path / "one")
    train(tmp_path / "two")
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one/curves").rglob("*.*"))
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    assert not [file for file in files if "images" in file.name]
    head, backbone = (curve(tmp_path / "one", f"rate/{part}") for part in ("head", "backbone"))
    assert [line.split("\t")[0] for line in head] == ["step", "4", "8", "12"]
    expected = 0.1 * 0.5 * (1 + np.cos(np.pi * np.array([3, 7, 11]) / 12))  # of the last step of each period
    np.testing.assert_allclose([float(line.split("\t")[1]) for line in head[1:]], expected, rtol=1e-4)
    np.testing.assert_allclose([float(line.split("\t")[1]) for line in backbone[1:]], expected / 2, rtol=1e-4)
    assert len(curve(tmp_path / "one", "val/square")) == 4


def test_the_event_files_have_curves_speed_and_pictures(tmp_path: Path) -> None:
    train(tmp_path)
    train(tmp_path)  # which replaces the event files of the first training
    runs = {}
    for run in ("train", "val"):
        (file,) = (tmp_path / "logs" / "tensorboard" / "train" / run).iterdir()
        runs[run] = EventAccumulator(str(file)).Reload()
    assert {"loss", "square", "rate/head", "rate/backbone", "images_per_second"} <= set(
        runs["train"].Tags()["tensors"]
    )
    assert {"loss", "square", "a.jpg"} <= set(runs["val"].Tags()["tensors"])
    assert [event.step for event in runs["val"].Tensors("loss")] == [4, 8, 12]
    speed = [tf.make_ndarray(event.tensor_proto) for event in runs["train"].Tensors("images_per_second")]
    assert min(speed) > 0
