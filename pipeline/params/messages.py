"""Messages for the validation errors of ``params.yaml``."""

import difflib
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from pipeline.params.schema import Params

# For a union of types, pydantic adds the name of the type that it tried to the path of the error. No key of params.yaml
# has one of these names.
_TYPE_NAMES = {"int", "float", "str"}
_TYPE_PREFIXES = ("constrained-", "literal[", "none")

# The beginnings of pydantic's messages, and their replacements.
_BEGINNINGS = {
    "Input should be a valid ": "it must be a ",
    "Input should be ": "it must be ",
    "Value error, ": "",  # pydantic adds it to the message of a validator
}


def describe_error(error: ErrorDetails) -> str:
    """Return a message on one line for one of pydantic's errors.

    The message names the key, such as ``train.steps``, its value and the allowed values. For an unknown key, it
    suggests the key with the most similar name.
    """
    path = [str(part) for part in error["loc"] if not str(part).startswith(_TYPE_PREFIXES)]
    key = ".".join(part for part in path if part not in _TYPE_NAMES)
    if error["type"] == "extra_forbidden":
        close = difflib.get_close_matches(key, _known_keys(Params), n=1, cutoff=0.6)
        return f"{key} is not a parameter" + (f"; did you mean {close[0]}?" if close else "")
    if error["type"] == "missing":
        return f"{key} is missing"
    return f"{key} is {error['input']!r}; {_requirement(error['msg'])}"


def _requirement(message: str) -> str:
    """Return pydantic's message with a subject."""
    for beginning, replacement in _BEGINNINGS.items():
        if message.startswith(beginning):
            message = replacement + message.removeprefix(beginning)
            break
    return message.replace("it must be a integer", "it must be an integer")


def _known_keys(section: type[BaseModel], prefix: str = "") -> list[str]:
    """Return the dotted keys of a section and of all sections inside it."""
    keys: list[str] = []
    for name, field in section.model_fields.items():
        keys.append(prefix + name)
        annotation: Any = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            keys += _known_keys(annotation, f"{prefix}{name}.")
    return keys
