"""Event files for TensorBoard."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from pipeline.training.log.destination import PeriodValues


class EventFiles:
    """Writes the values and the pictures as event files.

    Train and val are two runs of TensorBoard, in the folders ``train`` and ``val``, so that values of the same name
    share a chart. The learning rates and the speed belong to the run of train, the pictures to that of val.
    """

    def __init__(self, folder: Path) -> None:
        """Start new event files, and delete those of an earlier training in ``folder``."""
        for old in folder.glob("*/events.out.tfevents.*"):
            old.unlink()
        folder.mkdir(parents=True, exist_ok=True)
        self._train, self._val = (
            tf.summary.create_file_writer(str(folder / run)) for run in ("train", "val")
        )

    def write(self, values: PeriodValues) -> None:
        """Write the values, so that a running TensorBoard sees them at once."""
        rates = {f"rate/{name}": rate for name, rate in values.rates.items()}
        speed = {"images_per_second": values.images_per_second}
        for writer, scalars in ((self._train, {**values.train, **rates, **speed}), (self._val, values.val)):
            with writer.as_default(values.step):
                for name, value in scalars.items():
                    tf.summary.scalar(name, value)
            writer.flush()

    def show(self, step: int, pictures: Mapping[str, np.ndarray]) -> None:
        """Write the pictures, each under its name."""
        with self._val.as_default(step):
            for name, picture in pictures.items():
                tf.summary.image(name, picture[None])

    def close(self, complete: bool) -> None:
        """Close the files."""
        self._train.close()
        self._val.close()
