"""Every private name of a library that this project uses.

A new version of a library may rename or remove a private name without notice. They are therefore imported here only,
and a test names each of them. Where a library has a private hook, a class here turns it into a public method.
"""

from typing import Any

import tensorflow as tf
import tf_keras
from keras_cv.src.models.object_detection.yolo_v8.yolo_v8_detector import (
    BOX_REGRESSION_CHANNELS,
    apply_path_aggregation_fpn,
    decode_regression_to_boxes,
    dist2bbox,
    get_anchors,
)
from keras_cv.src.models.object_detection.yolo_v8.yolo_v8_layers import apply_conv_bn
from official.modeling.optimization.legacy_adamw import AdamWeightDecay
from official.vision.modeling.backbones.resnet import ResNet
from official.vision.ops.anchor import RpnAnchorLabeler
from tensorflow.core.protobuf.fingerprint_pb2 import FingerprintDef
from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph
from tf_keras.src.applications import efficientnet
from tf_keras.src.saving.legacy import hdf5_format
from tf_keras.src.utils.generic_utils import to_snake_case

__all__ = [
    "BOX_REGRESSION_CHANNELS",
    "AdamWithDecayRule",
    "FingerprintDef",
    "PreprocessingResNet",
    "SamplingAnchorLabeler",
    "TrackableObjectGraph",
    "all_layers",
    "apply_conv_bn",
    "apply_path_aggregation_fpn",
    "decode_regression_to_boxes",
    "dist2bbox",
    "efficientnet",
    "get_anchors",
    "hdf5_format",
    "to_snake_case",
]


def all_layers(model: tf_keras.Model) -> list[tf_keras.layers.Layer]:
    """Return all layers of a model, including those inside the blocks of Model Garden.

    ``model.submodules`` returns them too, but takes minutes for a network of 500 layers.
    """
    return list(model._flatten_layers(include_self=False))


class PreprocessingResNet(ResNet):
    """Model Garden's ResNet with a public hook before its first layer."""

    def preprocess(self, inputs: Any) -> Any:
        """Transform the input tensor; to be overridden."""
        return inputs

    def _stem(self, inputs: Any) -> Any:
        return super()._stem(self.preprocess(inputs))


class SamplingAnchorLabeler(RpnAnchorLabeler):
    """Model Garden's labeler of RPN anchors with a public hook for the sampling."""

    def sample(self, match_results: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Choose the anchors of one image that the loss looks at; to be overridden.

        Args:
            match_results: int32 [A]: the index of the matched box, -1 for no match, -2 for an anchor that is ignored.

        Returns:
            int32 [A] three times: the labels (1, 0, and -1 for what is not sampled), 2 for each sampled positive anchor,
            and 1 for each sampled negative one.
        """
        raise NotImplementedError

    def _get_rpn_samples(self, match_results: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        return self.sample(match_results)


class AdamWithDecayRule(AdamWeightDecay):
    """Model Garden's AdamW with a public rule for which variables decay.

    It updates each variable in one fused kernel, which on a CPU is twice as fast as Keras' own AdamW.
    """

    def decays(self, variable: Any) -> bool:
        """Return whether weight decay applies to a variable; to be overridden."""
        return True

    def _decay_weights_op(self, var: Any, learning_rate: Any, apply_state: Any) -> Any:
        if not self.decays(var):
            return tf.no_op()
        return super()._decay_weights_op(var, learning_rate, apply_state)
