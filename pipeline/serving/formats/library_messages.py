"""Silence of converters and runtimes, which print about themselves what no user of this project can act on."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hidden_messages() -> Iterator[None]:
    """Hide what is written to the standard error while the block runs, also by libraries in C++. Errors are raised."""
    sys.stderr.flush()
    stderr = os.dup(2)
    try:
        with open(os.devnull, "w", encoding="utf-8") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(stderr, 2)
        os.close(stderr)
