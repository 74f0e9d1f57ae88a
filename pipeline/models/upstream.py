"""All private names of libraries that this project uses.

A new version of a library may rename or remove a private name without notice. Private names are therefore used in
this module and in ``upstream_keras_cv`` only, and ``tests/models/test_upstream.py`` checks that each of them exists.
Where the project overrides a private method of a library, a class here turns it into a public method.
"""

from typing import Any

import tensorflow as tf
import tf_keras
from official.modeling.optimization.legacy_adamw import AdamWeightDecay
from official.vision.modeling.backbones.resnet import ResNet
from official.vision.ops.anchor import RpnAnchorLabeler
from tensorflow.core.protobuf.fingerprint_pb2 import FingerprintDef
from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph
from tensorflow.lite.python.convert_phase import ConverterError
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2
from tf_keras.src.applications import efficientnet
from tf_keras.src.saving.legacy import hdf5_format
from tf_keras.src.utils.generic_utils import to_snake_case

__all__ = [
    "AdamWithDecayRule",
    "ConverterError",
    "FingerprintDef",
    "PreprocessingResNet",
    "SamplingAnchorLabeler",
    "TrackableObjectGraph",
    "all_layers",
    "consumers",
    "convert_variables_to_constants_v2",
    "efficientnet",
    "hdf5_format",
    "layer_before",
    "layers_before",
    "to_snake_case",
]


def layer_before(layer: tf_keras.layers.Layer) -> tf_keras.layers.Layer:
    """Return the layer that computes the only input of a layer of a functional model."""
    return layer.input._keras_history.layer


def layers_before(layer: tf_keras.layers.Layer) -> list[tf_keras.layers.Layer]:
    """Return the layers whose outputs a layer of a functional model reads. An input layer reads none."""
    return [node.layer for node in layer._inbound_nodes[0].parent_nodes]


def consumers(layer: tf_keras.layers.Layer) -> set[str]:
    """Return the names of the layers that read the output of a layer of a functional model."""
    return {node.layer.name for node in layer._outbound_nodes}


def all_layers(model: tf_keras.Model) -> list[tf_keras.layers.Layer]:
    """Return all layers of a model, including those inside the blocks of Model Garden.

    ``model.submodules`` returns the same layers, but takes minutes for a network of 500 layers.
    """
    return list(model._flatten_layers(include_self=False))


class PreprocessingResNet(ResNet):
    """Model Garden's ResNet with a public method for preprocessing."""

    def preprocess(self, inputs: Any) -> Any:
        """Return the input of the first layer, [B, H, W, 3]. Subclasses override this method."""
        return inputs

    def _stem(self, inputs: Any) -> Any:
        return super()._stem(self.preprocess(inputs))


class SamplingAnchorLabeler(RpnAnchorLabeler):
    """Model Garden's labeler of RPN anchors with a public method for the sampling."""

    def sample(self, match_results: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Choose the anchors of one image that are part of the loss. Subclasses override this method.

        Args:
            match_results: int32 [A], the index of the matched box; -1 for no match; -2 for an ignored anchor.

        Returns:
            Three tensors, int32 [A]. The first holds the labels: 1 for a sampled positive anchor, 0 for a sampled
            negative one, and -1 for an anchor that is not sampled. The second holds 2 for each sampled positive anchor,
            and the third holds 1 for each sampled negative anchor.
        """
        raise NotImplementedError

    def _get_rpn_samples(self, match_results: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        return self.sample(match_results)


class AdamWithDecayRule(AdamWeightDecay):
    """Model Garden's AdamW with a public method that chooses the variables with weight decay.

    It updates each variable with one fused kernel. On a CPU this is twice as fast as the AdamW of Keras.
    """

    def decays(self, variable: Any) -> bool:
        """Return whether weight decay applies to a variable. Subclasses override this method."""
        return True

    def _decay_weights_op(self, var: Any, learning_rate: Any, apply_state: Any) -> Any:
        if not self.decays(var):
            return tf.no_op()
        return super()._decay_weights_op(var, learning_rate, apply_state)
