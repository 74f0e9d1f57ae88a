"""What the machine offers to a training."""

import os
from typing import NamedTuple

import psutil


class Machine(NamedTuple):
    """The machine.

    Attributes:
        cores: Number of cores that this process may use.
        gpus: Number of GPUs that TensorFlow sees.
        memory: Memory that is free for programs, GB.
    """

    cores: int
    gpus: int
    memory: float

    def __str__(self) -> str:
        """Return a description for the user."""
        gpus = f"{self.gpus} GPU{'s' if self.gpus != 1 else ''}" if self.gpus else "no GPU"
        return (
            f"{self.cores} core{'s' if self.cores != 1 else ''}, {gpus}, {self.memory:.0f} GB of free memory"
        )


def this_machine() -> Machine:
    """Return what this machine offers."""
    import tensorflow as tf  # imported here, because it takes seconds

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    gpus = len(tf.config.list_physical_devices("GPU"))
    return Machine(cores, gpus, psutil.virtual_memory().available / 1e9)
