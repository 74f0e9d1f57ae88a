"""``model.json``: its layout, the round trip, and one line for each kind of wrong file."""

import json
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
import tf_keras

from pipeline.errors import PipelineError
from pipeline.models.weights.config import (
    BackboneConfig,
    ClassifierConfig,
    DetectorConfig,
    SourceTaskResult,
    TrainedDetectorConfig,
    read_config,
    section_names,
    write_config,
)
from pipeline.params.base import Section
from tests.support.detectors import config_of

BACKBONE = BackboneConfig(
    backbone="resnet18",
    alpha=1.0,
    weights="builtin",
    source_task=SourceTaskResult(
        shapes=["disc"], patterns=["stripes"], accuracy={"shape": 0.9, "pattern": 0.8}
    ),
)
CLASSIFIER = ClassifierConfig(
    classes=["cat", "café"],
    image_size=80,
    backbone="mobilenet",
    alpha=0.25,
    mode="finetune",
    seed=1,
    policy="float32",
)
CLASSIFIER_TEXT = """{
  "classes": [
    "cat",
    "café"
  ],
  "image_size": 80,
  "backbone": "mobilenet",
  "alpha": 0.25,
  "mode": "finetune",
  "seed": 1,
  "policy": "float32",
  "versions": {
    "tensorflow": "%s",
    "tf_keras": "%s"
  }
}
"""


def trained(config: DetectorConfig) -> TrainedDetectorConfig:
    values = {key: getattr(config, key) for key in type(config).model_fields}
    return TrainedDetectorConfig(**values, seed=1, init="pretrained", policy="float32")


def fault(folder: Path, kind: type[Section] = ClassifierConfig, **changes: Any) -> str:
    """Write the classifier's file with some keys changed, and return the message for it without the path."""
    values = {**CLASSIFIER.model_dump(), **changes}
    (folder / "model.json").write_text(json.dumps(values))
    with pytest.raises(PipelineError) as raised:
        read_config(folder, kind)
    return str(raised.value).removeprefix(str(folder / "model.json"))


@pytest.mark.parametrize(
    "config", [BACKBONE, CLASSIFIER, trained(config_of("ssd")), trained(config_of("mask_rcnn"))]
)
def test_what_is_written_is_read(tmp_path: Path, config: Section) -> None:
    write_config(tmp_path, config)
    assert read_config(tmp_path, type(config)) == config


def test_the_bytes_of_the_file(tmp_path: Path) -> None:
    write_config(tmp_path, CLASSIFIER)
    expected = CLASSIFIER_TEXT % (tf.__version__, tf_keras.__version__)
    assert (tmp_path / "model.json").read_bytes() == expected.encode()


def test_the_keys_of_each_kind_of_file_are_in_order_and_without_version_or_null(tmp_path: Path) -> None:
    detector = ["architecture", "classes", "image_size", "backbone", "alpha", "folded"]
    cases: list[tuple[Section, list[str]]] = [
        (BackboneConfig(backbone="vgg16", alpha=1.0, weights="none"), ["backbone", "alpha", "weights"]),
        (trained(config_of("ssd")), [*detector, "ssd", "seed", "init", "policy"]),
        (trained(config_of("mask_rcnn")), [*detector, "faster_rcnn", "mask_rcnn", "seed", "init", "policy"]),
    ]
    for config, keys in cases:
        write_config(tmp_path, config)
        assert list(json.loads((tmp_path / "model.json").read_text())) == [*keys, "versions"]


def test_the_sections_are_in_the_order_of_the_classs_arguments() -> None:
    assert section_names("mask_rcnn") == ("faster_rcnn", "mask_rcnn")
    assert section_names("ssd") == ("ssd",)


def test_a_file_of_another_version_is_one_line(tmp_path: Path) -> None:
    assert fault(tmp_path, version=2) == (
        " has version 2, but this code reads version 1; run the stage that writes it"
    )


def test_a_file_that_names_version_1_is_read(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(json.dumps({"version": 1, **CLASSIFIER.model_dump()}))
    assert read_config(tmp_path, ClassifierConfig) == CLASSIFIER


def test_an_unknown_key_is_one_line(tmp_path: Path) -> None:
    assert fault(tmp_path, color="red") == (
        ": color: Extra inputs are not permitted; run the stage that writes it"
    )


def test_a_value_of_the_wrong_type_is_one_line(tmp_path: Path) -> None:
    assert fault(tmp_path, image_size="80") == (
        ": image_size: Input should be a valid integer; run the stage that writes it"
    )


def test_a_file_of_another_kind_of_model_is_one_line(tmp_path: Path) -> None:
    assert fault(tmp_path, BackboneConfig) == ": weights: Field required; run the stage that writes it"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, ": not found; run the stage that writes it"),
        ("{", ": not valid JSON: "),
        ("[]", ": not a JSON object; run the stage that writes it"),
    ],
)
def test_a_missing_or_broken_file_is_one_line(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "model.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(PipelineError) as raised:
        read_config(tmp_path, BackboneConfig)
    assert str(raised.value).startswith(f"{path}{message}")
    assert "\n" not in str(raised.value)
