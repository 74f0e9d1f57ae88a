"""The learning curves in DVCLive's format, which are an output of the stage."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from dvclive import Live

from pipeline.training.log.destination import PeriodValues


class Curves:
    """Writes the curves and the last values to a folder, and no other file.

    The speed is left out, because equal runs must give equal outputs.
    """

    def __init__(self, folder: Path) -> None:
        """Open the log in ``folder``."""
        self._live = Live(str(folder), save_dvc_exp=False, dvcyaml=None, report=None, monitor_system=False)

    def write(self, values: PeriodValues) -> None:
        """Write the values, rounded to 6 significant digits, so that small learning rates keep theirs."""
        self._live.step = values.step
        for name, value in values.reproducible().items():
            self._live.log_metric(name, float(f"{value:.6g}"))
        self._live.next_step()

    def show(self, step: int, pictures: Mapping[str, np.ndarray]) -> None:
        """Leave the pictures out."""

    def close(self, complete: bool) -> None:
        """Write the last values."""
        self._live.end()
