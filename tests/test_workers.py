"""Work in several processes: the order of the results, errors, and workers that are killed."""

import os
import signal
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from pipeline.errors import PipelineError
from pipeline.workers import Workers


def square(number: int) -> int:
    return number * number


def refuse(number: int) -> int:
    raise ValueError(f"no {number}")


def die(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("count", [1, 2])
def test_results_come_in_the_order_of_the_tasks(count: int) -> None:
    with Workers(count) as workers:
        assert list(workers.map(square, range(50))) == [number * number for number in range(50)]
        assert list(workers.map(square, [])) == []


def test_tasks_are_taken_as_needed() -> None:
    taken = 0

    def tasks() -> Iterator[int]:
        nonlocal taken
        for number in range(1, 101):
            taken = number
            yield number

    with Workers(2) as workers:
        results = workers.map(square, tasks())
        assert next(results) == 1
        assert taken <= 2 * 3


@pytest.mark.parametrize("count", [1, 2])
def test_the_error_of_a_task_is_raised_here(count: int) -> None:
    with Workers(count) as workers, pytest.raises(ValueError, match="no 7"):
        list(workers.map(refuse, [7]))


def test_a_killed_worker_is_a_fault_with_a_remedy() -> None:
    with (
        Workers(2) as workers,
        pytest.raises(PipelineError, match=r"worker process was killed.*convert\.workers"),
    ):
        list(workers.map(die, [1]))


def use_opencv(side: int) -> int:
    cv2.setNumThreads(1)
    return int(cv2.blur(np.ones((side, side), np.uint8), (3, 3)).sum())


def test_workers_use_opencv_after_this_process_did_with_several_threads() -> None:
    cv2.setNumThreads(4)
    cv2.GaussianBlur(np.zeros((2000, 2000, 3), np.uint8), (31, 31), 5)  # starts OpenCV's threads
    with Workers(2) as workers:
        assert list(workers.map(use_opencv, [10, 20])) == [100, 400]
