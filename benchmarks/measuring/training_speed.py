"""The speed of a training, with its inputs."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CONVERTED = Path("data/converted")
UNTIMED_STEPS = 5


def training_steps(model: Any, settings: Any) -> Iterator[dict[str, float]]:
    """Train a detector as the train stage does: yield the losses of each step.

    Args:
        model: A :class:`pipeline.models.detectors.base.Detector`, whose frozen layers are frozen already.
        settings: The section ``train``.
    """
    from pipeline.inputs.scenes import training_batches
    from pipeline.training.recipes import compiled_learner, schedule_of

    batches = training_batches(CONVERTED, model.encode, settings, 1, steps=settings.steps, mask_crop=0)
    step = compiled_learner(model, settings, schedule_of(settings)).make_train_function()
    stream = iter(batches)
    while True:
        yield {name: float(value) for name, value in step(stream).items()}


def images_per_second(stream: Iterator[Any], steps: int, batch: int) -> float:
    """Do the untimed steps of a training, then time the others."""
    for _ in range(UNTIMED_STEPS):
        next(stream)
    start = time.perf_counter()
    for _ in range(steps):
        next(stream)
    return steps * batch / (time.perf_counter() - start)
