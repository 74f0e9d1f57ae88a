"""The shell around every stage: arguments from the command line, checked parameters, errors as one line."""

import argparse
import errno
import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.params.load import load_params

# No right to read or write, no room, no further files: the user can mend these, and no traceback helps.
_OF_THE_MACHINE = {errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EMFILE}


def stage_main(run: Callable[..., None]) -> None:
    """Run a stage from the command line and exit: 0 when done, 1 with one clear line when it cannot be.

    Args:
        run: ``run(params, *, name: Path, ...)``; each keyword-only parameter becomes a required ``--name PATH``.
    """
    parser = argparse.ArgumentParser(description=inspect.getdoc(inspect.getmodule(run)))
    for name, parameter in inspect.signature(run).parameters.items():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            parser.add_argument(f"--{name.replace('_', '-')}", type=Path, required=True, metavar="PATH")
    paths = vars(parser.parse_args())
    exit_with(lambda: run(load_params(), **paths))


def exit_with(action: Callable[[], None]) -> None:
    """Do ``action`` and exit the process: 0, 1 for a fault the user can mend, 130 interrupted, 141 nobody reads on."""
    try:
        action()
    except PipelineError as error:
        for line in str(error).splitlines():
            print(f"error: {line}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:  # whoever read the output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        if error.errno not in _OF_THE_MACHINE:
            raise
        print(f"error: {error.filename or 'writing'}: {error.strerror}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("interrupted; nothing half-written was kept", file=sys.stderr)
        sys.exit(130)
    sys.exit(0)
