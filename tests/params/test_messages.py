"""Messages for invalid values of ``params.yaml``."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import PipelineError
from pipeline.params.load import load_params
from tests.support.params_file import write_params


def messages(folder: Path, **changes: Any) -> list[str]:
    path = write_params(folder, **changes)
    with pytest.raises(PipelineError) as raised:
        load_params(path)
    return [line.removeprefix(f"{path}: ") for line in str(raised.value).splitlines()]


def test_an_unknown_key_suggests_the_most_similar_one(tmp_path: Path) -> None:
    assert messages(tmp_path, train__learning_rate=..., train__learing_rate=0.1) == [
        "train.learning_rate is missing",
        "train.learing_rate is not a parameter; did you mean train.learning_rate?",
    ]


def test_an_unknown_key_that_is_similar_to_none_gets_no_suggestion(tmp_path: Path) -> None:
    assert messages(tmp_path, qqqq=1) == ["qqqq is not a parameter"]


def test_a_wrong_type_names_the_right_one(tmp_path: Path) -> None:
    assert messages(tmp_path, train__steps="10") == ["train.steps is '10'; it must be an integer"]


def test_a_value_out_of_range_names_the_range(tmp_path: Path) -> None:
    assert messages(tmp_path, finetune__dropout=1.5) == ["finetune.dropout is 1.5; it must be less than 1"]


def test_a_wrong_name_lists_the_names(tmp_path: Path) -> None:
    (line,) = messages(tmp_path, zoo__backbone="resnet19")
    assert line.startswith("zoo.backbone is 'resnet19'; it must be 'resnet18', 'resnet34',")
    assert line.endswith(" or 'layers'")


def test_the_types_of_a_union_are_not_part_of_the_key(tmp_path: Path) -> None:
    for line in messages(tmp_path, train__patience="never", train__ema=2.0):
        assert line.startswith(("train.patience is 'never'; ", "train.ema is 2.0; "))


def test_each_kind_of_value_that_a_key_may_have_is_named(tmp_path: Path) -> None:
    assert messages(tmp_path, report__score="best") == [
        "report.score is 'best'; it must be a number",
        "report.score is 'best'; it must be 'auto'",
    ]


def test_an_element_of_a_list_is_named_by_its_index(tmp_path: Path) -> None:
    assert messages(tmp_path, train__step_at=[0.5, 1.5]) == ["train.step_at.1 is 1.5; it must be less than 1"]
