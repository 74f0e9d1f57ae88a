"""Numbers as annotation files have them: of any type, and perhaps none."""

from math import isfinite
from typing import Any

_LONGEST = 80  # characters of what is no number that are quoted


def finite(value: Any) -> float:
    """Return the number, which may be written as text.

    Raises:
        ValueError: it is none, or not finite.
    """
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{str(value)[:_LONGEST]!r} is not a number") from None
    if not isfinite(number):
        raise ValueError(f"{number} is not a finite number")
    return number


def side(value: Any) -> int:
    """Return an image's width or height in px, or 0 where there is none."""
    try:
        return max(0, int(finite(value)))
    except ValueError:
        return 0
