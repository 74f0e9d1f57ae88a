"""Progress of long work: a bar on a terminal, lines in a log elsewhere, and one closing line for each result."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, Self

logger = logging.getLogger(__name__)

Clock = Callable[[], float]  # returns s; only differences between two calls count

QUIET_SECONDS = 5.0  # Work that takes less gets no line.

LINE_INTERVAL = 30.0  # s between two lines about the same work, at least


class Display(Protocol):
    """A way to show progress."""

    def advance(self, amount: float) -> None:
        """Add ``amount`` items or bytes to what is done."""

    def close(self) -> None:
        """Stop showing progress."""


class ProgressReporter:
    """Shows how much of some work is done.

    If stderr is a terminal, it shows a bar with the amount done, the total and the time left. Otherwise it logs lines
    at level INFO: the first after 5 s, then at most one every 30 s. The bar disappears when the reporter is closed.
    Use the reporter as a context manager, or call :meth:`close` when the work ends or fails.
    """

    def __init__(
        self, title: str, total: float | None, *, in_bytes: bool = False, clock: Clock = time.monotonic
    ) -> None:
        """Start to report.

        Args:
            title: The work in a few words, such as "checking images".
            total: The number of items or bytes to be done. None means that it is unknown, so no time left is shown.
            in_bytes: Whether amounts are bytes, which are shown in MB.
            clock: The time in s, which the log lines go by.
        """
        self._display: Display = (
            _TerminalBar(title, total, in_bytes)
            if sys.stderr.isatty()
            else _LogLines(title, total, in_bytes, clock)
        )

    def advance(self, amount: float = 1) -> None:
        """Add ``amount`` items or bytes to what is done."""
        self._display.advance(amount)

    def close(self) -> None:
        """Remove the bar from the terminal. A second call does nothing."""
        self._display.close()

    def __enter__(self) -> Self:
        """Return the reporter."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the reporter, whether or not the block raised."""
        self.close()


@contextmanager
def progress_bar(
    title: str, total: float | None, *, in_bytes: bool = False
) -> Iterator[Callable[[float], None]]:
    """Report progress while the block runs. See :class:`ProgressReporter` for what is shown.

    Args:
        title: The work in a few words, such as "checking images".
        total: The number of items or bytes to be done. None means that it is unknown.
        in_bytes: Whether amounts are bytes, which are shown in MB.

    Yields:
        ``advance(amount)``, which adds ``amount`` items or bytes to what is done.
    """
    with ProgressReporter(title, total, in_bytes=in_bytes) as reporter:
        yield reporter.advance


def report_result(what: str, where: Path, seconds: float) -> None:
    """Log the closing line of a stage, unless the work took less than 5 s.

    The line reads "convert: 1,000 images in data/converted, 12 s".

    Args:
        what: The stage and what it made, such as "convert: 1,000 images".
        where: The file or folder that holds the result.
        seconds: How long the work took.
    """
    if seconds >= QUIET_SECONDS:
        logger.info("%s in %s, %s", what, where, duration_text(seconds))


@contextmanager
def timed_result(where: Path, *, clock: Clock = time.monotonic) -> Iterator[Callable[[str], None]]:
    """Measure how long the block takes, and log its closing line with :func:`report_result`.

    If the block raises, or does not say what it made, no line is logged.

    Args:
        where: The file or folder that holds the result.
        clock: The time in s.

    Yields:
        ``done(what)``, to be called in the block with the stage and what it made: ``done("convert: 1,000 images")``.
    """
    start = clock()
    results: list[str] = []
    yield results.append
    if results:
        report_result(results[-1], where, clock() - start)


def duration_text(seconds: float) -> str:
    """Return a duration in its natural unit: "40 s" below 100 s, "12 min" below 100 min, else "2.5 h"."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    if seconds < 99.5 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


class _LogLines:
    """Logs a plain line now and then.

    The time left assumes the mean speed since the first step ended: the first step of a training also compiles it.
    """

    def __init__(self, title: str, total: float | None, in_bytes: bool, clock: Clock) -> None:
        self._title, self._total, self._in_bytes, self._clock = title, total, in_bytes, clock
        self._start = clock()
        self._next_line = self._start + QUIET_SECONDS
        self._done = 0.0
        self._first = 0.0
        self._first_end = self._start

    def advance(self, amount: float) -> None:
        self._done += amount
        now = self._clock()
        if not self._first:
            self._first, self._first_end = self._done, now
        finished = self._total is not None and self._done >= self._total
        if now >= self._next_line and not finished:
            self._next_line = now + LINE_INTERVAL
            logger.info("%s", self._line(now))

    def close(self) -> None:
        pass

    def _line(self, now: float) -> str:
        done, unit = self._number(self._done), " MB" if self._in_bytes else ""
        if self._total is None:
            return f"{self._title}: {done}{unit}, {duration_text(now - self._start)} so far"
        total = self._number(self._total)
        if self._done == self._first:
            return f"{self._title}: {done} of {total}{unit}"
        left = (now - self._first_end) * (self._total - self._done) / (self._done - self._first)
        return f"{self._title}: {done} of {total}{unit}, {duration_text(left)} left"

    def _number(self, amount: float) -> str:
        return f"{amount / 1e6 if self._in_bytes else amount:,.0f}"


class _TerminalBar:
    """Shows a bar on stderr, which disappears when it is closed."""

    def __init__(self, title: str, total: float | None, in_bytes: bool) -> None:
        from rich import progress
        from rich.console import Console

        amount = (
            (progress.DownloadColumn(), progress.TransferSpeedColumn())
            if in_bytes
            else (progress.MofNCompleteColumn(),)
        )
        self._bar = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            *amount,
            progress.TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task(title, total=total)
        self._bar.start()

    def advance(self, amount: float) -> None:
        self._bar.advance(self._task, amount)

    def close(self) -> None:
        self._bar.stop()
