"""``model.json``: what later stages must know of a model to build it again, typed."""

import json
from pathlib import Path
from typing import Literal, TypeVar

import tensorflow as tf
import tf_keras
from pydantic import ValidationError

from pipeline.artifacts import read_json, write_json
from pipeline.errors import PipelineError
from pipeline.models.backbones.names import BackboneName
from pipeline.params.base import Section
from pipeline.params.detectors import FasterRcnn, MaskRcnn, RetinaNet, Ssd, YoloV8

FILE = "model.json"
VERSION = 1
"""Of the layout of ``model.json``. Version 1 is not written: a file without ``version`` is of version 1."""

Architecture = Literal["ssd", "retinanet", "faster_rcnn", "mask_rcnn", "yolo_v8"]
Config = TypeVar("Config", bound=Section)


class SourceTaskResult(Section):
    """The drawn task that a backbone was pretrained on.

    Attributes:
        shapes: The names of the shapes, in the order of their class indices.
        patterns: The names of the patterns, likewise.
        accuracy: Top-1 accuracy on held-out crops, 0 to 1, of "shape" and of "pattern".
    """

    shapes: list[str]
    patterns: list[str]
    accuracy: dict[str, float]


class BackboneConfig(Section):
    """The zoo's model: a backbone and where its weights come from."""

    backbone: BackboneName
    alpha: float
    weights: Literal["builtin", "imagenet", "file", "none"]
    source_task: SourceTaskResult | None = None


class ClassifierConfig(Section):
    """A trained classifier.

    Attributes:
        classes: Names of the classes 1..K.
        image_size: Side of the square input, px.
        policy: The Keras dtype policy that it was trained under.
    """

    classes: list[str]
    image_size: int
    backbone: BackboneName
    alpha: float
    mode: Literal["scratch", "extraction", "finetune"]
    seed: int
    policy: str


class DetectorConfig(Section):
    """What :func:`pipeline.models.detectors.registry.build_detector` needs to build a detector.

    Attributes:
        classes: Names of the classes 1..K.
        image_size: Side of the square input, px.
        ssd: The section of the architecture, as in ``params.yaml``; the other sections are None. Mask R-CNN has two.
    """

    architecture: Architecture
    classes: list[str]
    image_size: int
    backbone: BackboneName
    alpha: float
    ssd: Ssd | None = None
    retinanet: RetinaNet | None = None
    faster_rcnn: FasterRcnn | None = None
    mask_rcnn: MaskRcnn | None = None
    yolo_v8: YoloV8 | None = None


class TrainedDetectorConfig(DetectorConfig):
    """A trained detector; ``policy`` is the Keras dtype policy that it was trained under."""

    seed: int
    init: Literal["finetuned", "zoo", "checkpoint", "scratch"]
    policy: str


def section_names(architecture: str) -> tuple[str, ...]:
    """Return the names of the sections that an architecture takes, in the order in which its class takes them."""
    return ("faster_rcnn", "mask_rcnn") if architecture == "mask_rcnn" else (architecture,)


def write_config(folder: Path, config: Section) -> None:
    """Write ``model.json``, with the versions of TensorFlow and Keras that the model was made with."""
    versions = {"tensorflow": tf.__version__, "tf_keras": tf_keras.__version__}
    version = {} if VERSION == 1 else {"version": VERSION}
    write_json(folder / FILE, {**version, **config.model_dump(exclude_none=True), "versions": versions})


def read_config(folder: Path, kind: type[Config]) -> Config:
    """Read ``model.json``.

    Args:
        folder: A model directory.
        kind: The class of the configuration that the directory must hold.

    Raises:
        PipelineError: The file is absent, is not JSON, is of another version, or describes another kind of model.
    """
    path = folder / FILE
    try:
        values = read_json(path)
    except (FileNotFoundError, json.JSONDecodeError) as error:
        raise PipelineError(f"{path}: {error}; run the stage that writes it") from None
    if not isinstance(values, dict):
        raise PipelineError(f"{path}: not a JSON object; run the stage that writes it")
    version = values.pop("version", 1)
    if version != VERSION:
        raise PipelineError(
            f"{path}: of version {version}, but this code reads {VERSION}; run the stage that writes it"
        )
    values.pop("versions", None)
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise PipelineError(f"{path}: {where}: {first['msg']}; run the stage that writes it") from None
