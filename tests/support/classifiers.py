"""Configurations of classifiers for the tests."""

from typing import Any

from pipeline.models.weights.config import ClassifierConfig


def classifier_config(**changes: Any) -> ClassifierConfig:
    """Return the configuration of a small classifier.

    Args:
        changes: Field -> other value.
    """
    values = {
        "classes": ["cat", "dog", "cow"],
        "image_size": 32,
        "backbone": "simple_cnn",
        "alpha": 1.0,
        "mode": "finetune",
        "seed": 1,
        "policy": "float32",
    }
    return ClassifierConfig.model_validate(values | changes)
