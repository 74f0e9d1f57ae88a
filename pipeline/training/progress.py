"""What a person sees of a training: its progress. The raw log of Keras goes to a file."""

from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import tf_keras

from pipeline.progress import ProgressReporter


class ShowProgress(tf_keras.callbacks.Callback):
    """Advances a progress reporter by one for each training step."""

    def __init__(self, reporter: ProgressReporter) -> None:
        """Report to ``reporter``, whose total is the number of steps of the whole training."""
        super().__init__()
        self._reporter = reporter

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the step."""
        self._reporter.advance(1)


@contextmanager
def raw_log(path: Path) -> Iterator[None]:
    """Write what Keras prints in the block to a file. Lines that are logged still go to the terminal.

    Args:
        path: The file; its folder is made, and an older file is replaced.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", buffering=1) as file, redirect_stdout(file):
        yield
