"""The weights in a model directory, beside its ``model.json``."""

from pathlib import Path

import tensorflow as tf
import tf_keras

from pipeline.errors import PipelineError

BACKBONE_WEIGHTS = "backbone.weights.h5"
NETWORK_WEIGHTS = "network"
"""Prefix of a TensorFlow checkpoint of two files. Neither layout of Keras 2 can be used: ``.weights.h5`` silently leaves
out layers that are kept in lists of lists, such as the BatchNorm layers of Model Garden's heads, and a ``.h5`` file that
was saved from a partly frozen model does not load into an unfrozen one."""


def save_network(network: tf_keras.Model, folder: Path) -> None:
    """Write all weights of a network to a model directory."""
    tf.train.Checkpoint(network).write(str(folder / NETWORK_WEIGHTS))


def load_network(network: tf_keras.Model, folder: Path) -> None:
    """Load all weights of a network, which must be built as the saved one was; other layers may be frozen.

    Raises:
        PipelineError: The weights are absent or belong to another network.
    """
    try:
        tf.train.Checkpoint(network).read(str(folder / NETWORK_WEIGHTS)).assert_existing_objects_matched()
    except (tf.errors.OpError, AssertionError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise PipelineError(f"{folder / NETWORK_WEIGHTS}: {reason}; run the stage that writes it") from None
