"""The self-describing model directory: ``model.json`` and the weights that belong to it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf
import tf_keras

from pipeline.artifacts import read_json, write_json
from pipeline.errors import PipelineError

FACTS = "model.json"

BACKBONE_WEIGHTS = "backbone.weights.h5"

NETWORK_WEIGHTS = "network"
"""Prefix of a TensorFlow checkpoint, two files. Neither layout of Keras 2 will do: ``.weights.h5`` silently leaves out
layers that are kept in lists of lists, such as the BatchNorm of Model Garden's heads, and ``.h5`` does not load into an
unfrozen model what a partly frozen one saved."""


def save_network(network: tf_keras.Model, folder: Path) -> None:
    """Write all the weights of a network to a model directory."""
    tf.train.Checkpoint(network).write(str(folder / NETWORK_WEIGHTS))


def load_network(network: tf_keras.Model, folder: Path) -> None:
    """Load all the weights of a network, which must be built as the saved one was; frozen layers may differ.

    Raises:
        PipelineError: the weights are absent, or of another network.
    """
    try:
        tf.train.Checkpoint(network).read(str(folder / NETWORK_WEIGHTS)).assert_existing_objects_matched()
    except (tf.errors.OpError, AssertionError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise PipelineError(f"{folder / NETWORK_WEIGHTS}: {reason}; run the stage that writes it") from None


def write_facts(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write what later stages must know of a model, and the versions it was made with."""
    versions = {"tensorflow": tf.__version__, "tf_keras": tf_keras.__version__}
    write_json(folder / FACTS, {**facts, "versions": versions})


def read_facts(folder: Path) -> dict[str, Any]:
    """Read ``model.json``.

    Raises:
        PipelineError: it is absent or not JSON.
    """
    try:
        return read_json(folder / FACTS)
    except (FileNotFoundError, json.JSONDecodeError) as error:
        raise PipelineError(f"{folder / FACTS}: {error}; run the stage that writes it") from None
