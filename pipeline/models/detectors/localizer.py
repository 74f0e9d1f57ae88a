"""The localizer: a network that regresses the box of the one object of an image by least squares."""

from typing import Any, NamedTuple

import tensorflow as tf
import tf_keras

from pipeline.models.classifier import last_map
from pipeline.models.detectors.base import Candidates, ClassLayer, Tensors
from pipeline.models.detectors.dense_head import KERNEL_STDDEV
from pipeline.models.detectors.feature_grid import cell_centers, on_grid
from pipeline.models.detectors.one_object import OneObjectDetector, of_largest
from pipeline.ops.truth import Truth
from pipeline.params import detectors as sections

CELL_CHANNELS = 64
"""Channels to which the last feature map is reduced."""

MOMENTUM = 0.97
"""Momentum of the statistics of the head's BatchNorm."""

INITIAL_BOX = (0.0, 0.0, 0.5, 0.5)
"""The initial biases of the box: no offset of its center from the attended place, and half of the image's sides."""


class LocalizerTargets(NamedTuple):
    """The object of one image.

    Attributes:
        label: int32 [], in 1..K; 0 if the image has no object that counts.
        box: float32 [4], yxyx, normalised.
    """

    label: tf.Tensor
    box: tf.Tensor


class Localizer(OneObjectDetector):
    """A network with one box, and, if asked for, the class of the object in it.

    An attention map over the cells of the last feature map gives a place, its mean, and the features there. From these
    come the offset of the box's center from the place, its sides and its class. A fully connected layer over all cells
    would learn each place by itself, from many more images.

    Attributes:
        network: float32 [B, S, S, 3], RGB in [0, 255] -> {"box": float32 [B, 4], normalised: x1, y1, x2, y2 if
            ``target`` is "corners", and x1, y1, width, height if it is "corner_size"; "class_logits": float32 [B, K]
            if ``classify`` is true}.
    """

    class_layers = (ClassLayer("class_logits"),)

    def __init__(
        self, backbone: tf_keras.Model, section: sections.Localizer, *, classes: int, image_size: int
    ) -> None:
        """Build the localizer with a random head.

        Args:
            backbone: A model as :func:`pipeline.models.backbones.registry.build_backbone` returns it.
            section: The section ``train.localizer`` of ``params.yaml``.
            classes: K, the number of classes without the background.
            image_size: S, the side of the square input, px.
        """
        self.backbone = backbone
        self._section = section
        self._classes = classes
        image = tf_keras.Input([image_size, image_size, 3], name="image")
        features = last_map(on_grid(backbone, image_size)(image))
        features = tf_keras.layers.Conv2D(CELL_CHANNELS, 3, padding="same", use_bias=False, name="reduced")(
            features
        )
        features = _normalised(features, "reduced")
        place, features = _attended(features)
        features = tf_keras.layers.Dense(section.units, use_bias=False, name="hidden")(features)
        features = _normalised(features, "hidden")
        box = tf_keras.layers.Dense(
            4,
            kernel_initializer=tf_keras.initializers.RandomNormal(stddev=KERNEL_STDDEV),
            bias_initializer=tf_keras.initializers.Constant(INITIAL_BOX),
            dtype="float32",
            name="offset_and_sides",
        )(features)
        center, sides = place + box[:, :2], box[:, 2:]
        start = center - sides / 2.0
        end = start + sides if section.target == "corners" else sides
        outputs: dict[str, Any] = {"box": tf.concat([start, end], axis=-1)}
        if section.classify:
            # dropout would add noise to the box, whose numbers depend on all features
            features = tf_keras.layers.Dropout(section.dropout, name="dropout")(features)
            outputs["class_logits"] = tf_keras.layers.Dense(classes, dtype="float32", name="class_logits")(
                features
            )
        self.network = tf_keras.Model(image, outputs, name="localizer")

    def encode(self, truth: Truth) -> LocalizerTargets:
        """Return the largest object that counts. Augmentation may have removed the object of an image."""
        return LocalizerTargets(*of_largest(truth.boxes, ~truth.ignored, [truth.labels, truth.boxes]))

    def loss(self, outputs: Tensors, targets: LocalizerTargets) -> dict[str, tf.Tensor]:
        """Return "box_loss", the squared error of the four numbers, and "class_loss" if ``classify`` is true.

        Both are averaged over the images with an object, and multiplied by their weights.
        """
        counted = tf.cast(targets.label > 0, tf.float32)
        number = tf.maximum(tf.reduce_sum(counted), 1.0)
        squares = tf.math.squared_difference(outputs["box"], self._numbers(targets.box))
        losses = {
            "box_loss": self._section.box_weight
            * tf.reduce_sum(tf.reduce_sum(squares, axis=-1) * counted)
            / number
        }
        if self._section.classify:
            entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=tf.maximum(targets.label - 1, 0), logits=outputs["class_logits"]
            )
            losses["class_loss"] = self._section.class_weight * tf.reduce_sum(entropy * counted) / number
        return losses

    def candidates(self, outputs: Tensors) -> Candidates:
        """Return the one box of each image, with the probabilities of the classes.

        Without ``classify``, the score of class 1 is 1, and that of the others 0.
        """
        boxes = tf.clip_by_value(self._box(outputs["box"]), 0.0, 1.0)
        if self._section.classify:
            scores = tf.nn.softmax(outputs["class_logits"])
        else:
            scores = tf.one_hot(tf.zeros_like(boxes[:, 0], tf.int32), self._classes)
        return Candidates(boxes[:, None, None], scores[:, None])

    def _numbers(self, box: tf.Tensor) -> tf.Tensor:
        """Return the four numbers of boxes: float32 [B, 4], yxyx -> float32 [B, 4]."""
        y_min, x_min, y_max, x_max = tf.unstack(box, axis=-1)
        if self._section.target == "corners":
            return tf.stack([x_min, y_min, x_max, y_max], axis=-1)
        return tf.stack([x_min, y_min, x_max - x_min, y_max - y_min], axis=-1)

    def _box(self, numbers: tf.Tensor) -> tf.Tensor:
        """Return the boxes of four numbers: the inverse of :meth:`_numbers`. A box is never inverted."""
        x_min, y_min, *last = tf.unstack(numbers, axis=-1)
        x_max, y_max = last if self._section.target == "corners" else (x_min + last[0], y_min + last[1])
        return tf.stack([y_min, x_min, tf.maximum(y_max, y_min), tf.maximum(x_max, x_min)], axis=-1)


def _normalised(features: Any, name: str) -> Any:
    features = tf_keras.layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_norm")(features)
    return tf_keras.layers.ReLU(name=f"{name}_relu")(features)


def _attended(features: Any) -> tuple[Any, Any]:
    """Return the place that an attention map attends to, and the features there.

    Args:
        features: [B, A, A, C].

    Returns:
        float32 [B, 2], x and y, normalised; and [B, C].
    """
    side, channels = features.shape[2:]
    logits = tf_keras.layers.Conv2D(1, 1, dtype="float32", name="attention")(features)
    attention = tf.nn.softmax(tf.reshape(logits, [-1, side**2]), axis=-1)
    centers = cell_centers(side, 1.0)[:, ::-1] / side
    cells = tf.reshape(tf.cast(features, tf.float32), [-1, side**2, channels])
    return tf.matmul(attention, centers), tf.einsum("ba,bac->bc", attention, cells)
