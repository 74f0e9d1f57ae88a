"""Files that are written completely or not at all, JSON with stable bytes, and stable seeds."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError


@contextmanager
def whole(path: Path, *, directory: bool = False) -> Iterator[Path]:
    """Write an output under a temporary name, and rename it to ``path`` when the block ends without an error.

    If the block raises, or the process is killed, whatever was at ``path`` before stays unchanged.

    Args:
        path: The output file or folder. Its parent folders are created.
        directory: Whether the output is a folder, which is then created empty. It replaces a folder at ``path``.

    Yields:
        The temporary path, a sibling of ``path``, that the block writes to.
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
    """Remove a file, a link or a folder with its contents. Do nothing if ``path`` does not exist."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as JSON: indented, keys in the given order, with a newline at the end.

    The file is written completely or not at all.

    Raises:
        ValueError: ``value`` holds a NaN or an infinity.
    """
    with whole(path) as partial:
        partial.write_text(
            json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
        )


def written_by(stage: str, path: Path) -> Path:
    """Return the path of an input that an earlier stage writes.

    Raises:
        PipelineError: It does not exist, as in a fresh clone.
    """
    if not path.exists():
        raise PipelineError(f"{path}: not found; run the {stage} stage first")
    return path


def read_json(path: Path) -> Any:
    """Return the value in a JSON file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is not JSON.
    """
    return json.loads(path.read_text(encoding="utf-8"))


def stable_seed(*parts: object) -> int:
    """Return a seed in [0, 2**31) that is the same on every machine and in every run.

    Args:
        parts: Values whose ``str`` is the same everywhere, such as numbers and names. Their order counts.
    """
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:4], "big") % 2**31
