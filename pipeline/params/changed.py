"""Parameters with other values."""

from typing import Any

from pipeline.params.schema import Params


def changed(params: Params, values: dict[str, Any]) -> Params:
    """Return parameters with other values. Combinations of values are not checked.

    Args:
        values: Dotted key -> value.

    Raises:
        KeyError: A key is no parameter.
        pydantic.ValidationError: A value is not valid.
    """
    tree = params.model_dump()
    for key, value in values.items():
        *sections, last = key.split(".")
        section = tree
        for name in sections:
            section = section[name]
        section[last] = value
    return Params.model_validate(tree)


def value_of(params: Params, key: str) -> Any:
    """Return the value of a parameter.

    Args:
        key: Its dotted name.
    """
    value: Any = params
    for name in key.split("."):
        value = getattr(value, name)
    return value
