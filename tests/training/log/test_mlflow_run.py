"""A run on an MLflow server, whose store is a folder here, and what happens without the server."""

import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.errors import PipelineError
from pipeline.training.log.destination import PeriodValues
from pipeline.training.log.mlflow_run import EXPERIMENT, MlflowRun

mlflow = pytest.importorskip("mlflow", reason="the extra mlflow is not installed")

VALUES = PeriodValues(20, {"loss": 2.0}, {"mAP": 0.25}, {"head": 0.001}, 17.5)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("DVC_EXP_NAME", "slower")
    return (tmp_path / "store").as_uri()


def only_run(store: str, experiment: str = EXPERIMENT) -> Any:
    client = mlflow.MlflowClient(store)
    (run,) = client.search_runs([client.get_experiment_by_name(experiment).experiment_id])
    return run


def test_a_run_has_name_parameters_values_and_pictures(store: str) -> None:
    log = MlflowRun(store, "train", {"seed": 1, "augment": {"flip": True}})
    log.write(VALUES)
    log.show(20, {"küste (2).jpg": np.zeros([4, 6, 3], np.uint8)})
    log.close(True)
    run = only_run(store)
    assert run.info.run_name == "slower train" and run.info.status == "FINISHED"
    assert run.data.params == {"seed": "1", "augment.flip": "True"}
    assert run.data.metrics == {
        "train/loss": 2.0,
        "val/mAP": 0.25,
        "rate/head": 0.001,
        "images_per_second": 17.5,
    }
    (point,) = mlflow.MlflowClient(store).get_metric_history(run.info.run_id, "val/mAP")
    assert point.step == 20
    assert [file.path for file in mlflow.MlflowClient(store).list_artifacts(run.info.run_id, "images")], (
        "the picture is missing"
    )


def test_a_training_that_fails_is_a_failed_run(store: str) -> None:
    MlflowRun(store, "train", {}).close(False)
    assert only_run(store).info.status == "FAILED"


def test_the_environment_names_another_experiment(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "raccoons")
    for _ in range(2):
        MlflowRun(store, "train", {}).close(True)
    assert len(mlflow.MlflowClient(store).search_experiments(filter_string="name = 'raccoons'")) == 1


def test_a_server_that_does_not_answer_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(PipelineError) as caught:
        MlflowRun(address, "train", {})
    assert str(caught.value).startswith(f"tracking.mlflow: {address} takes no run: ")
    assert "\n" not in str(caught.value) and "set tracking.mlflow to null" in str(caught.value)


def test_a_server_that_fails_later_does_not_end_the_training(
    store: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    log = MlflowRun(store, "train", {})

    def gone(*_: Any, **__: Any) -> None:
        raise mlflow.exceptions.MlflowException("no answer")

    monkeypatch.setattr(log._client, "log_batch", gone)
    log.write(VALUES)
    log.write(VALUES)
    log.close(True)
    (warning,) = caplog.messages
    assert warning.endswith("no answer; the training goes on without it")
