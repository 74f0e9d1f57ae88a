"""Batches of the images of several requests, which one thread runs."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import NamedTuple

from pipeline.serving.http.images import EncodedImage
from pipeline.serving.prediction import Prediction

LINGER_S = 0.004
"""How long the first image of a batch waits for others, when the thread is idle."""

logger = logging.getLogger(__name__)


class _Waiting(NamedTuple):
    """An image in the queue, and what its request waits for."""

    image: EncodedImage
    arrived: float
    result: Future[Prediction]


class QueueFullError(Exception):
    """The queue has no room for the images of a request."""


class ModelError(Exception):
    """The model failed on an image."""


class Batcher:
    """Runs a model on the images of several requests at a time, in a thread of its own."""

    def __init__(
        self,
        run: Callable[[Sequence[bytes]], list[Prediction]],
        largest: int,
        most_pixels: int,
        capacity: int,
        ran: Callable[[int], None],
    ) -> None:
        """Start the thread.

        Args:
            run: Runs the model on the contents of image files.
            largest: Most images in a batch.
            most_pixels: Most pixels of all images of a batch. An image with more is a batch of its own.
            capacity: Most images that wait.
            ran: Called after each batch, with its number of images.
        """
        self._run, self._largest, self._most_pixels, self._capacity = run, largest, most_pixels, capacity
        self._ran = ran
        self._queue: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="batches", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs and takes images."""
        return self._thread.is_alive() and not self._closing

    @property
    def waiting(self) -> int:
        """How many images wait."""
        return len(self._queue)

    def submit(self, images: Sequence[EncodedImage]) -> list[Future[Prediction]]:
        """Put the images of a request in the queue, all or none.

        Raises:
            QueueFullError: There is no room for them, or the batcher is closed.
        """
        now = time.monotonic()
        with self._changed:
            if self._closing or len(self._queue) + len(images) > self._capacity:
                raise QueueFullError
            waiting = [_Waiting(image, now, Future()) for image in images]
            self._queue.extend(waiting)
            self._changed.notify()
        return [each.result for each in waiting]

    def close(self) -> None:
        """Run what is in the queue, and end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while batch := self._next_batch():
            wanted = [each for each in batch if each.result.set_running_or_notify_cancel()]
            if wanted:
                self._answer(wanted)
                self._ran(len(wanted))
            batch.clear()  # the thread holds no image while it waits
            wanted.clear()

    def _next_batch(self) -> list[_Waiting]:
        """Wait for images, and take a batch of them out of the queue; none when the batcher closes."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing)
            if not self._queue:
                return []
            left = self._queue[0].arrived + LINGER_S - time.monotonic()
            self._changed.wait_for(lambda: len(self._queue) >= self._largest or self._closing, max(left, 0))
            batch = [self._queue.popleft()]
            pixels = batch[0].image.pixels
            while self._queue and len(batch) < self._largest:
                pixels += self._queue[0].image.pixels
                if pixels > self._most_pixels:
                    break
                batch.append(self._queue.popleft())
            return batch

    def _answer(self, batch: Sequence[_Waiting]) -> None:
        """Run the model on a batch. If that fails, run it on each image, so that only one request fails."""
        try:
            predictions = self._run([each.image.data for each in batch])
        except Exception:  # whatever a model raises, the thread goes on
            if len(batch) > 1:
                for each in batch:
                    self._answer([each])
                return
            logger.exception("the model failed on an image of %d bytes", len(batch[0].image.data))
            batch[0].result.set_exception(ModelError())
            return
        for each, prediction in zip(batch, predictions, strict=True):
            each.result.set_result(prediction)
