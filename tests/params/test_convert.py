"""The section ``convert``: one rule for each fault, and a pattern with one group."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.datasets.checks.rules import rule
from pipeline.datasets.table.faults import FAULTS
from pipeline.errors import PipelineError
from pipeline.params.load import load_params
from tests.support.params_file import changed_params, write_params
from tests.support.project import PARAMS


def test_each_fault_has_a_rule() -> None:
    rules = {fault: rule(PARAMS.convert.checks, fault) for fault in FAULTS}
    assert set(rules.values()) <= {"repair", "drop", "keep", "stop"}
    assert rules["box-outside"] == "repair"


@pytest.mark.parametrize("value", ["keep", "ignore"])
def test_a_rule_that_the_fault_does_not_allow_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(
        PipelineError, match=f"convert.checks.missing_image is '{value}'; it must be 'drop' or 'stop'"
    ):
        load_params(write_params(tmp_path, convert__checks__missing_image=value))


def test_a_pattern_with_one_group_is_accepted(tmp_path: Path) -> None:
    assert changed_params(tmp_path, convert__group_pattern="(.*)_frame").convert.group_pattern == "(.*)_frame"


@pytest.mark.parametrize(
    ("pattern", "requirement"),
    [
        ("frame", "it must have exactly one group in parentheses, but has 0"),
        ("(a)(b)", "it must have exactly one group in parentheses, but has 2"),
        ("(a", "it must be a regular expression: missing ), unterminated subpattern at position 0"),
    ],
)
def test_a_pattern_must_have_one_group(tmp_path: Path, pattern: Any, requirement: str) -> None:
    path = write_params(tmp_path, convert__group_pattern=pattern)
    with pytest.raises(PipelineError) as raised:
        load_params(path)
    assert str(raised.value) == f"{path}: convert.group_pattern is {pattern!r}; {requirement}"
