"""The shell around every stage and command: arguments, parameters, log lines, and errors as one line."""

import argparse
import errno
import inspect
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from pipeline.errors import PipelineError
from pipeline.params.base import Section
from pipeline.params.load import PARAMS_FILE, load_params
from pipeline.params.paths import experiment_faults
from pipeline.params.schema import Params

# The user can do something about these: no right to read or write, no space left, too many open files.
_OF_THE_MACHINE = {errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EMFILE}


def stage_main(run: Callable[..., None]) -> None:
    """Run a stage from the command line and exit: with 0 when it is done, with 1 and one line when it fails.

    In the folder of an experiment, it fails at once if files that a stage reads are not there.

    Args:
        run: ``run(train: Train, seed: int, *, converted: Path, ...)``. A positional parameter takes the section, or
            the single value, of ``params.yaml`` that has its name; see :func:`select`. A keyword-only parameter
            becomes a required argument ``--name PATH`` of the command line.
    """
    parser = argparse.ArgumentParser(description=inspect.getdoc(inspect.getmodule(run)))
    for parameter in inspect.signature(run).parameters.values():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            name = parameter.name.replace("_", "-")
            parser.add_argument(f"--{name}", type=Path, required=True, metavar="PATH")
    paths = vars(parser.parse_args())

    def action() -> None:
        params = load_params()
        if faults := experiment_faults(params, Path.cwd()):
            raise PipelineError("\n".join(f"{PARAMS_FILE}: {fault}" for fault in faults))
        call(run, params, **paths)

    exit_with(action)


def call(run: Callable[..., None], params: Params, **paths: Path) -> None:
    """Call a stage's ``run`` with the sections of ``params`` that it asks for, and with its paths."""
    parameters = inspect.signature(run).parameters.values()
    run(
        *(select(params, each.name, each.annotation) for each in parameters if each.name not in paths),
        **paths,
    )


def select(params: Params, name: str, kind: Any) -> Any:
    """Return the part of the parameters that a stage asks for, so that it depends on nothing else of them.

    Args:
        params: All of ``params.yaml``.
        name: A key at the top of ``params.yaml``.
        kind: The annotation of the stage's parameter. Where it is a base class of the section's class, such as
            :class:`pipeline.params.dataset.DatasetSource` of ``Dataset``, only the keys of the base class are given.
    """
    value = getattr(params, name)
    if isinstance(value, Section) and type(value) is not kind:
        return kind.model_construct(**{key: getattr(value, key) for key in kind.model_fields})
    return value


def exit_with(action: Callable[[], int | None], log: TextIO | None = None) -> None:
    """Call ``action`` and exit: 0 done, 1 an error that the user can correct, 130 interrupted, 141 output closed.

    Args:
        action: What is done. If it returns a number, that is the exit code.
        log: Where log lines go; None stands for the standard output.
    """
    configure_logging(log)
    code = None
    try:
        code = action()
    except PipelineError as error:
        for line in str(error).splitlines():
            print(f"error: {line}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:  # the reader of the output, such as head, has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        if error.errno not in _OF_THE_MACHINE:
            raise
        print(f"error: {error.filename or 'writing'}: {error.strerror}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("interrupted; no incomplete output was kept", file=sys.stderr)
        sys.exit(130)
    sys.exit(code or 0)


def configure_logging(stream: TextIO | None = None) -> None:
    """Show what the package logs, from level INFO on, as plain lines.

    Args:
        stream: Where they go; None stands for the standard output.
    """
    logger = logging.getLogger("pipeline")
    if not logger.handlers:
        handler = logging.StreamHandler(stream or sys.stdout)
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
