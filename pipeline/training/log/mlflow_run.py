"""A run on an MLflow tracking server."""

import logging
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import PipelineError, from_extra, one_line
from pipeline.params.dotted import dotted
from pipeline.training.log.destination import PeriodValues

logger = logging.getLogger(__name__)

EXPERIMENT = "transfer-detection-pipeline"
"""The experiment of MLflow that the runs belong to, unless ``MLFLOW_EXPERIMENT_NAME`` names another."""

PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20"}
"""MLflow's own settings, unless the environment has others: by default, a training would wait four minutes for a server
that is not there."""


def installed_mlflow() -> Any:
    """Return the module ``mlflow``.

    Raises:
        PipelineError: It is not installed.
    """
    missing = "tracking.mlflow needs MLflow's client, which is"
    with from_extra("mlflow", missing, ", or set tracking.mlflow to null"):
        import mlflow
    return mlflow


class MlflowRun:
    """Writes the parameters, the values and the pictures of a training to a run.

    The name of the run is that of DVC's experiment, ``workspace`` without one, and that of the training. A server that
    fails later ends the log with a warning, not the training.
    """

    def __init__(self, address: str, training: str, params: Mapping[str, Any]) -> None:
        """Start a run.

        Args:
            address: The tracking URI of the server.
            training: The name of the training, such as ``train`` or ``finetune``.
            params: The parameters of the training, nested or not.

        Raises:
            PipelineError: The package is missing, or the server does not answer or refuses the run.
        """
        for name, value in PATIENCE.items():
            os.environ.setdefault(name, value)
        mlflow = installed_mlflow()
        self._mlflow, self._address = mlflow, address
        try:
            self._client = mlflow.MlflowClient(address)
            name = os.environ.get("MLFLOW_EXPERIMENT_NAME", EXPERIMENT)
            experiment = self._client.get_experiment_by_name(name)
            number = experiment.experiment_id if experiment else self._client.create_experiment(name)
            run_name = f"{os.environ.get('DVC_EXP_NAME') or 'workspace'} {training}"
            self._run: str | None = self._client.create_run(number, run_name=run_name).info.run_id
            entries = [mlflow.entities.Param(key, str(value)) for key, value in dotted(params).items()]
            self._client.log_batch(self._run, params=entries)
        except mlflow.exceptions.MlflowException as error:
            raise PipelineError(
                f"tracking.mlflow: {address} takes no run: {one_line(error)}; start the server, "
                "or set tracking.mlflow to null"
            ) from error

    def write(self, values: PeriodValues) -> None:
        """Write the values of a period."""
        scalars = values.reproducible() | {"images_per_second": values.images_per_second}
        now = int(time.time() * 1000)
        metrics = [
            self._mlflow.entities.Metric(name, value, now, values.step) for name, value in scalars.items()
        ]
        self._send("log_batch", metrics=metrics)

    def show(self, step: int, pictures: Mapping[str, np.ndarray]) -> None:
        """Write the pictures, each under its file name without the ending."""
        for name, picture in pictures.items():
            key = re.sub(r"[^A-Za-z0-9_./ -]", "_", Path(name).stem)
            self._send("log_image", picture, key=key, step=step)

    def close(self, complete: bool) -> None:
        """End the run, as finished or as failed."""
        self._send("set_terminated", status="FINISHED" if complete else "FAILED")

    def _send(self, method: str, *arguments: Any, **named: Any) -> None:
        """Call a method of the client for this run, unless an earlier call failed."""
        if self._run is None:
            return
        try:
            getattr(self._client, method)(self._run, *arguments, **named)
        except (self._mlflow.exceptions.MlflowException, OSError, ImportError) as error:
            self._run = None
            logger.warning(
                "tracking.mlflow: %s: %s; the training goes on without it", self._address, one_line(error)
            )
