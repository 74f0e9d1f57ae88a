"""The progress of a training on the terminal, and the log of Keras in a file."""

from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import tf_keras

from pipeline.progress import ProgressReporter


class ShowProgress(tf_keras.callbacks.Callback):
    """Advance a progress reporter by one for each training step."""

    def __init__(self, reporter: ProgressReporter) -> None:
        """Set the reporter. Its total must be the number of steps of the whole training."""
        super().__init__()
        self._reporter = reporter

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Advance the reporter by this step."""
        self._reporter.advance(1)


@contextmanager
def raw_log(path: Path) -> Iterator[None]:
    """Write the standard output of the block, which is the log of Keras, to a file.

    Lines that are logged still go to the terminal, because their handler keeps the standard output of the process.

    Args:
        path: The file to write. Its parent folders are created, and an existing file is replaced.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", buffering=1) as file, redirect_stdout(file):
        yield
