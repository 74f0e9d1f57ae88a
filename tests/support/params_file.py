"""Copies of ``params.yaml`` with other values."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.params.load import load_params
from pipeline.params.schema import Params
from tests.support.project import PARAMS_FILE
from tools.small_budget import SMALL, merge


def write_params(folder: Path, **changes: Any) -> Path:
    """Write ``params.yaml`` to a folder, with some values changed, and return its path.

    Args:
        folder: An existing folder.
        changes: Dotted key with ``__`` in place of ``.`` -> new value. The value ``...`` removes the key.
    """
    values = YAML(typ="safe", pure=True).load(PARAMS_FILE)
    for name, value in changes.items():
        *sections, key = name.split("__")
        target = values
        for section in sections:
            target = target[section]
        if value is ...:
            del target[key]
        else:
            target[key] = value
    path = folder / "params.yaml"
    YAML(typ="safe", pure=True).dump(values, path)
    return path


def small_params(*changes: dict[str, Any]) -> Params:
    """Return the parameters of a run that takes seconds, with changes section by section, the later ones last.

    The detector is exported as a SavedModel only.
    """
    values = YAML(typ="safe", pure=True).load(PARAMS_FILE)
    for change in (SMALL, {"export": {"formats": []}}, *changes):
        merge(values, change)
    return Params.model_validate(values)


def changed_params(folder: Path, **changes: Any) -> Params:
    """Return the parameters with some values changed, as they are read from a file in a folder."""
    return load_params(write_params(folder, **changes))
