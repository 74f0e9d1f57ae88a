"""The schema has the keys of ``params.yaml``, no default values, and constant values."""

import re
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML

from pipeline.params.schema import Params
from tests.support.project import PARAMS, PARAMS_FILE


def keys(values: dict[str, Any], prefix: str = "") -> set[str]:
    names: set[str] = set()
    for key, value in values.items():
        names.add(prefix + key)
        names |= keys(value, f"{prefix}{key}.") if isinstance(value, dict) else set()
    return names


def fields(section: type[BaseModel]) -> list[Any]:
    own = list(section.model_fields.values())
    nested = [field.annotation for field in own if isinstance(field.annotation, type)]
    return own + [field for kind in nested if issubclass(kind, BaseModel) for field in fields(kind)]


def test_the_schema_has_the_keys_of_the_file() -> None:
    assert keys(PARAMS.model_dump()) == keys(YAML(typ="safe", pure=True).load(PARAMS_FILE))


def test_no_field_has_a_default_value() -> None:
    assert all(field.is_required() for field in fields(Params))


def test_each_parameter_has_a_comment() -> None:
    for line in PARAMS_FILE.read_text(encoding="utf-8").splitlines():
        if re.match(r" *\w+: *\S", line):
            assert " # " in line, line


@pytest.mark.parametrize("section", ["evaluate", "report"])
def test_a_score_is_a_fraction_or_auto(section: str) -> None:
    values = PARAMS.model_dump()
    for score in (0.3, 1, "auto"):
        values[section]["score"] = score
        assert getattr(Params.model_validate(values), section).score == score
    for wrong in (1.5, "best"):
        values[section]["score"] = wrong
        with pytest.raises(ValidationError, match="score"):
            Params.model_validate(values)


def test_values_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        PARAMS.train.steps = 3  # type: ignore[misc]
