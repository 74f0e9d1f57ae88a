"""Validation errors of ``params.yaml`` in the user's words."""

import difflib
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from pipeline.params.schema import Params

# Pydantic adds the name of the tried branch of a union to the path of an error. No key of params.yaml looks like one.
_BRANCHES = {"int", "float", "str"}
_BRANCH_PREFIXES = ("constrained-", "none")
# What pydantic's messages begin with, and what stands there instead.
_BEGINNINGS = {
    "Input should be a valid ": "it must be a ",
    "Input should be ": "it must be ",
    "Value error, ": "",  # raised by a validator of the schema
}


def describe_error(error: ErrorDetails) -> str:
    """Describe one of pydantic's errors: the dotted key, the value that was given, and what is allowed."""
    path = [str(part) for part in error["loc"] if not str(part).startswith(_BRANCH_PREFIXES)]
    key = ".".join(part for part in path if part not in _BRANCHES)
    if error["type"] == "extra_forbidden":
        close = difflib.get_close_matches(key, _known_keys(Params), n=1, cutoff=0.6)
        return f"{key} is not a parameter" + (f"; did you mean {close[0]}?" if close else "")
    if error["type"] == "missing":
        return f"{key} is missing"
    return f"{key} is {error['input']!r}; {_requirement(error['msg'])}"


def _requirement(message: str) -> str:
    for beginning, replacement in _BEGINNINGS.items():
        if message.startswith(beginning):
            message = replacement + message.removeprefix(beginning)
            break
    return message.replace("it must be a integer", "it must be an integer")


def _known_keys(section: type[BaseModel], prefix: str = "") -> list[str]:
    keys: list[str] = []
    for name, field in section.model_fields.items():
        keys.append(prefix + name)
        annotation: Any = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            keys += _known_keys(annotation, f"{prefix}{name}.")
    return keys
