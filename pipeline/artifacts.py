"""What stages leave on disk: whole or absent, the same bytes for the same values; and the seeds they start from."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def whole(path: Path, *, directory: bool = False) -> Iterator[Path]:
    """Give a temporary sibling of ``path`` to write to, and rename it into place when the block ends well.

    A block that raises, or a process that is killed, leaves what stood at ``path`` as it was.

    Args:
        path: The output, a file or (``directory``) a folder, which is made; parents are made too.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    remove(partial)
    if directory:
        partial.mkdir()
    try:
        yield partial
    except BaseException:
        remove(partial)
        raise
    if directory:
        remove(path)
    os.replace(partial, path)


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON: keys in the order given, a newline at the end, whole or not at all."""
    with whole(path) as partial:
        partial.write_text(
            json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
        )


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def stable_seed(*parts: object) -> int:
    """Derive a seed in [0, 2**31) from any parts with a stable ``str``: the same on every machine and run."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:4], "big") % 2**31
