"""``labels.txt``: the names of the classes.

The stage convert writes it. The stages finetune, train, detect, evaluate and report read it, and so does the command
``to``.
"""

from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import PipelineError

_FILE = "labels.txt"

NO_CLASS = ""
"""The entry for no class in a column of class names, such as an object that no detection found. It cannot be taken for
a class, because every class has a name, and no two have the same one."""


def write_labels(class_names: Iterable[str], converted: Path) -> None:
    """Write the names of the classes 1..K, a line each."""
    (converted / _FILE).write_bytes("".join(f"{name}\n" for name in class_names).encode())


def read_labels(converted: Path) -> list[str]:
    """Read the names of the classes: line k holds the name of class k.

    Lines end with a line feed alone, as a name may hold any other separator.

    Raises:
        PipelineError: The file is absent, or two classes have the same name, or one has none.
    """
    path = converted / _FILE
    if not path.is_file():
        raise PipelineError(f"{path}: not found; run the convert stage first")
    text = path.read_bytes().decode()
    names = text.removesuffix("\n").split("\n") if text else []
    seen = {NO_CLASS}
    for line, name in enumerate(names, start=1):
        if name in seen:
            problem = f"{name!r} is there already" if name else "a class has no name"
            raise PipelineError(f"{path}, line {line}: {problem}; run the convert stage again")
        seen.add(name)
    return names
