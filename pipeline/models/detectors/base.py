"""The interface of all detectors: a network, an encoder of targets, a loss and a decoder of detections."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf
import tf_keras

from pipeline.ops.nms import Suppression, suppress
from pipeline.ops.truth import Truth

Tensors = Mapping[str, Any]

Targets = Any
"""A NamedTuple of tensors, which each detector defines beside its ``encode``.

The shapes are fixed, but for a first axis that may be as long as the image has objects, and at least 1. In a batch this
axis is padded with zeros to the longest.
"""


class ClassLayer(NamedTuple):
    """A layer of which some channels belong to single classes.

    The last axis of its weights and biases has the channels ``before``, and then, for each anchor in turn, ``width``
    channels for each class.

    Attributes:
        name: A regular expression that matches the whole name of the layer.
        background: Whether the channels of the background come before those of the classes.
        before: Number of channels that belong to no class.
        width: Number of channels of a class.
    """

    name: str
    background: bool = False
    before: int = 0
    width: int = 1


class Candidates(NamedTuple):
    """What a network finds in a batch of B images, before overlapping boxes are suppressed.

    Attributes:
        boxes: float32, yxyx, normalised; [B, N, 1, 4] if a candidate has one box for all classes, or [B, N, K, 4] if it
            has one for each class.
        scores: float32 [B, N, K], in [0, 1], without background.
        keypoints: float32 [B, N, P, 3], y and x, normalised, and the probability that it is visible; None for a
            detector without keypoints.
    """

    boxes: tf.Tensor
    scores: tf.Tensor
    keypoints: tf.Tensor | None = None


class Detector(ABC):
    """A detector: its network, and the functions that encode targets, compute losses and decode detections.

    Attributes:
        network: Holds all the weights. Images, float32 [B, S, S, 3], RGB in [0, 255] -> raw outputs.
        backbone: The part of the network that came from the zoo.
        uses_masks: Whether the ground truth must have masks. The detections have masks then, too.
        mask_crop: M, the side of the truth's masks, in cells; 0 for a detector without masks.
        keypoints: N, the number of keypoints of an object; 0 for a detector without keypoints.
        objects_per_image: The most objects of an image that it can find; None for no limit.
        class_layers: The layers of the network with channels of single classes.
    """

    network: tf_keras.Model
    backbone: tf_keras.Model
    uses_masks = False
    mask_crop = 0
    keypoints = 0
    objects_per_image: int | None = None
    class_layers: tuple[ClassLayer, ...]

    @property
    def garden_parts(self) -> dict[str, Any]:
        """The parts of the network that a Model Garden checkpoint may contain, by their names there."""
        return {"backbone": self.backbone}

    @abstractmethod
    def encode(self, truth: Truth) -> Targets:
        """Turn the ground truth of one image into targets. The function runs inside ``tf.data``.

        Args:
            truth: It has masks if ``uses_masks`` is set, and a seed in training.
        """

    def assigned(self, truth: Truth) -> tf.Tensor | None:
        """Return the default boxes, anchors or cells that learn the objects of one image.

        Args:
            truth: The objects, without masks.

        Returns:
            float32 [M, 4], yxyx, normalised. None if the detector has no such places, or assigns them by its outputs.
        """
        return None

    def forward(self, images: tf.Tensor, targets: Targets, *, training: bool) -> Any:
        """Return the raw outputs that the loss takes. A detector of two stages samples its regions by the targets.

        Args:
            images: float32 [B, S, S, 3], RGB in [0, 255].
            targets: The results of ``encode``, batched.
            training: Whether layers such as BatchNorm run in training mode.
        """
        return self.network(images, training=training)

    def portable_outputs(self, images: tf.Tensor) -> Tensors:
        """Return the raw outputs of ``network`` for images in use, by operations that other runtimes have, too.

        Args:
            images: float32 [B, S, S, 3], RGB in [0, 255].
        """
        return self.network(images, training=False)

    @abstractmethod
    def loss(self, outputs: Tensors, targets: Targets) -> dict[str, tf.Tensor]:
        """Return named losses, float32 [], whose sum is minimised.

        Args:
            outputs: The raw outputs of ``forward``.
            targets: The results of ``encode``, batched.
        """

    @abstractmethod
    def candidates(self, outputs: Tensors) -> Candidates:
        """Turn the network's raw outputs into boxes with scores, of which many may show the same object.

        Args:
            outputs: The raw outputs of ``network``.
        """

    @staticmethod
    def select(candidates: Candidates, suppression: Suppression) -> dict[str, tf.Tensor]:
        """Choose the detections among the candidates. It needs no weights, so that exported files share it.

        Returns:
            The detections as :func:`pipeline.ops.nms.suppress` returns them.
        """
        return suppress(candidates.boxes, candidates.scores, suppression)

    def decode(self, outputs: Tensors, suppression: Suppression) -> dict[str, tf.Tensor]:
        """Turn the network's raw outputs into detections.

        Args:
            outputs: The raw outputs of ``network``.

        Returns:
            The detections as :meth:`select` returns them. With ``uses_masks`` also "masks": float32 [B, D, M', M'], the
            probability of the object in each cell of its box.
        """
        return self.select(self.candidates(outputs), suppression)
