"""The section ``search``: what can be tried, and the line about what cannot."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import PipelineError
from pipeline.params.changed import changed, value_of
from pipeline.params.load import load_params
from pipeline.params.search_space import search_faults, whole_numbers
from tests.support.params_file import changed_params, write_params
from tests.support.project import PARAMS


def with_space(folder: Path, space: dict[str, Any]) -> Path:
    return write_params(folder, search__space=space)


def test_the_default_space_is_valid_and_holds_the_defaults() -> None:
    assert search_faults(PARAMS) == []
    for key, domain in PARAMS.search.space.items():
        value = value_of(PARAMS, key)
        assert value in domain if isinstance(domain, list) else domain.low <= value <= domain.high, key


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"train.learning_rat": [0.1]}, "train.learning_rat cannot be searched; did you mean train.learning_rate?"),
        ({"split_seed": [1, 2]}, "split_seed cannot be searched; name a parameter of the sections zoo, finetune"),
        ({"train.augment": [1]}, "train.augment cannot be searched"),
        ({"train.steps": [10, 20]}, "train.steps cannot be searched, because search.steps gives each trial"),
        ({"train.frozen_stages": [0, 7]}, "search.space: train.frozen_stages is 7; it must be less than or equal to 4"),
        ({"train.frozen_stages": []}, "a list must have one value or more"),
        ({"train.frozen_stages": [[1]]}, "a list must have one value or more, each a number"),
        ({"train.frozen_stages": 3}, "it must be a list of values, or {low"),
        ({"train.frozen_stages": {"low": 0, "high": 3}}, "it must be a list of values, or {low"),
        ({"train.frozen_stages": {"low": 0, "high": 2.5, "log": False}}, "takes whole numbers, but the range has"),
        ({"train.init": {"low": 0, "high": 2, "log": False}}, "train.init is 'pretrained', so it has no range"),
        ({"train.learning_rate": {"low": 0.1, "high": 0.01, "log": True}}, "low must be less than high"),
        ({"train.weight_decay": {"low": 0, "high": 0.1, "log": True}}, "low must be above 0, because log is true"),
        ({"train.weight_decay": {"low": 0, "high": float("inf"), "log": False}}, "must be finite numbers"),
        ({"train.augment.scale_max": {"low": 0.5, "high": 2, "log": False}}, "scale_max is 0.5; it must be greater"),
    ],
)  # fmt: skip
def test_what_cannot_be_searched_is_one_line(tmp_path: Path, space: dict[str, Any], message: str) -> None:
    with pytest.raises(PipelineError) as error:
        load_params(with_space(tmp_path, space))
    assert message in str(error.value)
    assert str(error.value).startswith("params.yaml: search.space") or str(error.value).startswith(
        str(tmp_path)
    )
    assert "\n" not in str(error.value)


def test_which_parameters_take_whole_numbers() -> None:
    assert whole_numbers(PARAMS, "train.frozen_stages")
    assert not whole_numbers(PARAMS, "train.learning_rate")
    assert not whole_numbers(PARAMS, "train.augment.scale_max")  # 0.5 is too low, and no wrong type


def test_other_values_are_checked_one_by_one(tmp_path: Path) -> None:
    params = changed_params(
        tmp_path, search__space={"train.ema": [None, 0.9], "train.schedule": ["cosine", "step"]}
    )
    made = changed(params, {"train.ema": None, "train.augment.mosaic": 0.25})
    assert (made.train.ema, made.train.augment.mosaic) == (None, 0.25)
    assert made.search == params.search
