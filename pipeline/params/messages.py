"""Validation errors in the user's words."""

import difflib
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from pipeline.params.schema import Params


def describe_error(error: ErrorDetails) -> str:
    """Say one of pydantic's faults in the user's words: dotted key, what was given, what is allowed."""
    # unions add the name of the tried branch to the path; keys of ours never look like it
    path = [str(part) for part in error["loc"] if not str(part).startswith(("constrained-", "none"))]
    path = [part for part in path if part not in {"int", "float", "str"}]
    key = ".".join(path)
    if error["type"] == "extra_forbidden":
        close = difflib.get_close_matches(key, _known_keys(Params), n=1, cutoff=0.6)
        return f"{key} is not a parameter" + (f"; did you mean {close[0]}?" if close else "")
    if error["type"] == "missing":
        return f"{key} is missing"
    return f"{key} is {error['input']!r}; {_requirement(error)}"


def _requirement(error: ErrorDetails) -> str:
    message = error["msg"]
    for given, said in (
        ("Input should be a valid ", "it must be a "),
        ("Input should be ", "it must be "),
        ("Value error, ", ""),  # of our own validators
    ):
        if message.startswith(given):
            message = said + message.removeprefix(given)
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
