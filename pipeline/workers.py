"""Parallel work in several processes. Results come in the order of the tasks, and only a few are held in memory."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection
from typing import Self, TypeVar

import cv2

from pipeline.errors import PipelineError

Task = TypeVar("Task")

Result = TypeVar("Result")


# Tasks per worker that are queued, running or finished but not yet taken. With three, no worker waits for a task.
_TASKS_PER_WORKER = 3


class Workers:
    """A pool of processes, which are started when it is created.

    Create the pool early: with the start method ``fork``, each worker begins with a copy of this process's memory.
    """

    def __init__(self, count: int) -> None:
        """Start the processes.

        Args:
            count: The number of processes. 0 means one per core. With 1, the work is done in this process.
        """
        self._count = count or cores()
        self._pool: ProcessPoolExecutor | None = None
        if self._count > 1:
            cv2.setNumThreads(
                1
            )  # a forked worker would wait forever for OpenCV's threads, which it does not have
            # A forked worker starts at once and has every module imported. Not every system can fork.
            method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
            context = multiprocessing.get_context(method)
            self._pool = ProcessPoolExecutor(self._count, mp_context=context, initializer=_start_worker)
            self._pool.submit(int).result()  # The pool starts its processes with the first task.

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """Yield ``function(task)`` for each task, in the order of the tasks.

        Args:
            function: A function that can be pickled. An error that it raises is raised here.
            tasks: Values that can be pickled. They are taken as needed, at most three per worker ahead of the results.

        Raises:
            PipelineError: A worker process was killed.
        """
        if self._pool is None:
            yield from map(function, tasks)
            return
        pending: deque[Future[Result]] = deque()
        try:
            for task in tasks:
                pending.append(self._pool.submit(function, task))
                if len(pending) == self._count * _TASKS_PER_WORKER:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except BrokenProcessPool:
            raise PipelineError(
                "a worker process was killed, most likely because memory ran out; "
                "free some memory, or set convert.workers to a lower number if this is the convert stage"
            ) from None

    def __enter__(self) -> Self:
        """Return the pool."""
        return self

    def __exit__(self, *error: object) -> None:
        """Cancel the tasks that have not begun, wait for the others, and stop the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def cores() -> int:
    """Return the number of cores that this process may use, or that the machine has if the system does not say."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start_worker() -> None:
    """Let the parent process handle Ctrl-C, and exit when the parent ends, even if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        sentinel = parent.sentinel
        threading.Thread(target=lambda: connection.wait([sentinel]) and os._exit(1), daemon=True).start()
