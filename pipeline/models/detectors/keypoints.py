"""The keypoints of the one object of an image: a heat map each, whose mean place is the keypoint.

The mean of a heat map is differentiable, so that the error of the place itself is the loss (Nibali et al. 2018,
"Numerical coordinate regression with convolutional neural networks").
"""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
import tf_keras

from pipeline.models.classifier import last_map
from pipeline.models.detectors.base import Candidates, ClassLayer, Tensors
from pipeline.models.detectors.dense_head import Tower, feature_pyramid
from pipeline.models.detectors.feature_grid import cell_centers, on_grid
from pipeline.models.detectors.one_object import OneObjectDetector, of_largest
from pipeline.ops.truth import Truth
from pipeline.params import detectors as sections

SIGMA = 1.0
"""Standard deviation of the wanted heat maps, in cells (section 3.3)."""

PEAK = 1.0 / (2.0 * np.pi * SIGMA**2)
"""The greatest value of a wanted heat map."""

VISIBLE = 2.0
"""The code of a visible keypoint."""


class KeypointTargets(NamedTuple):
    """The object of one image.

    Attributes:
        label: int32 [], in 1..K; 0 if the image has no object with keypoints.
        keypoints: float32 [N, 3], y and x, normalised, and the code; 0 is absent.
    """

    label: tf.Tensor
    keypoints: tf.Tensor


class Keypoints(OneObjectDetector):
    """A network with a heat map for each keypoint.

    Attributes:
        network: float32 [B, S, S, 3], RGB in [0, 255] -> {"heat_logits": float32 [B, A, N], for the A cells of the
            level; "visible_logits": float32 [B, N]; "class_logits": float32 [B, K]}.
    """

    class_layers = (ClassLayer("class_logits"),)

    def __init__(
        self,
        backbone: tf_keras.Model,
        section: sections.Keypoints,
        *,
        classes: int,
        image_size: int,
        keypoints: int,
    ) -> None:
        """Build the network with a random head.

        Args:
            backbone: A model as :func:`pipeline.models.backbones.registry.build_backbone` returns it.
            section: The section ``train.keypoints`` of ``params.yaml``.
            classes: K, the number of classes without the background.
            image_size: S, the side of the square input, px.
            keypoints: N, the number of keypoints of an object.
        """
        self.backbone = backbone
        self.keypoints = keypoints
        self._section = section
        image = tf_keras.Input([image_size, image_size, 3], name="image")
        maps = on_grid(backbone, image_size)(image)
        pyramid = feature_pyramid(maps, min_level=section.level, max_level=5, filters=section.filters)
        tower = Tower("heat", filters=section.filters, convolutions=section.convolutions, outputs=keypoints)
        heat = tower(pyramid[str(section.level)])
        self.cells: int = image_size // 2**section.level
        pooled = tf_keras.layers.GlobalAveragePooling2D(name="pool")(last_map(maps))
        outputs = {
            "heat_logits": tf_keras.layers.Reshape(
                [self.cells**2, keypoints], dtype="float32", name="heat_logits"
            )(heat),
            "visible_logits": tf_keras.layers.Dense(keypoints, dtype="float32", name="visible_logits")(
                pooled
            ),
            "class_logits": tf_keras.layers.Dense(classes, dtype="float32", name="class_logits")(pooled),
        }
        self.network = tf_keras.Model(image, outputs, name="keypoints")
        self._centers = cell_centers(self.cells, 1.0) / self.cells

    def encode(self, truth: Truth) -> KeypointTargets:
        """Return the largest object with a labelled keypoint."""
        given: Any = truth.keypoints
        labelled = tf.reduce_any(given[..., 2] > 0, axis=1) & ~truth.ignored
        return KeypointTargets(*of_largest(truth.boxes, labelled, [truth.labels, given]))

    def loss(self, outputs: Tensors, targets: KeypointTargets) -> dict[str, tf.Tensor]:
        """Return four losses, each averaged over the labelled keypoints, the class loss over the objects.

        Returns:
            "place_loss", the distance of the mean places, in halves of the image's side; "heat_loss", the
            Jensen-Shannon divergence from a Gaussian (equation 8); "visible_loss", whether a labelled keypoint is
            visible; and "class_loss".
        """
        places, codes = targets.keypoints[..., :2], targets.keypoints[..., 2]
        known = tf.cast(codes > 0, tf.float32)
        number = tf.maximum(tf.reduce_sum(known), 1.0)
        heat = tf.nn.softmax(outputs["heat_logits"], axis=1)
        offsets = 2.0 * (self._places(heat) - places)
        distance = tf.sqrt(tf.reduce_sum(offsets**2, axis=-1) + 1e-12)
        visible = tf.nn.sigmoid_cross_entropy_with_logits(
            labels=tf.cast(codes == VISIBLE, tf.float32), logits=outputs["visible_logits"]
        )
        objects = tf.cast(targets.label > 0, tf.float32)
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tf.maximum(targets.label - 1, 0), logits=outputs["class_logits"]
        )
        return {
            "place_loss": self._section.place_weight * tf.reduce_sum(distance * known) / number,
            "heat_loss": self._section.heat_weight
            * tf.reduce_sum(_divergence(heat, self._wanted(places)) * known)
            / number,
            "visible_loss": self._section.visible_weight * tf.reduce_sum(visible * known) / number,
            "class_loss": tf.reduce_sum(entropy * objects) / tf.maximum(tf.reduce_sum(objects), 1.0),
        }

    def candidates(self, outputs: Tensors) -> Candidates:
        """Return one box for each image, which encloses the keypoints.

        The score of its class is the mean sharpness of the heat maps: 1 if each is as sharp as it was taught. The
        scores of the other classes are 0.
        """
        heat = tf.nn.softmax(outputs["heat_logits"], axis=1)
        places = self._places(heat)
        sharpness = tf.reduce_mean(tf.minimum(tf.reduce_max(heat, axis=1) / PEAK, 1.0), axis=-1)
        visible = tf.sigmoid(outputs["visible_logits"])[..., None]
        box = tf.concat([tf.reduce_min(places, axis=1), tf.reduce_max(places, axis=1)], axis=-1)
        logits = outputs["class_logits"]
        scores = sharpness[:, None] * tf.one_hot(tf.argmax(logits, axis=-1), logits.shape[-1])
        keypoints = tf.concat([places, visible], axis=-1)
        return Candidates(box[:, None, None], scores[:, None], keypoints[:, None])

    def _places(self, heat: tf.Tensor) -> tf.Tensor:
        """Return the mean places of heat maps: float32 [B, A, N] -> float32 [B, N, 2], y and x, normalised."""
        return tf.einsum("ban,ac->bnc", heat, self._centers)

    def _wanted(self, places: tf.Tensor) -> tf.Tensor:
        """Return Gaussian heat maps: float32 [B, N, 2] -> float32 [B, A, N], whose sums over the cells are 1."""
        offsets = (self._centers[None, :, None] - places[:, None]) * float(self.cells)
        return tf.nn.softmax(-tf.reduce_sum(offsets**2, axis=-1) / (2.0 * SIGMA**2), axis=1)


def _divergence(heat: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
    """Return the Jensen-Shannon divergence of heat maps: float32 [B, A, N] each -> float32 [B, N]."""
    mean = (heat + wanted) / 2.0

    def relative(values: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(values * (tf.math.log(values + 1e-12) - tf.math.log(mean + 1e-12)), axis=1)

    return (relative(heat) + relative(wanted)) / 2.0
