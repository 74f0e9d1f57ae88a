"""Runs of MLflow. Nothing that MLflow does can end a training that has started."""

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import PipelineError, one_line
from pipeline.params.base import Section
from pipeline.params.tracking import Tracking
from pipeline.training.log.destination import PeriodValues

logger = logging.getLogger(__name__)

ENVIRONMENT = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",  # s; MLflow's own values hold a training up for minutes
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
"""Settings of MLflow that count unless the environment has others."""

MESSAGE_LENGTH = 300
"""Number of characters of MLflow's own message that are shown, because it may hold a whole web page."""

MOST_PARAMETERS = 100
"""Number of parameters that MLflow takes in one request."""


class Experiment:
    """An experiment of MLflow that runs can be logged to."""

    def __init__(self, client: Any, identity: str) -> None:
        """Set the client and the id of the experiment."""
        self._client, self._identity = client, identity

    def run(self, name: str, parameters: Mapping[str, Any]) -> "MlflowRun":
        """Start a run.

        Args:
            name: The name of the training. In an experiment of DVC, its name stands before it.
            parameters: Parameters and sections by their names in ``params.yaml``.
        """
        name = " ".join(filter(None, (os.environ.get("DVC_EXP_NAME"), name)))
        return MlflowRun(self._client, self._identity, name, dict(flattened(parameters)))


class MlflowRun:
    """Writes the parameters and the values to a run. If MLflow fails, it warns once and writes no more."""

    def __init__(self, client: Any, experiment: str, name: str, parameters: Mapping[str, Any]) -> None:
        """Create the run, and write its parameters."""
        self._client, self._name = client, name
        self._identity: str | None = None
        self._lost = False

        def start() -> None:
            from mlflow.entities import Param

            self._identity = client.create_run(experiment, run_name=name).info.run_id
            entries = [Param(key, str(value)) for key, value in parameters.items()]
            for first in range(0, len(entries), MOST_PARAMETERS):
                client.log_batch(self._identity, params=entries[first : first + MOST_PARAMETERS])

        self._attempt(start)

    def write(self, values: PeriodValues) -> None:
        """Write the values of a period."""

        def send() -> None:
            from mlflow.entities import Metric

            now = int(time.time() * 1000)
            scalars = {**values.reproducible(), "images_per_second": values.images_per_second}
            metrics = [Metric(name, value, now, values.step) for name, value in scalars.items()]
            self._client.log_batch(self._identity, metrics=metrics)

        self._attempt(send)

    def show(self, step: int, pictures: Mapping[str, np.ndarray]) -> None:
        """Leave the pictures out, because they would be uploaded."""

    def close(self, *, failed: bool) -> None:
        """Mark the run as finished or as failed."""
        self._attempt(lambda: self._client.set_terminated(self._identity, "FAILED" if failed else "FINISHED"))

    def _attempt(self, action: Callable[[], None]) -> None:
        """Do something with MLflow, unless it has failed before."""
        if self._lost:
            return
        try:
            action()
        except Exception as error:  # whatever a server answers or a library raises, the training goes on
            self._lost = True
            logger.warning(
                "MLflow failed, so the run %s has no further values there; the training goes on: %s",
                self._name,
                one_line(error)[:MESSAGE_LENGTH],
            )


def open_experiment(tracking: Tracking) -> Experiment | None:
    """Find or create the experiment that ``tracking`` names; None if ``tracking.mlflow`` is null.

    Raises:
        PipelineError: MLflow is not installed, the URI is none of MLflow's, the server does not answer, or the
            experiment was deleted.
    """
    if tracking.mlflow is None:
        return None
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        from mlflow import MlflowClient
    except ImportError:
        raise PipelineError(
            "tracking.mlflow is set, but MLflow is not installed; install it with: pip install -e '.[mlflow]', or set "
            "tracking.mlflow to null"
        ) from None
    if tracking.mlflow.startswith("sqlite:///"):
        Path(tracking.mlflow.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    try:
        client = MlflowClient(tracking.mlflow)
        found = client.get_experiment_by_name(tracking.experiment)
        identity = found.experiment_id if found else client.create_experiment(tracking.experiment)
    except Exception as error:  # MLflow raises errors of many libraries
        raise PipelineError(
            f"tracking.mlflow is {tracking.mlflow}, but MLflow cannot log there: {one_line(error)[:MESSAGE_LENGTH]}; "
            "start the server, correct the URI, or set tracking.mlflow to null"
        ) from None
    if found and found.lifecycle_stage != "active":
        raise PipelineError(
            f"tracking.experiment is {tracking.experiment}, which was deleted in MLflow; restore it there, or give "
            "another name"
        )
    return Experiment(client, identity)


def flattened(parameters: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the parameters with dotted names, such as ``train.augment.flip``.

    Args:
        parameters: Parameters, sections, and dicts of them, by name.
    """
    for name, value in parameters.items():
        inner = value.model_dump() if isinstance(value, Section) else value
        if isinstance(inner, dict):
            yield from flattened({f"{name}.{key}": part for key, part in inner.items()})
        else:
            yield name, inner
