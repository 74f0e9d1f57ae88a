"""Generalized focal loss (Li et al. 2020) on a feature pyramid, with adaptive training sample selection."""

from typing import NamedTuple

import tensorflow as tf
import tf_keras

from pipeline.models.detectors.base import Candidates, ClassLayer, Detector, Tensors
from pipeline.models.detectors.dense_head import Tower, feature_pyramid
from pipeline.models.detectors.dense_outputs import PRIOR_LOGIT, concatenate_levels
from pipeline.models.detectors.feature_grid import cell_centers, on_grid
from pipeline.ops import boxes as box_ops
from pipeline.ops.atss import select_samples
from pipeline.ops.distribution import distribution_focal_loss, expected_values, side_distances
from pipeline.ops.truth import Truth
from pipeline.params import detectors as sections

BINS = 17
"""Values of a distance, in cells: 0, 1 ... 16, as in the paper (section 3.2)."""

IGNORED = -1
"""The label of cells that learn nothing: those of an ignored object, and those inside it that have no other object."""

BETA = 2.0
"""The exponent of the quality focal loss (equation 2)."""

GIOU_WEIGHT = 2.0
DISTRIBUTION_WEIGHT = 0.25


class GflTargets(NamedTuple):
    """The targets of the cells of one image.

    Attributes:
        labels: int32 [A], in 1..K for positive cells, 0 for background, :data:`IGNORED` for cells that learn nothing.
        boxes: float32 [A, 4], yxyx, px, the object of each positive cell.
    """

    labels: tf.Tensor
    boxes: tf.Tensor


class Gfl(Detector):
    """A detector of one stage without anchors: each cell predicts the quality of its box for each class, and one box.

    Attributes:
        network: float32 [B, S, S, 3], RGB in [0, 255] -> {"class_logits": float32 [B, A, K]; "distances":
            float32 [B, A, 4 * BINS], for the top, left, bottom and right side the logits of its distance from the
            cell's center being 0, 1 .. 16 cells}.
        centers: float32 [A, 2], y and x, px.
        strides: float32 [A, 1], px.
    """

    class_layers = (ClassLayer("class_output"),)

    def __init__(
        self, backbone: tf_keras.Model, section: sections.Gfl, *, classes: int, image_size: int
    ) -> None:
        """Build the detector with random heads.

        Args:
            backbone: A model as :func:`pipeline.models.backbones.registry.build_backbone` returns it.
            section: The section ``train.gfl`` of ``params.yaml``.
            classes: K, the number of classes without the background.
            image_size: S, the side of the square input, px.
        """
        self.backbone = backbone
        self.image_size = image_size
        self._classes = classes
        maps = on_grid(backbone, image_size)
        image = tf_keras.Input([image_size, image_size, 3], name="image")
        pyramid = feature_pyramid(
            maps(image), min_level=section.min_level, max_level=section.max_level, filters=section.filters
        )
        size = {"filters": section.filters, "convolutions": section.convolutions}
        classify = Tower("class", **size, outputs=classes, bias=PRIOR_LOGIT)
        locate = Tower("distance", **size, outputs=4 * BINS)
        outputs = {
            "class_logits": concatenate_levels(map(classify, pyramid.values()), classes, "class_logits"),
            "distances": concatenate_levels(map(locate, pyramid.values()), 4 * BINS, "distances"),
        }
        self.network = tf_keras.Model(image, outputs, name="gfl")
        levels = range(section.min_level, section.max_level + 1)
        self._centers = [cell_centers(pyramid[str(level)].shape[1], 2**level) for level in levels]
        self._sides = [section.anchor_size * 2**level for level in levels]
        self.centers = tf.concat(self._centers, axis=0)
        self.strides = tf.concat(
            [
                tf.fill([len(cells), 1], 2.0**level)
                for cells, level in zip(self._centers, levels, strict=True)
            ],
            axis=0,
        )

    def encode(self, truth: Truth) -> GflTargets:
        """Assign the objects of one image to cells."""
        boxes = truth.boxes * float(self.image_size)
        indices, positive = select_samples(self._centers, self._sides, boxes)
        padded = tf.concat([boxes, tf.zeros([1, 4])], axis=0)  # an image may have no objects
        labels = tf.concat([tf.where(truth.ignored, IGNORED, truth.labels), [0]], axis=0)
        excused = box_ops.contain(tf.boolean_mask(boxes, truth.ignored), self.centers)
        background = tf.where(tf.reduce_any(excused, axis=0), IGNORED, 0)
        return GflTargets(
            labels=tf.where(positive, tf.gather(labels, indices), background),
            boxes=tf.gather(padded, indices),
        )

    def assigned(self, truth: Truth) -> tf.Tensor:
        """Return the cells that learn an object."""
        half = self.strides / 2.0
        cells = tf.concat([self.centers - half, self.centers + half], axis=-1)
        return tf.boolean_mask(cells, self.encode(truth).labels > 0) / float(self.image_size)

    def loss(self, outputs: Tensors, targets: GflTargets) -> dict[str, tf.Tensor]:
        """Return "class_loss" (equation 2), "box_loss" (generalised IoU) and "distance_loss" (equation 6)."""
        logits, distances = outputs["class_logits"], outputs["distances"]
        positive = targets.labels > 0
        iou, giou = box_ops.iou_and_giou(self._boxes(distances), targets.boxes)
        quality = tf.where(positive, tf.stop_gradient(iou), 0.0)
        expected = tf.one_hot(targets.labels - 1, self._classes) * quality[..., None]
        scores = tf.stop_gradient(tf.sigmoid(logits))
        count = tf.maximum(tf.reduce_sum(tf.cast(positive, tf.float32)), 1.0)
        entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=expected, logits=logits)
        focal = tf.abs(expected - tf.sigmoid(logits)) ** BETA * entropy
        focal = tf.where(targets.labels == IGNORED, 0.0, tf.reduce_sum(focal, axis=-1))
        weights = tf.where(positive, tf.reduce_max(scores, axis=-1), 0.0)
        total = tf.maximum(tf.reduce_sum(weights), 1e-3)
        sides = side_distances(targets.boxes, self.centers, self.strides, BINS)
        return {
            "class_loss": tf.reduce_sum(focal) / count,
            "box_loss": GIOU_WEIGHT * tf.reduce_sum((1.0 - giou) * weights) / total,
            "distance_loss": DISTRIBUTION_WEIGHT
            * tf.reduce_sum(distribution_focal_loss(distances, sides, BINS) * weights)
            / total,
        }

    def candidates(self, outputs: Tensors) -> Candidates:
        """Return the box of each cell, with the quality of its box for each class as the scores."""
        boxes = self._boxes(outputs["distances"]) / float(self.image_size)
        return Candidates(boxes[:, :, None, :], tf.sigmoid(outputs["class_logits"]))

    def _boxes(self, distances: tf.Tensor) -> tf.Tensor:
        """Return the predicted boxes, float32 [B, A, 4], yxyx, px, whose sides are at their expected distances."""
        sides = expected_values(distances, BINS) * self.strides
        return tf.concat([self.centers - sides[..., :2], self.centers + sides[..., 2:]], axis=-1)
