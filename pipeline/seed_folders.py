"""Folders of the trainings of a run that differ in their seed alone."""

from pathlib import Path

_PREFIX = "seed_"


def seed_folder(folder: Path, number: int) -> Path:
    """Return the folder of the training with this number: ``folder`` itself for 1, else ``seed_N`` in it."""
    return folder if number == 1 else folder / f"{_PREFIX}{number}"


def seed_numbers(folder: Path) -> list[int]:
    """Return the numbers of the trainings whose outputs are in a folder, from 1 on without a gap."""
    numbers = [1]
    while seed_folder(folder, numbers[-1] + 1).is_dir():
        numbers.append(numbers[-1] + 1)
    return numbers
