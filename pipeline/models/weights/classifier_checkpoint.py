"""Starting a classifier from the weights of an earlier one."""

from pathlib import Path

import tf_keras

from pipeline.errors import PipelineError
from pipeline.models.trained import trained_classifier
from pipeline.models.weights.class_rows import equal_names, with_kept_rows
from pipeline.models.weights.config import ClassifierConfig
from pipeline.models.weights.earlier import classifier_keys, misfit

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
    if wrong := misfit(earlier.model_dump(), config.model_dump(), classifier_keys(config.head)):
        raise PipelineError(f"{folder}: {wrong}")
    kept = equal_names(config.classes, earlier.classes)
    sizes = {"rows": len(config.classes), "given_rows": len(earlier.classes)}
    for layer, source in zip(network.layers, donor.layers, strict=True):
        weights = source.get_weights()
        if layer.name == LAST_LAYER:
            pairs = zip(layer.get_weights(), weights, strict=True)
            weights = [with_kept_rows(value, given, kept, **sizes) for value, given in pairs]
        layer.set_weights(weights)
    return f"{folder}: all layers; {len(kept)} of {len(config.classes)} classes are in it"
