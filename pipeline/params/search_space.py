"""Checks of the section ``search``: each of its keys is a parameter that may be searched, and each value is valid."""

import difflib
from collections.abc import Iterator

from pydantic import ValidationError

from pipeline.params.base import Section
from pipeline.params.changed import changed, value_of
from pipeline.params.messages import describe_error
from pipeline.params.schema import Params
from pipeline.params.search import Domain, Range, is_number, outermost

SEARCHED = ("zoo", "finetune", "train")
"""Sections whose parameters may be searched. The others shape the val split, or no training."""

FIXED = {
    "train.steps": "search.steps gives each trial its steps",
    "train.minutes": "search.steps gives each trial its steps",
    "train.seeds": "a trial is one training",
    "train.evaluations": "trials are compared at the same evaluations",
}
"""Parameters that may not be searched -> why."""


def search_faults(params: Params) -> list[str]:
    """Return one line for each key or value of ``search.space`` that cannot be tried."""
    known = [key for section in SEARCHED for key in _keys(getattr(params, section), f"{section}.")]
    faults = []
    for key, domain in params.search.space.items():
        if key in FIXED:
            faults.append(f"search.space.{key} cannot be searched, because {FIXED[key]}; take it out")
        elif key not in known:
            faults.append(f"search.space.{key} cannot be searched; {_hint(key, known)}")
        elif problem := _first_problem(params, key, domain):
            faults.append(f"search.space: {problem}")
    return faults


def whole_numbers(params: Params, key: str) -> bool:
    """Return whether a parameter takes whole numbers only."""
    try:
        changed(params, {key: 0.5})
    except ValidationError as error:
        return any(fault["type"].startswith("int_") for fault in error.errors())
    return False


def _first_problem(params: Params, key: str, domain: Domain) -> str | None:
    """Return what the schema says against a value, or None."""
    values = outermost(domain)
    if isinstance(domain, Range):
        if not is_number(value_of(params, key)):
            return f"{key} is {value_of(params, key)!r}, so it has no range; give a list of values"
        if whole_numbers(params, key) and not all(isinstance(each, int) for each in values):
            return f"{key} takes whole numbers, but the range has {domain.low} and {domain.high}"
    for value in values:
        try:
            changed(params, {key: value})
        except ValidationError as error:
            return describe_error(error.errors()[0])
    return None


def _keys(section: Section, prefix: str) -> Iterator[str]:
    """List the dotted keys of the values in a section and in those inside it."""
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Section):
            yield from _keys(value, f"{prefix}{name}.")
        else:
            yield prefix + name


def _hint(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"name a parameter of the sections {', '.join(SEARCHED)}, such as train.learning_rate"
