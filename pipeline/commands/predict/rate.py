"""Pictures a second of a run."""

import time


class Rate:
    """Measures how fast pictures are done, without the first batch, in which the model gets ready."""

    def __init__(self) -> None:
        """Start the clock."""
        self._since = time.perf_counter()
        self._batches, self._count, self._detecting = 0, 0, 0.0

    def add(self, count: int, seconds: float) -> None:
        """Add a batch that is done.

        Args:
            count: The number of its pictures.
            seconds: How long the detection took.
        """
        self._batches += 1
        self._count += count
        self._detecting += seconds
        if self._batches == 1:
            self._elapsed, self._first = time.perf_counter() - self._since, (count, seconds)

    def text(self, unit: str) -> str:
        """Return the rates in words.

        Args:
            unit: What is counted, such as "frames".
        """
        elapsed = time.perf_counter() - self._since
        if self._batches == 1:
            return f"{self._count} in {elapsed:.1f} s, in which the model got ready"
        elapsed, count = elapsed - self._elapsed, self._count - self._first[0]
        detecting = self._detecting - self._first[1]
        return f"detection {count / detecting:.1f} {unit}/s, with reading and writing {count / elapsed:.1f} {unit}/s"
