"""Progress in a log and on a terminal, by a clock that the test sets."""

import io
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.progress import ProgressReporter, duration_text, progress_bar, report_result, timed_result


class FakeClock:
    """A clock that stands still until the test sets it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level(logging.INFO, logger="pipeline.progress")
    return lambda: [record.getMessage() for record in caplog.records]


def run(
    clock: FakeClock,
    steps: int,
    seconds: float,
    *,
    total: float | None,
    amount: float = 1,
    in_bytes: bool = False,
) -> None:
    with ProgressReporter("checking images", total, in_bytes=in_bytes, clock=clock) as reporter:
        for _ in range(steps):
            clock.now += seconds
            reporter.advance(amount)


def test_short_work_logs_nothing(clock: FakeClock, logged: Callable[[], list[str]]) -> None:
    run(clock, 49, 0.1, total=100)
    assert logged() == []


def test_the_first_line_comes_after_5_s_and_the_next_after_30_s_each(
    clock: FakeClock, logged: Callable[[], list[str]]
) -> None:
    run(clock, 70, 1, total=5000, amount=50)
    assert logged() == [
        "checking images: 250 of 5,000, 95 s left",
        "checking images: 1,750 of 5,000, 65 s left",
        "checking images: 3,250 of 5,000, 35 s left",
    ]


def test_the_last_step_logs_no_line(clock: FakeClock, logged: Callable[[], list[str]]) -> None:
    run(clock, 2, 10, total=2)
    assert logged() == ["checking images: 1 of 2"]


def test_an_unknown_total_has_no_time_left(clock: FakeClock, logged: Callable[[], list[str]]) -> None:
    run(clock, 1, 200, total=None, amount=1200)
    assert logged() == ["checking images: 1,200, 3 min so far"]


def test_a_slow_first_step_does_not_count_for_the_time_left(
    clock: FakeClock, logged: Callable[[], list[str]]
) -> None:
    with ProgressReporter("training", 101, clock=clock) as reporter:
        for seconds in (40, 15, 15):
            clock.now += seconds
            reporter.advance()
    assert logged() == ["training: 1 of 101", "training: 3 of 101, 24 min left"]


def test_bytes_are_shown_in_mb(clock: FakeClock, logged: Callable[[], list[str]]) -> None:
    run(clock, 2, 4, total=2e9, amount=500e6, in_bytes=True)
    run(clock, 1, 10, total=None, amount=500e6, in_bytes=True)
    assert logged() == [
        "checking images: 1,000 of 2,000 MB, 8 s left",
        "checking images: 500 MB, 10 s so far",
    ]


def test_nothing_done_yet_has_no_time_left(clock: FakeClock, logged: Callable[[], list[str]]) -> None:
    run(clock, 1, 10, total=3, amount=0)
    assert logged() == ["checking images: 0 of 3"]


def test_a_log_has_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("drawing", 3) as advance:
        for _ in range(3):
            advance(1)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("in_bytes", [False, True])
def test_a_terminal_has_a_bar_and_no_lines(
    monkeypatch: pytest.MonkeyPatch, clock: FakeClock, logged: Callable[[], list[str]], in_bytes: bool
) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    run(clock, 3, 100, total=4, in_bytes=in_bytes)
    assert "checking images" in terminal.getvalue()
    assert ("3/4 bytes" if in_bytes else "3/4") in terminal.getvalue()
    assert logged() == []


def test_a_reporter_may_be_closed_twice(clock: FakeClock) -> None:
    reporter = ProgressReporter("training", 10, clock=clock)
    reporter.advance()
    reporter.close()
    reporter.close()


def test_a_result_is_one_line_unless_it_took_less_than_5_s(logged: Callable[[], list[str]]) -> None:
    report_result("convert: 1,000 images", Path("data/converted"), 4.9)
    report_result("convert: 1,000 images", Path("data/converted"), 12.4)
    assert logged() == ["convert: 1,000 images in data/converted, 12 s"]


def test_a_timed_result_measures_its_block(clock: FakeClock, logged: Callable[[], list[str]]) -> None:
    with timed_result(Path("data/raw"), clock=clock) as done:
        clock.now += 61
        done("download: 7 files")
    assert logged() == ["download: 7 files in data/raw, 61 s"]


def test_a_block_that_raises_or_says_nothing_has_no_result(
    clock: FakeClock, logged: Callable[[], list[str]]
) -> None:
    with pytest.raises(KeyError), timed_result(Path("data/raw"), clock=clock) as done:
        clock.now += 61
        done("download: 7 files")
        raise KeyError
    with timed_result(Path("data/raw"), clock=clock):
        clock.now += 61
    assert logged() == []


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (99.4, "99 s"), (99.5, "2 min"), (5900, "98 min"), (9000, "2.5 h")],
)
def test_durations_have_their_natural_unit(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
