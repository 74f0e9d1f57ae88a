"""``labels.txt``: the names of the classes.

The stage convert writes it. The stages finetune, train, detect, evaluate and report read it, and so does the command
``to``.
"""

from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import PipelineError

_FILE = "labels.txt"


def write_labels(class_names: Iterable[str], converted: Path) -> None:
    """Write the names of the classes 1..K, a line each."""
    (converted / _FILE).write_bytes("".join(f"{name}\n" for name in class_names).encode())


def read_labels(converted: Path) -> list[str]:
    """Read the names of the classes: line k holds the name of class k.

    Lines end with a line feed alone, as a name may hold any other separator.

    Raises:
        PipelineError: The file is absent.
    """
    path = converted / _FILE
    if not path.is_file():
        raise PipelineError(f"{path}: not found; run the convert stage first")
    text = path.read_bytes().decode()
    return text.removesuffix("\n").split("\n") if text else []
