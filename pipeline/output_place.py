"""A place that the user named for an output: whether it can be taken, in one line if not."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import PipelineError


@contextmanager
def output_place(place: str, advice: str) -> Iterator[None]:
    """Say in one line that a place cannot be written to. The block writes there, and reads no other file.

    Args:
        place: The place as the user gave it, such as ``--html x/page.html``.
        advice: What to do, such as "name another folder".

    Raises:
        PipelineError: The block finds that the place does not exist, or is a file instead of a folder or the other
            way round.
    """
    try:
        yield
    except (FileExistsError, FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise PipelineError(f"{place}: {error.strerror}; {advice}") from None


def is_free(folder: Path) -> bool:
    """Return whether a folder is empty or does not exist."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def refuse_used(folder: Path) -> None:
    """Raise an error if a folder is not empty, or is a file."""
    if not is_free(folder):
        raise PipelineError(f"{folder}: exists and is not empty; name a new or an empty folder")
