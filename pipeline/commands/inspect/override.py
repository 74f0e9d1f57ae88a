"""Commands with parameters of ``params.yaml`` that can be pasted into a shell."""

import re
import shlex
from collections.abc import Iterable

# Values of these characters need no quotes in Hydra's grammar, by which DVC reads the option -S.
_PLAIN = re.compile(r"[\w./:+-]+", re.ASCII)

# Backslashes count as themselves in a quoted value, except before a quote.
_BEFORE_QUOTE = re.compile(r"(\\+)(?='|$)")


def experiment(overrides: Iterable[tuple[str, str]], file: str = "") -> str:
    """Return a command that runs the pipeline with other parameters.

    Args:
        overrides: Dotted keys and values.
        file: A file of stages beside ``dvc.yaml``; "" for none.
    """
    options = " ".join(f"-S {shlex.quote(_override(key, value))}" for key, value in overrides)
    return " ".join(filter(None, ["dvc exp run", file, options]))


def _override(key: str, value: str) -> str:
    if _PLAIN.fullmatch(value):
        return f"{key}={value}"
    quoted = _BEFORE_QUOTE.sub(r"\1\1", value).replace("'", "\\'")
    return f"{key}='{quoted}'"
