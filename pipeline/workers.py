"""Work spread over processes: results in the order of the tasks, few of them in memory at a time."""

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

from pipeline.errors import PipelineError

Task = TypeVar("Task")

Result = TypeVar("Result")


# So many tasks are on their way to, in and from each worker: enough that none waits.
_TASKS_A_WORKER = 3


class Workers:
    """A pool of processes, started at once; early is best, as each is a copy of this process."""

    def __init__(self, count: int) -> None:
        """Start ``count`` processes, or one a core for 0; for 1 the work is done in this process."""
        self._count = count or _cores()
        self._pool: ProcessPoolExecutor | None = None
        if self._count > 1:
            # fork, where there is: a worker starts at once, with everything imported
            method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
            context = multiprocessing.get_context(method)
            self._pool = ProcessPoolExecutor(self._count, mp_context=context, initializer=_start_worker)
            self._pool.submit(int).result()  # the pool starts its processes with the first task

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """Yield ``function(task)`` for each task, in their order.

        Raises:
            PipelineError: a process was killed.
        """
        if self._pool is None:
            yield from map(function, tasks)
            return
        pending: deque[Future[Result]] = deque()
        try:
            for task in tasks:
                pending.append(self._pool.submit(function, task))
                if len(pending) == self._count * _TASKS_A_WORKER:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except BrokenProcessPool:
            said = "a worker process was killed, most likely for want of memory"
            raise PipelineError(said) from None

    def __enter__(self) -> Self:
        """Give the pool."""
        return self

    def __exit__(self, *error: object) -> None:
        """Stop the processes; tasks that have not begun are dropped."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _cores() -> int:
    """Return how many cores this process may use, where the system says, else how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start_worker() -> None:
    """Leave Ctrl-C to the parent process, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        sentinel = parent.sentinel
        threading.Thread(target=lambda: connection.wait([sentinel]) and os._exit(1), daemon=True).start()
