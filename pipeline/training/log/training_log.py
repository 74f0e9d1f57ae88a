"""The log of a training: a callback that collects the values of each period and gives them to the destinations."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tf_keras

from pipeline.training.callbacks import steps_after
from pipeline.training.log.curves import Curves
from pipeline.training.log.destination import Destination, PeriodValues
from pipeline.training.log.event_files import EventFiles
from pipeline.training.log.mlflow_run import MlflowRun
from pipeline.training.optimizers import learning_rates
from pipeline.training.progress import raw_log


class LogPlaces(NamedTuple):
    """Where a training is logged.

    Attributes:
        curves: The folder of the learning curves.
        log: The file for what Keras prints. Its name is that of the training in the other logs.
        mlflow: The address of an MLflow server; None for no such server.
    """

    curves: Path
    log: Path
    mlflow: str | None

    @property
    def event_files(self) -> Path:
        """The folder of the event files: that of ``logs/train.log`` is ``logs/tensorboard/train``."""
        return self.log.parent / "tensorboard" / self.log.stem


class TrainingLog(tf_keras.callbacks.Callback):
    """Gives the values of each period to the destinations.

    It must come after the callbacks that add scores to the logs of Keras.
    """

    def __init__(
        self,
        destinations: Sequence[Destination],
        backbone: tf_keras.Model,
        batch_size: int,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Set the destinations.

        Args:
            destinations: Where the values go.
            backbone: The backbone of the network in training, whose learning rate is logged apart from the head's.
            batch_size: Number of images in a training step.
            clock: The time in s.
        """
        super().__init__()
        self._destinations = destinations
        self._backbone = backbone
        self._batch_size = batch_size
        self._clock = clock
        self._start = self._last_step = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Start to measure the time of the period."""
        self._start = self._clock()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Note the end of a step: the evaluation, which follows the last one, is not measured."""
        self._last_step = self._clock()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Write the values of the period."""
        scalars = {name: float(value) for name, value in (logs or {}).items()}
        images = self._batch_size * int(self.params["steps"])
        values = PeriodValues(
            step=steps_after(self, epoch),
            train={name: value for name, value in scalars.items() if not name.startswith("val_")},
            val={
                name.removeprefix("val_"): value for name, value in scalars.items() if name.startswith("val_")
            },
            rates=learning_rates(self.model.groups, self._backbone),
            images_per_second=images / max(self._last_step - self._start, 1e-9),
        )
        for destination in self._destinations:
            destination.write(values)

    def show(self, period: int, pictures: Mapping[str, np.ndarray]) -> None:
        """Show pictures, uint8 [H, W, 3] RGB by name, at the end of a period, counted from 0."""
        for destination in self._destinations:
            destination.show(steps_after(self, period), pictures)


@contextmanager
def training_log(
    places: LogPlaces, backbone: tf_keras.Model, batch_size: int, params: Mapping[str, Any]
) -> Iterator[TrainingLog]:
    """Log a training while the block runs. What Keras prints in the block goes to the file ``places.log``.

    Args:
        places: Where it is logged.
        backbone: The backbone of the network in training.
        batch_size: Number of images in a training step.
        params: The parameters of the training, nested or not, for a server that shows them beside the curves.

    Yields:
        The callback that logs.

    Raises:
        PipelineError: The server of ``places.mlflow`` takes no run.
    """
    complete = False
    destinations: list[Destination] = []
    with raw_log(places.log):
        if places.mlflow:
            destinations.append(MlflowRun(places.mlflow, places.log.stem, params))
        destinations += [Curves(places.curves), EventFiles(places.event_files)]
        try:
            yield TrainingLog(destinations, backbone, batch_size)
            complete = True
        finally:
            for destination in destinations:
                destination.close(complete)
