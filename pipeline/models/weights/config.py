"""The file ``model.json`` of a model directory: the configuration from which a later stage builds the model again."""

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
from pipeline.params.detectors import (
    Architecture,
    FasterRcnn,
    Gfl,
    Keypoints,
    Localizer,
    MaskRcnn,
    RetinaNet,
    Ssd,
    YoloV1,
    YoloV8,
)
from pipeline.params.layers import Layer

FILE = "model.json"
VERSION = 1
"""Version of the layout of ``model.json``. A file without the key ``version`` has version 1, and no file of version 1
contains this key."""

Config = TypeVar("Config", bound=Section)


class SourceTaskResult(Section):
    """The result of the pretraining on drawn images.

    Attributes:
        shapes: Names of the shapes, in the order of their class indices.
        patterns: Names of the patterns, in the order of their class indices.
        accuracy: "shape" and "pattern" -> top-1 accuracy on held-out crops, in [0, 1].
    """

    shapes: list[str]
    patterns: list[str]
    accuracy: dict[str, float]


class BackboneConfig(Section):
    """The configuration of a backbone.

    Attributes:
        alpha: The width multiplier.
        layers: The layers of a backbone with the name "layers"; None for all others.
        weights: The parameter ``zoo.weights`` that the backbone was made with.
        origin: The fields of :class:`pipeline.models.backbones.names.InstalledWeights`, if the weights come with the
            installation.
        source_task: The result of the pretraining. None unless ``weights`` is "builtin".
    """

    backbone: BackboneName
    alpha: float
    layers: list[Layer] | None = None
    weights: Literal["builtin", "imagenet", "file", "none"]
    origin: dict[str, str] | None = None
    source_task: SourceTaskResult | None = None


class ClassifierConfig(Section):
    """The configuration of a trained classifier.

    Attributes:
        mode: The parameter ``finetune.mode``, or "none" if the dataset has a single class. With "none" there is no
            classifier, and the directory has no weights.
        classes: Names of the classes 1..K.
        image_size: Side of the square input, px.
        alpha: The width multiplier of the backbone.
        layers: The layers of a backbone with the name "layers"; None for all others.
        head: "own" if the classifier has the fully connected layers of the backbone; None for global average pooling.
        policy: The Keras dtype policy of the training.
    """

    classes: list[str]
    image_size: int
    backbone: BackboneName
    alpha: float
    layers: list[Layer] | None = None
    head: Literal["own"] | None = None
    mode: Literal["none", "scratch", "extraction", "finetune"]
    seed: int
    policy: str

    @property
    def why_none(self) -> str | None:
        """Why there is no classifier, as a part of a sentence; None if there is one."""
        if self.mode != "none":
            return None
        if len(self.classes) == 1:
            return "the dataset has one class, which leaves nothing to tell apart"
        return "finetune.mode is none"


class DetectorConfig(Section):
    """The configuration from which :func:`pipeline.models.detectors.registry.build_detector` builds a detector.

    Attributes:
        classes: Names of the classes 1..K.
        image_size: Side of the square input, px.
        alpha: The width multiplier of the backbone.
        layers: The layers of a backbone with the name "layers"; None for all others.
        folded: Whether the BatchNorm of the backbone is folded into its convolutions.
        ssd: The section ``train.ssd`` of ``params.yaml``. Of this and the other sections, only those that
            :func:`section_names` lists for the architecture are given; the others are None.
        keypoint_names: The names of the keypoints of an object; None for a detector without keypoints.
    """

    architecture: Architecture
    classes: list[str]
    image_size: int
    backbone: BackboneName
    alpha: float
    layers: list[Layer] | None = None
    folded: bool = False
    gfl: Gfl | None = None
    ssd: Ssd | None = None
    retinanet: RetinaNet | None = None
    faster_rcnn: FasterRcnn | None = None
    mask_rcnn: MaskRcnn | None = None
    yolo_v8: YoloV8 | None = None
    yolo_v1: YoloV1 | None = None
    localizer: Localizer | None = None
    keypoints: Keypoints | None = None
    keypoint_names: list[str] | None = None


class TrainedDetectorConfig(DetectorConfig):
    """The configuration of a trained detector.

    Attributes:
        init: The parameter ``train.init`` of the training.
        policy: The Keras dtype policy of the training.
        origin: With ``init`` "coco", the URL and the sha256 of the downloaded detector.
        tile: The side of the tiles on which it was trained, px of the picture; None for whole pictures.
        tile_overlap: The share of their side by which tiles overlap, with ``tile``.
    """

    seed: int
    init: Literal["pretrained", "coco", "checkpoint", "scratch"]
    policy: str
    origin: dict[str, str] | None = None
    tile: int | None = None
    tile_overlap: float | None = None


def section_names(architecture: str) -> tuple[str, ...]:
    """Return the names of an architecture's sections of ``params.yaml``, in the order of its class's arguments."""
    return ("faster_rcnn", "mask_rcnn") if architecture == "mask_rcnn" else (architecture,)


def write_config(folder: Path, config: Section) -> None:
    """Write ``model.json``. It also records the installed versions of TensorFlow and Keras.

    Fields that are None are left out.
    """
    versions = {"tensorflow": tf.__version__, "tf_keras": tf_keras.__version__}
    version = {} if VERSION == 1 else {"version": VERSION}
    write_json(folder / FILE, {**version, **config.model_dump(exclude_none=True), "versions": versions})


def read_config(folder: Path, kind: type[Config]) -> Config:
    """Read ``model.json``.

    Args:
        folder: The model directory that contains the file.
        kind: The class of the expected configuration.

    Raises:
        PipelineError: The file does not exist, is not JSON, has another version, or describes another kind of model.
    """
    path = folder / FILE
    try:
        values = read_json(path)
    except (FileNotFoundError, json.JSONDecodeError) as error:
        reason = "not found" if isinstance(error, FileNotFoundError) else f"not valid JSON: {error}"
        raise PipelineError(f"{path}: {reason}; run the stage that writes it") from None
    if not isinstance(values, dict):
        raise PipelineError(f"{path}: not a JSON object; run the stage that writes it")
    version = values.pop("version", 1)
    if version != VERSION:
        raise PipelineError(
            f"{path} has version {version}, but this code reads version {VERSION}; run the stage that writes it"
        )
    values.pop("versions", None)
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise PipelineError(f"{path}: {key}: {first['msg']}; run the stage that writes it") from None
