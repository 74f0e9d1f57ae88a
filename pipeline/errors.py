"""The exception for faults that the user can fix."""

from collections.abc import Iterator
from contextlib import contextmanager


class PipelineError(Exception):
    """A fault in the input, the parameters or the machine that the user can fix.

    Each line of its message names one fault: what is wrong, where, and what to do. A stage or command that raises it
    prints the message and exits with code 1, without a traceback.
    """


def one_line(error: Exception) -> str:
    """Return the message of an error, with each run of white space replaced by one blank."""
    return " ".join(str(error).split())


@contextmanager
def from_extra(extra: str, missing: str, otherwise: str = "") -> Iterator[None]:
    """Say in one line that a package of an extra of the installation is missing. The block imports the package.

    Args:
        extra: The name of the extra in ``pyproject.toml``.
        missing: The beginning of the line, such as "OpenVINO is".
        otherwise: Its end: what to do instead of an installation.

    Raises:
        PipelineError: The package is not installed.
    """
    try:
        yield
    except ImportError:
        raise PipelineError(
            f"{missing} not installed; install it with: pip install -e '.[{extra}]'{otherwise}"
        ) from None
