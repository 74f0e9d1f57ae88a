"""Converts values of annotation files, which may have any type, to numbers."""

from math import isfinite
from typing import Any

_LONGEST = 80  # characters of wrong input that a message quotes


def finite(value: Any) -> float:
    """Convert a number, or a number as text, to float.

    Raises:
        ValueError: The value is no number, or is not finite.
    """
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{str(value)[:_LONGEST]!r} is not a number") from None
    if not isfinite(number):
        raise ValueError(f"{number} is not a finite number")
    return number


def side(value: Any) -> int:
    """Convert an image's width or height to whole px, or return 0 if it is no number or negative."""
    try:
        return max(0, int(finite(value)))
    except ValueError:
        return 0


def flag(value: Any) -> bool:
    """Return whether a mark such as ``iscrowd`` is set. Text such as "0" and "false" sets it as little as 0 does."""
    if isinstance(value, str):
        return value.strip().lower() not in ("", "0", "0.0", "false", "no", "none", "null", "nan")
    return bool(value)
