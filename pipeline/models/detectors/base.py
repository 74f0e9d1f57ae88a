"""What every detector is: a network, an encoder, a loss and a decoder."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import tensorflow as tf
import tf_keras

Tensors = Mapping[str, Any]


class Detector(ABC):
    """A detector.

    Attributes:
        network: Holds all the weights. Images, float32 [B, S, S, 3], RGB in [0, 255] -> raw outputs.
        backbone: The part of it that came from the zoo.
        uses_masks: Whether the truth must bring "masks", and detections have them.
        mask_crop: M, the side of the truth's masks, in cells.
    """

    network: tf_keras.Model
    backbone: tf_keras.Model
    uses_masks = False
    mask_crop = 0

    @property
    def garden_parts(self) -> dict[str, Any]:
        """The parts that a checkpoint of Model Garden may have, by its names for them."""
        return {"backbone": self.backbone}

    @abstractmethod
    def encode(self, truth: Tensors) -> dict[str, tf.Tensor]:
        """Turn the unpadded ground truth of one image into targets of fixed shapes; it runs inside ``tf.data``.

        Args:
            truth: "boxes": float32 [G, 4], yxyx, normalised; "labels": int32 [G], in 1..K; "ignored": bool [G],
                difficult and crowd boxes, which count neither way. G may be 0. With ``uses_masks`` also "masks":
                float32 [G, M, M], in [0, 1], each in the frame of its box; "has_mask": bool [G], False where
                the truth has none and "masks" means nothing. In training also "seed": int32 [2], of what is drawn.
        """

    def forward(self, images: tf.Tensor, targets: Tensors, *, training: bool) -> Any:
        """Give the raw outputs in training; a detector of two stages looks at the targets to choose its samples."""
        return self.network(images, training=training)

    @abstractmethod
    def loss(self, outputs: Tensors, targets: Tensors) -> dict[str, tf.Tensor]:
        """Give named scalar losses of raw outputs, whose sum is minimised."""

    @abstractmethod
    def decode(
        self, outputs: Tensors, *, score_threshold: float, nms_iou: float, max_detections: int
    ) -> dict[str, tf.Tensor]:
        """Turn the network's raw outputs into detections, as :func:`pipeline.ops.nms.class_wise_nms` does."""
