"""The speed of exported detectors, from the bytes of images to detections."""

import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from statistics import median
from typing import NamedTuple

import tensorflow as tf

from pipeline.errors import PipelineError
from pipeline.serving.loading import load_predictor
from pipeline.serving.predictor import Predictor

BATCH = 8
"""Images in the larger batch."""

SECONDS, RUNS = 0.5, 5
"""A batch is repeated for at least this long and this often, after a first run that is not counted."""


class Speed(NamedTuple):
    """The median time of a batch.

    Attributes:
        single_ms: Of one image, ms.
        batch_ms: Of :data:`BATCH` images, ms.
    """

    single_ms: float
    batch_ms: float


def measured_speeds(paths: Sequence[Path], pictures: Sequence[bytes], threads: int) -> list[Speed]:
    """Measure detectors in a process of its own, because TensorFlow's threads are set before it does anything.

    Args:
        paths: The detectors, as :func:`pipeline.serving.loading.load_predictor` takes them.
        pictures: Image files, of which the first :data:`BATCH` are used. If there are fewer, they are repeated.

    Raises:
        PipelineError: The process was killed.
    """
    enough = [pictures[index % len(pictures)] for index in range(BATCH)]
    context = multiprocessing.get_context("spawn")  # TensorFlow does not work in a forked process
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(_speeds, paths, enough, threads).result()
        except BrokenProcessPool:
            raise PipelineError(
                "the process that measures the speed of the exported files was killed, most likely because memory ran "
                "out; free some memory and run the stage again"
            ) from None


def _speeds(paths: Sequence[Path], pictures: Sequence[bytes], threads: int) -> list[Speed]:
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    speeds = []
    for path in paths:
        predictor = load_predictor(path, threads)
        speeds.append(Speed(_milliseconds(predictor, pictures[:1]), _milliseconds(predictor, pictures)))
    return speeds


def _milliseconds(predictor: Predictor, pictures: Sequence[bytes]) -> float:
    """Return the median time of a batch of image files, ms."""
    predictor.predict_files(pictures)  # builds what is built at the first run
    times: list[float] = []
    while len(times) < RUNS or sum(times) < SECONDS:
        start = time.perf_counter()
        predictor.predict_files(pictures)
        times.append(time.perf_counter() - start)
    return 1000.0 * median(times)
