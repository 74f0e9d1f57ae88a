"""Nested parameters by their dotted names."""

from collections.abc import Mapping
from typing import Any


def dotted(params: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested parameters by their dotted names, such as ``train.augment.flip``.

    Args:
        params: Key -> value, or a mapping of the same kind.
        prefix: What stands before each name.
    """
    result: dict[str, Any] = {}
    for key, value in params.items():
        result |= (
            dotted(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
        )
    return result
