"""Damage sound datasets of every format at random: only a table or one clear line may result.

Any other exception, a hang, and a file that is opened outside the dataset's folder are failures. The seed of a failure
is printed, so that it can be repeated.

    python -m tools.fuzz [--seconds 600] [--format voc] [--seed 1]
"""

import argparse
import io
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from pipeline.datasets.conversion.check_images import check_images
from pipeline.datasets.conversion.prepare import read_dataset
from pipeline.datasets.formats import FORMATS
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.errors import PipelineError
from pipeline.params.load import load_params
from pipeline.workers import Workers
from tools.fuzz.by_tool import BY_TOOL
from tools.fuzz.damage import damaged
from tools.fuzz.published import PUBLISHED
from tools.fuzz.sound import SOUND

PARAMS = load_params(Path(__file__).parents[2] / "params.yaml")


SECONDS_A_RUN = 10


ALLOWED = (sys.prefix, sys.base_prefix, "/proc/", "/dev/", "/sys/", "/usr/")  # Python's own files


class LeftFolderError(Exception):
    """A file outside the dataset's folder was opened."""


class Watch:
    """Records the files that are opened while a dataset is read."""

    def __init__(self) -> None:
        self.folder: str | None = None
        self.outside: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and self.folder and isinstance(arguments[0], str | bytes):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if not path.startswith((self.folder, *ALLOWED)) and not path.endswith((".py", ".pyc", ".so")):
                self.outside.append(path)


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Raise ``TimeoutError`` when the block takes longer."""

    def stop(number: int, stack: Any) -> None:
        raise TimeoutError(f"it took more than {seconds} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def attempt(name: str, seed: int, watch: Watch) -> tuple[str, list[str]]:
    """Read one damaged dataset; return "table" or "refused", and the faults that were found."""
    rng = random.Random(f"{name} {seed}")
    dataset = PARAMS.dataset.model_copy(update={"format": rng.choice((name, "auto"))})
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary).resolve()
        for file, data in damaged((SOUND | BY_TOOL | PUBLISHED)[name](), rng).items():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_bytes(data)
        watch.folder, watch.outside = str(root), []
        try:
            with limited(SECONDS_A_RUN), redirect_stdout(io.StringIO()), Workers(1) as workers:
                table = read_dataset(DatasetFolder(root), dataset, PARAMS.convert, seed=1, workers=workers)
                table = check_images(root, table, PARAMS.convert, workers, None)
        except PipelineError as error:
            if not str(error).strip() or "\n" in str(error):
                raise AssertionError(f"not one line: {error!r}") from None
            return "refused", []
        finally:
            watch.folder = None
            if watch.outside:
                raise LeftFolderError(", ".join(watch.outside))
        return "table", [issue.fault.name for issue in table.issues]


def fuzz(names: list[str], seconds: float, first_seed: int) -> bool:
    """Damage datasets for a time, one format after the other; print the outcomes; return whether nothing failed."""
    watch, start, seed = Watch(), time.monotonic(), first_seed
    outcomes = {name: Counter[str]() for name in names}
    faults = {name: Counter[str]() for name in names}
    slowest = dict.fromkeys(names, 0.0)
    sound = True
    while time.monotonic() - start < seconds:
        for name in names:
            begun = time.monotonic()
            try:
                outcome, found = attempt(name, seed, watch)
            except Exception as error:
                sound, outcome, found = False, "BROKEN", []
                print(f"{name}, seed {seed}: {type(error).__name__}: {error}", flush=True)
            outcomes[name][outcome] += 1
            faults[name].update(set(found))
            slowest[name] = max(slowest[name], time.monotonic() - begun)
        seed += 1
    for name in names:
        kinds = len(faults[name])
        print(f"{name:<13} {dict(outcomes[name])}, {kinds} kinds of fault, slowest {slowest[name]:.2f} s")
    print(
        f"{sum(sum(outcome.values()) for outcome in outcomes.values())} datasets in {time.monotonic() - start:.0f} s"
    )
    return sound


def main() -> None:
    """Fuzz as the command line says; exit code 1 if anything broke."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--format", choices=FORMATS)
    parser.add_argument("--seed", type=int, default=1, help="of the first dataset")
    options = parser.parse_args()
    sys.exit(not fuzz([options.format] if options.format else list(FORMATS), options.seconds, options.seed))
