"""The section ``search`` of ``params.yaml``."""

from math import isfinite
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from pipeline.params.base import Positive, Section

Choice = bool | int | float | str | None
"""A value that a search may give to a parameter."""


class Range(Section):
    """The numbers from ``low`` to ``high``, both included.

    Attributes:
        log: Whether they are drawn evenly on a logarithmic scale.
    """

    low: int | float
    high: int | float
    log: bool


def _checked(value: Any) -> Any:
    """Refuse what is neither choices nor a range, with a message that names no type of the schema.

    Raises:
        ValueError: The values cannot be searched.
    """
    if isinstance(value, Range):
        return value
    if isinstance(value, list):
        if not value or not all(isinstance(each, Choice) for each in value):
            raise ValueError("a list must have one value or more, each a number, a text, true, false or null")
        return value
    if not isinstance(value, dict) or set(value) != set(Range.model_fields):
        raise ValueError("it must be a list of values, or {low: ..., high: ..., log: true or false}")
    low, high, log = value["low"], value["high"], value["log"]
    if not is_number(low) or not is_number(high) or not isinstance(log, bool):
        raise ValueError("low and high must be finite numbers, and log true or false")
    if low >= high:
        raise ValueError("low must be less than high")
    if log and low <= 0:
        raise ValueError("low must be above 0, because log is true")
    return value


def is_number(value: Any) -> bool:
    """Return whether a value is a finite number. True and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


Domain = Annotated[list[Choice] | Range, BeforeValidator(_checked)]
"""The values of a parameter that are tried."""


def outermost(domain: Domain) -> list[Any]:
    """Return the values of a list, or the two ends of a range."""
    return [domain.low, domain.high] if isinstance(domain, Range) else domain


class Search(Section):
    """The trials of ``python -m pipeline search``."""

    steps: Positive
    space: Annotated[dict[str, Domain], Field(min_length=1)]
