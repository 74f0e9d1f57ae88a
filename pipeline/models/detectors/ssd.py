"""SSD, the single-shot multibox detector (Liu et al. 2016), on any backbone of the zoo."""

from typing import Any, NamedTuple

import tensorflow as tf
import tf_keras
from official.vision.ops.box_ops import decode_boxes, encode_boxes

from pipeline.models.detectors.base import Candidates, ClassLayer, Detector, Tensors
from pipeline.models.detectors.dense_head import KERNEL_STDDEV
from pipeline.models.detectors.ssd_features import LEVELS, depthwise
from pipeline.ops.default_boxes import boxes_per_cell, default_boxes
from pipeline.ops.hard_negatives import hard_negatives
from pipeline.ops.matching import BOX_CODE_WEIGHTS, match
from pipeline.ops.truth import Truth
from pipeline.params import detectors as sections


class SsdTargets(NamedTuple):
    """The targets of the anchors of one image.

    Attributes:
        labels: int32 [A], in 1..K for positive anchors, 0 for background, -1 for anchors matched to an ignored object.
        box_codes: float32 [A, 4], offsets of the matched box from the anchor, yxhw; zeros unless the anchor is
            positive.
    """

    labels: tf.Tensor
    box_codes: tf.Tensor


class Ssd(Detector):
    """A detector of one stage: default boxes on several feature levels, a class and a box for each.

    Attributes:
        network: float32 [B, S, S, 3], RGB in [0, 255] -> {"class_logits": float32 [B, A, K + 1], class 0 being
            background; "box_codes": float32 [B, A, 4], offsets from the anchors, yxhw}.
        anchors: float32 [A, 4], yxyx, normalised: the default boxes.
        backbone: The part of the network that came from the zoo.
    """

    class_layers = (ClassLayer(r"class_\d+", background=True),)

    def __init__(
        self, backbone: tf_keras.Model, section: sections.Ssd, *, classes: int, image_size: int
    ) -> None:
        """Build the detector with random heads.

        Args:
            backbone: A model as :func:`pipeline.models.backbones.registry.build_backbone` returns it.
            section: The section ``train.ssd`` of ``params.yaml``.
            classes: K, the number of classes without the background.
            image_size: S, the side of the square input, px.
        """
        self.backbone = backbone
        self.match_iou = section.match_iou
        self.negatives_per_positive = section.negatives_per_positive
        image = tf_keras.Input([image_size, image_size, 3], name="image")
        levels = LEVELS[section.variant](backbone, image)
        grids = [(level.shape[1], level.shape[2]) for level in levels]
        self.anchors = tf.constant(default_boxes(grids, section.min_scale, section.max_scale))
        self.network = tf_keras.Model(image, _heads(levels, classes, section.variant == "lite"), name="ssd")

    def encode(self, truth: Truth) -> SsdTargets:
        """Match the anchors to the objects of one image (section 2.2, "Matching strategy")."""
        if tf.equal(tf.shape(truth.boxes)[0], 0):
            labels, codes = tf.zeros([len(self.anchors)], tf.int32), tf.zeros_like(self.anchors)
        else:
            matched, positive = match(self.anchors, truth.boxes, self.match_iou)
            labels = tf.where(positive, tf.gather(tf.where(truth.ignored, -1, truth.labels), matched), 0)
            codes = encode_boxes(tf.gather(truth.boxes, matched), self.anchors, BOX_CODE_WEIGHTS)
            codes = tf.where((labels > 0)[:, None], codes, 0.0)
        return SsdTargets(labels=labels, box_codes=codes)

    def assigned(self, truth: Truth) -> tf.Tensor:
        """Return the default boxes that are matched to an object."""
        return tf.boolean_mask(self.anchors, self.encode(truth).labels > 0)

    def loss(self, outputs: Tensors, targets: SsdTargets) -> dict[str, tf.Tensor]:
        """Return the two terms of equation 1, each summed over the batch and divided by the number of positives.

        Returns:
            "class_loss", the softmax cross-entropy of positives and hard negatives; and "box_loss", the smooth L1
            distance of the positives' offsets.
        """
        labels = targets.labels
        positive = labels > 0
        count = tf.maximum(tf.reduce_sum(tf.cast(positive, tf.float32)), 1.0)
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tf.maximum(labels, 0), logits=outputs["class_logits"]
        )
        mined = hard_negatives(tf.where(labels < 0, -1.0, entropy), positive, self.negatives_per_positive)
        counted = positive | (mined & (labels == 0))
        distance = tf.abs(outputs["box_codes"] - targets.box_codes)
        smooth_l1 = tf.where(distance < 1.0, 0.5 * distance**2, distance - 0.5)
        return {
            "class_loss": tf.reduce_sum(tf.where(counted, entropy, 0.0)) / count,
            "box_loss": tf.reduce_sum(tf.where(positive[..., None], smooth_l1, 0.0)) / count,
        }

    def candidates(self, outputs: Tensors) -> Candidates:
        """Return the box of each default box. Class-wise suppression follows (section 2.2, end)."""
        boxes = decode_boxes(outputs["box_codes"], self.anchors, BOX_CODE_WEIGHTS)
        scores = tf.nn.softmax(outputs["class_logits"])[..., 1:]
        return Candidates(boxes[:, :, None, :], scores)


def _heads(levels: list[Any], classes: int, lite: bool) -> dict[str, Any]:
    """Predict class logits and box codes on each level by one 3x3 convolution each. SSDLite's are separable."""
    logits: list[Any] = []
    codes: list[Any] = []
    for index, (level, boxes) in enumerate(zip(levels, boxes_per_cell(len(levels)), strict=True)):
        for outputs, width, name in (
            (logits, classes + 1, f"class_{index}"),
            (codes, 4, f"box_{index}"),
        ):
            x = depthwise(level, 1, f"{name}_depthwise") if lite else level
            convolution = tf_keras.layers.Conv2D(
                boxes * width,
                1 if lite else 3,
                padding="same",
                kernel_initializer=tf_keras.initializers.RandomNormal(stddev=KERNEL_STDDEV),
                dtype="float32",
                name=name,
            )
            flatten = tf_keras.layers.Reshape([-1, width], dtype="float32", name=f"{name}_flat")
            outputs.append(flatten(convolution(x)))
    concatenate = tf_keras.layers.Concatenate
    return {
        "class_logits": concatenate(axis=1, dtype="float32", name="class_logits")(logits),
        "box_codes": concatenate(axis=1, dtype="float32", name="box_codes")(codes),
    }
