"""Models with their weights, built from their model directories."""

from pathlib import Path

import tf_keras

from pipeline.errors import PipelineError
from pipeline.models.backbones.registry import build_backbone
from pipeline.models.classifier import configured_classifier
from pipeline.models.detectors.base import Detector
from pipeline.models.detectors.registry import build_detector
from pipeline.models.weights.config import (
    BackboneConfig,
    ClassifierConfig,
    TrainedDetectorConfig,
    read_config,
)
from pipeline.models.weights.directory import BACKBONE_WEIGHTS, load_network


def zoo_backbone(directory: Path) -> tuple[BackboneConfig, tf_keras.Model]:
    """Return the backbone of the zoo and its configuration.

    Raises:
        PipelineError: The directory holds no backbone.
    """
    config = read_config(directory, BackboneConfig)
    backbone = build_backbone(config.backbone, config.alpha, layers=config.layers)
    backbone.load_weights(directory / BACKBONE_WEIGHTS)
    return config, backbone


def trained_classifier(directory: Path) -> tuple[ClassifierConfig, tf_keras.Model, tf_keras.Model]:
    """Return the configuration of a trained classifier, its backbone, and the whole network.

    Raises:
        PipelineError: The directory holds no classifier, or the stage finetune trained none.
    """
    config = read_config(directory, ClassifierConfig)
    if config.why_none:
        raise PipelineError(f"{directory}: holds no classifier, because {config.why_none}")
    backbone, network = configured_classifier(config)
    load_network(network, directory)
    return config, backbone, network


def trained_detector(directory: Path) -> tuple[TrainedDetectorConfig, Detector]:
    """Return the configuration of a trained detector, and the detector.

    Raises:
        PipelineError: The directory holds no detector.
    """
    config = read_config(directory, TrainedDetectorConfig)
    detector = build_detector(config)
    load_network(detector.network, directory)
    return config, detector
