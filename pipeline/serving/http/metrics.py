"""Counts and times of the server, in the text format of Prometheus."""

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

import psutil

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the buckets of the time of a request."""

IMAGES = (1, 2, 4, 8, 16, 32)
"""Upper bounds of the buckets of the images in a batch."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Histogram:
    """Observed values, counted by buckets."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def lines(self, name: str) -> Iterator[str]:
        """Yield the samples: the count up to each bound, the sum and the count of all."""
        total = 0
        for bound, count in zip((*self._bounds, "+Inf"), self._counts, strict=True):
            total += count
            yield f'{name}_bucket{{le="{bound}"}} {total}'
        yield f"{name}_sum {self._sum:.6f}"
        yield f"{name}_count {total}"


class Metrics:
    """What a server counts. Several threads may count at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._images: Counter[bool] = Counter()
        self._seconds = Histogram(SECONDS)
        self._batches = Histogram(IMAGES)

    def answered(self, path: str, code: int, seconds: float) -> None:
        """Count a request.

        Args:
            path: Its path, one of those that the server has.
            code: The status code of its answer.
            seconds: How long it took.
        """
        with self._lock:
            self._requests[path, code] += 1
            self._seconds.observe(seconds)

    def predicted(self, valid: Sequence[bool]) -> None:
        """Count the images of a request by whether they could be decoded."""
        with self._lock:
            self._images.update(valid)

    def ran(self, images: int) -> None:
        """Count a batch by its number of images."""
        with self._lock:
            self._batches.observe(images)

    def text(self, waiting: int) -> str:
        """Return all metrics in Prometheus' text format. ``waiting`` is how many images wait."""
        with self._lock:
            requests = [
                f'http_requests_total{{path="{path}",code="{code}"}} {count}'
                for (path, code), count in sorted(self._requests.items())
            ]
            images = [
                f'detector_images_total{{valid="{str(valid).lower()}"}} {self._images[valid]}'
                for valid in (True, False)
            ]
            families = [
                ("http_requests_total", "counter", "Answered requests by path and status code.", requests),
                (
                    "http_request_duration_seconds",
                    "histogram",
                    "Time from the head of a request to the end of its answer.",
                    list(self._seconds.lines("http_request_duration_seconds")),
                ),
                ("detector_images_total", "counter", "Images by whether they could be decoded.", images),
                (
                    "detector_batch_images",
                    "histogram",
                    "Images in a batch that the model ran on.",
                    list(self._batches.lines("detector_batch_images")),
                ),
                _gauge("detector_queue_images", "Images that wait for the model.", waiting),
                _gauge(
                    "process_resident_memory_bytes",
                    "Memory of the server.",
                    psutil.Process().memory_info().rss,
                ),
            ]
        return "".join(
            f"# HELP {name} {help_text}\n# TYPE {name} {kind}\n" + "".join(f"{line}\n" for line in lines)
            for name, kind, help_text, lines in families
        )


def _gauge(name: str, help_text: str, value: int) -> tuple[str, str, str, list[str]]:
    return name, "gauge", help_text, [f"{name} {value}"]
