import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline.errors import PipelineError
from pipeline.params.load import load_params
from tests.support.project import ROOT

PARAMS = ROOT / "params.yaml"


def changed(tmp_path: Path, **changes: Any) -> Path:
    """Write a params.yaml with dotted keys (double underscores here) changed; a value of ... removes the key."""
    values = YAML(typ="safe", pure=True).load(PARAMS)
    for name, value in changes.items():
        *sections, key = name.split("__")
        target = values
        for section in sections:
            target = target[section]
        if value is ...:
            del target[key]
        else:
            target[key] = value
    path = tmp_path / "params.yaml"
    YAML(typ="safe", pure=True).dump(values, path)
    return path


def faults(path: Path) -> list[str]:
    with pytest.raises(PipelineError) as raised:
        load_params(path)
    return [line.removeprefix(f"{path}: ") for line in str(raised.value).splitlines()]


def test_the_projects_own_file_is_in_order() -> None:
    assert load_params(PARAMS).train.architecture == "ssd"


def test_a_typo_names_the_nearest_key_and_what_is_missing(tmp_path: Path) -> None:
    lines = faults(changed(tmp_path, train__learning_rate=..., train__learing_rate=0.1))
    assert "train.learing_rate is not a parameter; did you mean train.learning_rate?" in lines
    assert "train.learning_rate is missing" in lines


def test_each_fault_is_one_line(tmp_path: Path) -> None:
    lines = faults(changed(tmp_path, train__epochs="10", finetune__dropout=1.5, zoo__backbone="resnet19"))
    assert len(lines) == 3
    assert "train.epochs is '10'; it must be an integer" in lines
    assert any(line.startswith("finetune.dropout is 1.5; it must be less than 1") for line in lines)
    assert any("zoo.backbone is 'resnet19'" in line and "'resnet50'" in line for line in lines)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dataset__source": "url"}, "dataset.url must be given"),
        ({"zoo__weights": "imagenet"}, "Keras publishes none for resnet18"),
        ({"zoo__weights": "imagenet", "zoo__backbone": "resnet34"}, "Keras publishes none for resnet34"),
        ({"zoo__alpha": 0.5}, "only mobilenet and mobilenet_v2 have a width"),
        (
            {"zoo__backbone": "mobilenet", "zoo__weights": "imagenet", "zoo__alpha": 1.3},
            "ImageNet weights of mobilenet exist for 0.25, 0.5, 0.75, 1.0",
        ),
        (
            {"zoo__backbone": "mobilenet_v2", "zoo__weights": "imagenet", "zoo__alpha": 0.25},
            "ImageNet weights of mobilenet_v2 exist for 0.35,",
        ),
        (
            {"zoo__backbone": "inception_v3"},
            "zoo.builtin.image_size is 64, but inception_v3 needs at least 75 px",
        ),
        ({"zoo__weights": "none"}, "leaves nothing to start from"),
        ({"finetune__head_epochs": 50}, "must be fewer than finetune.epochs"),
        ({"train__step_at": [0.9, 0.5]}, "it must ascend"),
        ({"train__unfreeze_epochs": 2, "train__init": "scratch"}, "where nothing is frozen"),
        ({"train__unfreeze_epochs": 2, "train__frozen_stages": 4}, "nothing ever thaws"),
        ({"train__unfreeze_epochs": 10}, "thaws the last stage in epoch 31, but train.epochs is"),
        ({"train__auto_anchors": True, "train__architecture": "yolo_v8"}, "has no anchors"),
        ({"train__patience": 3}, "train.eval_every is 0, so that nothing is evaluated"),
        ({"train__eval_every": 500}, "must not be more than train.epochs"),
        ({"train__ssd__variant": "vgg"}, "train.ssd.variant is vgg, but zoo.backbone is resnet18"),
        ({"train__image_size": 100}, "train.image_size is 100; it must be a multiple of 32"),
        ({"train__image_size": 300}, "or 300 with train.ssd.variant vgg"),
        ({"train__ssd__min_scale": 0.95}, "must be below train.ssd.max_scale"),
    ],
)
def test_impossible_combinations(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    assert any(said in line for line in faults(changed(tmp_path, **changes)))


def test_widths_that_exist_are_taken(tmp_path: Path) -> None:
    for backbone, weights, alpha in (("mobilenet_v2", "imagenet", 1.4), ("mobilenet", "file", 0.6)):
        changes = {"zoo__backbone": backbone, "zoo__weights": weights, "zoo__alpha": alpha}
        assert load_params(changed(tmp_path, **changes)).zoo.alpha == alpha


def test_the_papers_300_px_go_with_the_papers_network(tmp_path: Path) -> None:
    changes = {"zoo__backbone": "vgg16", "train__ssd__variant": "vgg", "train__image_size": 300}
    assert load_params(changed(tmp_path, **changes)).train.image_size == 300
    lines = faults(changed(tmp_path, **changes, train__architecture="yolo_v8"))
    assert len(lines) == 1
    assert lines[0].startswith("train.image_size is 300; it must be a multiple of 32")


def test_yaml_is_read_as_dvc_reads_it(tmp_path: Path) -> None:
    """YAML 1.2: 1e-3 is a number (YAML 1.1 has it a string)."""
    path = tmp_path / "params.yaml"
    path.write_text(re.sub(r"clip_norm: \S+", "clip_norm: 1e-3", PARAMS.read_text()))
    assert load_params(path).train.clip_norm == 0.001


def test_a_broken_file_says_where(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("seed: 1\ntrain: {epochs: [}\n")
    with pytest.raises(PipelineError, match="line 2: not valid YAML"):
        load_params(path)
    with pytest.raises(PipelineError, match="not found"):
        load_params(tmp_path / "absent.yaml")
