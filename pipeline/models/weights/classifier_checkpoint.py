"""Starting a classifier from the weights of an earlier one."""

from pathlib import Path
from typing import Any

import tf_keras

from pipeline.errors import PipelineError
from pipeline.models.trained import trained_classifier
from pipeline.models.weights.config import ClassifierConfig

LAST_LAYER = "class"
"""The layer with a column of weights for each class."""


def start_from(network: tf_keras.Model, config: ClassifierConfig, folder: Path) -> str:
    """Load the weights of an earlier classifier. The columns of classes with other names stay random.

    Args:
        network: The classifier with random weights.
        config: Its configuration.
        folder: The model directory of the earlier classifier.

    Returns:
        What was loaded, in a line.

    Raises:
        PipelineError: The directory holds no classifier, or one of another network.
    """
    earlier, _, donor = trained_classifier(folder)
    _refuse_others(earlier, config, folder)
    for layer, source in zip(network.layers, donor.layers, strict=True):
        if layer.name != LAST_LAYER:
            layer.set_weights(source.get_weights())
    kept = [name for name in config.classes if name in earlier.classes]
    columns = [(config.classes.index(name), earlier.classes.index(name)) for name in kept]
    _copy_columns(network.get_layer(LAST_LAYER), donor.get_layer(LAST_LAYER), columns)
    return f"{folder}: all layers; {len(kept)} of {len(config.classes)} classes are in it"


def _refuse_others(earlier: ClassifierConfig, config: ClassifierConfig, folder: Path) -> None:
    """Raise an error if the weights of the earlier classifier do not fit, apart from those of the classes."""
    names = ["backbone", "alpha", "layers", "head", *(["image_size"] if config.head == "own" else [])]
    for name in names:
        given, needed = getattr(earlier, name), getattr(config, name)
        if given != needed:
            raise PipelineError(
                f"{folder}: its {name} is {given}, but that of this training is {needed}; make them equal in "
                "params.yaml"
            )


def _copy_columns(layer: Any, source: Any, columns: list[tuple[int, int]]) -> None:
    """Copy the weights of some classes.

    Args:
        layer: The last layer of the classifier.
        source: The last layer of the earlier classifier.
        columns: Pairs of the class's place in ``layer`` and in ``source``.
    """
    weights = layer.get_weights()
    for values, given in zip(weights, source.get_weights(), strict=True):
        for column, from_column in columns:
            values[..., column] = given[..., from_column]
    layer.set_weights(weights)
