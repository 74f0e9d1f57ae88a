"""Errors of a place that the user named for an output, as one line."""

from collections.abc import Iterator
from contextlib import contextmanager

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
