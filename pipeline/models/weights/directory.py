"""The weights files of a model directory."""

from pathlib import Path

import tensorflow as tf
import tf_keras

from pipeline.errors import PipelineError, one_line

BACKBONE_WEIGHTS = "backbone.weights.h5"
"""Name of the Keras weights file of a backbone."""

NETWORK_WEIGHTS = "network"
"""Prefix of the TensorFlow checkpoint of a network, which consists of two files.

Neither weights format of Keras 2 can store a whole network. ``.weights.h5`` silently leaves out layers in nested lists,
such as the BatchNorm layers in the heads of Model Garden. ``.h5`` stores the weights in an order that depends on which
layers are frozen, so a file of a partly frozen model does not load into an unfrozen one.
"""


def save_network(network: tf_keras.Model, folder: Path) -> None:
    """Write all weights of a network to a model directory, as a TensorFlow checkpoint."""
    tf.train.Checkpoint(network).write(str(folder / NETWORK_WEIGHTS))


def load_network(network: tf_keras.Model, folder: Path) -> None:
    """Load all weights of a network from a model directory.

    Args:
        network: A network with the same layers as the saved one. Other layers may be frozen than when it was saved.
        folder: The model directory that :func:`save_network` wrote to.

    Raises:
        PipelineError: The checkpoint does not exist or belongs to another network.
    """
    try:
        tf.train.Checkpoint(network).read(str(folder / NETWORK_WEIGHTS)).assert_existing_objects_matched()
    except (tf.errors.OpError, AssertionError, ValueError) as error:
        raise PipelineError(
            f"{folder / NETWORK_WEIGHTS}: {one_line(error)}; run the stage that writes it"
        ) from None
