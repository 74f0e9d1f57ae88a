"""``labels.txt``: the names of the classes."""

from pathlib import Path


def class_names(converted: Path) -> list[str]:
    """Read ``labels.txt``: the name on line k is class id k."""
    return (converted / "labels.txt").read_text(encoding="utf-8").splitlines()
