"""The log of a training, in all its destinations."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from pipeline.errors import PipelineError
from pipeline.params.tracking import Tracking
from pipeline.training.learner import Learner
from pipeline.training.log.mlflow_runs import MlflowRun, flattened, open_experiment
from pipeline.training.log.training_log import LogPlaces, training_log
from pipeline.training.optimizers import rate_groups
from pipeline.training.schedules import cosine_schedule
from tests.support.project import PARAMS
from tests.support.small_task import data, losses, network


class FailingClient:
    """A client whose server breaks down after the run has been created."""

    def __init__(self) -> None:
        self.calls = 0

    def create_run(self, *arguments: Any, **options: Any) -> Any:
        raise ConnectionError("the server is gone")

    def log_batch(self, *arguments: Any, **options: Any) -> None:
        self.calls += 1

    def set_terminated(self, *arguments: Any) -> None:
        self.calls += 1


class FailingExperiment:
    def __init__(self) -> None:
        self.client = FailingClient()

    def run(self, name: str, parameters: Any) -> MlflowRun:
        return MlflowRun(self.client, "1", name, {})


def train(folder: Path, experiment: Any = None) -> None:
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
    places = LogPlaces(folder / "curves", folder / "logs" / "train.log", experiment)
    with training_log(places, backbone, 8, {"train": PARAMS.train}) as log:
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


def test_a_server_that_fails_ends_no_training(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    experiment = FailingExperiment()
    train(tmp_path, experiment)
    assert [record.message for record in caplog.records if "MLflow" in record.message] == [
        "MLflow failed, so the run train has no further values there; the training goes on: the server is gone"
    ]
    assert experiment.client.calls == 0  # nothing more is tried
    assert len(curve(tmp_path, "train/loss")) == 4


def test_a_server_that_does_not_answer_is_one_line_before_the_training() -> None:
    pytest.importorskip("mlflow")
    with pytest.raises(
        PipelineError, match=r"tracking\.mlflow is http://127\.0\.0\.1:9, but MLflow cannot log there"
    ):
        open_experiment(Tracking(mlflow="http://127.0.0.1:9", experiment="x"))


def test_without_mlflow_a_line_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "mlflow", None)
    with pytest.raises(PipelineError, match=r"install it with: pip install -e '\.\[mlflow\]'"):
        open_experiment(Tracking(mlflow="sqlite:///x.db", experiment="x"))
    assert open_experiment(Tracking(mlflow=None, experiment="x")) is None


@pytest.mark.slow
def test_a_run_in_a_local_file_has_parameters_and_values(tmp_path: Path) -> None:
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("sqlalchemy")
    uri = f"sqlite:///{tmp_path / 'runs' / 'mlflow.db'}"
    train(tmp_path, open_experiment(Tracking(mlflow=uri, experiment="x")))
    client = mlflow.MlflowClient(uri)
    (run,) = client.search_runs([client.get_experiment_by_name("x").experiment_id])
    assert (run.info.run_name, run.info.status) == ("train", "FINISHED")
    assert run.data.params["train.augment.flip"] == str(PARAMS.train.augment.flip)
    assert [metric.step for metric in client.get_metric_history(run.info.run_id, "val/loss")] == [4, 8, 12]
    assert run.data.metrics["images_per_second"] > 0


def test_sections_are_flattened() -> None:
    values = dict(flattened({"train": PARAMS.train, "seed": 3}))
    assert values["train.gfl.filters"] == PARAMS.train.gfl.filters
    assert values["seed"] == 3
