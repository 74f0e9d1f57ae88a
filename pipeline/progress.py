"""A progress bar on stderr, for a person at a terminal only: logs and pipes stay free of it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(
    title: str, total: float | None, *, in_bytes: bool = False
) -> Iterator[Callable[[float], None]]:
    """Show a bar while the block runs; give the function that moves it on.

    Args:
        title: What is under way.
        total: Where it ends, in items or bytes; None where that is not known.
        in_bytes: Show amount and speed in bytes.
    """
    if not sys.stderr.isatty():
        yield lambda amount: None
        return
    from rich import progress
    from rich.console import Console

    amount = (
        (progress.DownloadColumn(), progress.TransferSpeedColumn())
        if in_bytes
        else (progress.MofNCompleteColumn(),)
    )
    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        *amount,
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda amount: bar.advance(task, amount)
