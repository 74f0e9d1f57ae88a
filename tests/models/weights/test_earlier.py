from typing import get_args

import pytest

from pipeline.models.weights.config import section_names
from pipeline.models.weights.earlier import ANCHORS, classifier_keys, detector_keys, misfit, value_at
from pipeline.params.detectors import Architecture
from tests.support.project import PARAMS


@pytest.mark.parametrize("architecture", get_args(Architecture))
def test_the_keys_are_those_of_the_sections(architecture: str) -> None:
    keys = [key for key in (*detector_keys(architecture), *ANCHORS.get(architecture, ())) if "." in key]
    train = PARAMS.train.model_dump()
    assert {key.split(".")[0] for key in keys} == set(section_names(architecture))
    assert all(value_at(train, key) is not None for key in keys)


def test_the_first_difference_is_named() -> None:
    earlier = {"backbone": "vgg16", "gfl": {"filters": 8}}
    assert misfit(earlier, earlier, ["backbone", "gfl.filters", "absent.key"]) is None
    assert misfit(earlier, {**earlier, "gfl": {"filters": 16}}, ["backbone", "gfl.filters"]) == (
        "its gfl.filters is 8, but that of this training is 16; make them equal in params.yaml"
    )


def test_only_a_head_of_its_own_depends_on_the_size_of_the_images() -> None:
    assert "image_size" in classifier_keys("own")
    assert "image_size" not in classifier_keys(None)
