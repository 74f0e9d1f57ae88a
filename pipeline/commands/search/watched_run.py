"""The run of a trial, which is watched and can be ended before it is done."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, Literal, NoReturn

from pipeline.artifacts import remove
from pipeline.experiments import start_experiment

LOG = Path("logs/search.log")
"""What DVC and the stages of all trials print."""

EXPERIMENTS = Path(".dvc/tmp/exps/standalone")
"""Where DVC makes a folder for each experiment that runs with ``--temp``."""

CURVE = Path("plots/metrics/val/mAP.tsv")
"""The val mAP of a training, in the folder of its learning curves."""

PARTIAL_CURVE = Path("metrics/.train.partial") / CURVE
"""The same while it is trained; see :func:`pipeline.artifacts.whole`."""

POLL_SECONDS = 1.0
GRACE_SECONDS = 20.0
"""Time that a run has to remove its folder after it was interrupted, before it is killed."""

Ending = Literal["done", "failed", "hopeless", "late"]


def run_watched(
    name: str,
    changes: dict[str, Any],
    targets: Sequence[str],
    *,
    hopeless: Callable[[dict[int, float]], bool],
    deadline: float,
) -> Ending:
    """Run an experiment until it is done, fails, is hopeless, or the time is over.

    Args:
        name: The name of the experiment.
        changes: Dotted key -> value.
        targets: The stages that are run.
        hopeless: Steps -> val mAP so far, in [0, 1] -> whether the run is to be ended. It is called after each
            evaluation.
        deadline: When the run is ended, in seconds of ``time.monotonic``.

    Returns:
        How it ended. Only a run that is done leaves an experiment.
    """
    LOG.parent.mkdir(exist_ok=True)
    before = _folders()
    seen: dict[int, float] = {}
    with LOG.open("ab") as log, _ended_with(start_experiment(name, changes, targets, log), before) as process:
        while process.poll() is None:
            if time.monotonic() >= deadline:
                return "late"
            for folder in _folders() - before:
                curve = read_curve(folder / PARTIAL_CURVE)
                if len(curve) > len(seen):
                    seen = curve
                    if hopeless(curve):
                        return "hopeless"
            time.sleep(POLL_SECONDS)
    return "failed" if process.returncode else "done"


def read_curve(path: Path) -> dict[int, float]:
    """Read a curve of DVCLive, also while it is written.

    Returns:
        Steps -> value; empty if there is no file yet.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    lines = text[: text.rfind("\n") + 1].splitlines()[1:]  # the last line may be written in part
    return {int(step): float(value) for step, value in (line.split("\t") for line in lines)}


@contextmanager
def sigterm_interrupts() -> Iterator[None]:
    """Let SIGTERM end a block as Ctrl-C does, so that no training goes on by itself."""

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _ended_with(process: subprocess.Popen[bytes], before: set[Path]) -> Iterator[subprocess.Popen[bytes]]:
    """End a process group and remove its experiment's folder if it still runs at the end of the block.

    Args:
        before: The folders of experiments that were there before.
    """
    try:
        yield process
    finally:
        if process.poll() is None:
            _signal_group(process, signal.SIGINT)  # on which DVC and the stage remove what is incomplete
            try:
                process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                _signal_group(process, signal.SIGKILL)
                process.wait()
            for folder in _folders() - before:
                remove(folder)


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # it ended by itself
        os.killpg(process.pid, number)


def _folders() -> set[Path]:
    """Return the folders of the experiments that run now; that of DVC's notes is no experiment."""
    return {path for path in EXPERIMENTS.glob("tmp*") if path.is_dir()}
