"""RetinaNet (Lin et al. 2017, "Focal loss for dense object detection"): Model Garden's, on any backbone of the zoo."""

from typing import Any, NamedTuple

import tensorflow as tf
import tf_keras
from official.vision.losses.focal_loss import FocalLoss
from official.vision.modeling.decoders.fpn import FPN
from official.vision.modeling.heads.dense_prediction_heads import RetinaNetHead
from official.vision.ops.anchor import AnchorLabeler
from official.vision.ops.box_ops import decode_boxes

from pipeline.models.backbones.batchnorm import HEAD_MOMENTUM
from pipeline.models.detectors.base import Candidates, ClassLayer, Detector, Tensors
from pipeline.models.detectors.dense_outputs import concatenate_levels
from pipeline.models.detectors.feature_grid import on_grid
from pipeline.models.detectors.pyramid_anchors import flatten_levels, in_order, lay_anchors
from pipeline.ops.truth import Truth
from pipeline.params import detectors as sections

MIN_LEVEL = 3
"""The finest level of the pyramid: P3, whose cells have 8 px."""

HUBER_DELTA = 0.1
"""The distance, in box codes, from which on the box loss is linear, as in Model Garden."""

BOX_LOSS_WEIGHT = 50.0
"""The weight of the box loss, as in Model Garden. It is large because so small a delta makes the loss small."""

IGNORED = -2
"""The label of anchors that are matched to a difficult or crowd box. Unmatched anchors have -1 in Model Garden."""


class RetinaNetTargets(NamedTuple):
    """The targets of the anchors of one image.

    Attributes:
        labels: int32 [A], in 1..K for positive anchors, -1 for unmatched ones, :data:`IGNORED` for anchors matched to
            an ignored object.
        box_codes: float32 [A, 4], offsets of the matched box from the anchor, yxhw.
        class_weights: float32 [A], 1 for anchors that count in the class loss, 0 for the others.
        box_weights: float32 [A], 1 for anchors that count in the box loss, 0 for the others.
    """

    labels: tf.Tensor
    box_codes: tf.Tensor
    class_weights: tf.Tensor
    box_weights: tf.Tensor


class RetinaNet(Detector):
    """A detector of one stage over a feature pyramid.

    Attributes:
        network: float32 [B, S, S, 3], RGB in [0, 255] -> {"class_logits": float32 [B, A, K + 1], one sigmoid a class,
            class 0 being unused; "box_codes": float32 [B, A, 4], offsets from the anchors, yxhw}.
        anchors: float32 [A, 4], yxyx, px.
    """

    class_layers = (ClassLayer("scores", background=True),)

    def __init__(
        self, backbone: tf_keras.Model, section: sections.RetinaNet, *, classes: int, image_size: int
    ) -> None:
        """Build the detector with random heads.

        Args:
            backbone: A model as :func:`pipeline.models.backbones.registry.build_backbone` returns it.
            section: The section ``train.retinanet`` of ``params.yaml``.
            classes: K, the number of classes without the background.
            image_size: S, the side of the square input, px.
        """
        self.backbone = backbone
        self.image_size = image_size
        maps = on_grid(backbone, image_size)
        self.pyramid = FPN(
            maps.output_specs,
            MIN_LEVEL,
            section.max_level,
            num_filters=section.filters,
            norm_momentum=HEAD_MOMENTUM,
        )
        self.head = RetinaNetHead(
            MIN_LEVEL,
            section.max_level,
            num_classes=classes + 1,
            num_anchors_per_location=section.scales * len(section.aspect_ratios),
            num_convs=section.convolutions,
            num_filters=section.filters,
            norm_momentum=HEAD_MOMENTUM,
        )
        image = tf_keras.Input([image_size, image_size, 3], name="image")
        logits, codes, _ = self.head(self.pyramid(maps(image)))
        outputs = {
            "class_logits": concatenate_levels(in_order(logits), classes + 1, "class_logits"),
            "box_codes": concatenate_levels(in_order(codes), 4, "box_codes"),
        }
        self.network = tf_keras.Model(image, outputs, name="retinanet")
        self._levels = lay_anchors(section, MIN_LEVEL, image_size)
        self.anchors = flatten_levels(self._levels, 4)
        self._labeler = AnchorLabeler(section.match_iou, section.unmatched_iou)
        self._focal = FocalLoss(
            section.focal_alpha, section.focal_gamma, reduction=tf_keras.losses.Reduction.SUM
        )
        self._huber = tf_keras.losses.Huber(HUBER_DELTA, reduction=tf_keras.losses.Reduction.SUM)

    @property
    def garden_parts(self) -> dict[str, Any]:
        """The parts of Model Garden's RetinaNet."""
        return {"backbone": self.backbone, "decoder": self.pyramid, "head": self.head}

    def encode(self, truth: Truth) -> RetinaNetTargets:
        """Match the anchors to the objects of one image (section 4, "Anchors")."""
        labels, codes, _, class_weights, box_weights = self._labeler.label_anchors(
            self._levels,
            truth.boxes * float(self.image_size),
            tf.where(truth.ignored, IGNORED, truth.labels)[:, None],
        )
        flat_labels = flatten_levels(labels, 1)[:, 0]
        counted = tf.cast(flat_labels != IGNORED, tf.float32)
        return RetinaNetTargets(
            labels=flat_labels,
            box_codes=flatten_levels(codes, 4),
            class_weights=class_weights * counted,
            box_weights=box_weights * counted,
        )

    def assigned(self, truth: Truth) -> tf.Tensor:
        """Return the anchors that are matched to an object."""
        return tf.boolean_mask(self.anchors, self.encode(truth).labels > 0) / float(self.image_size)

    def loss(self, outputs: Tensors, targets: RetinaNetTargets) -> dict[str, tf.Tensor]:
        """Return "class_loss" (focal, equation 5) and "box_loss" (Huber), each divided by the number of positives."""
        logits = outputs["class_logits"]
        positives = tf.reduce_sum(targets.box_weights) + 1.0
        expected = tf.one_hot(targets.labels, logits.shape[-1])
        class_loss = self._focal(expected, logits, sample_weight=targets.class_weights / positives)
        box_loss = self._huber(
            targets.box_codes, outputs["box_codes"], sample_weight=targets.box_weights / positives
        )
        return {"class_loss": class_loss, "box_loss": BOX_LOSS_WEIGHT * box_loss}

    def candidates(self, outputs: Tensors) -> Candidates:
        """Return the box of each anchor."""
        boxes = decode_boxes(outputs["box_codes"], self.anchors) / float(self.image_size)
        return Candidates(boxes[:, :, None, :], tf.sigmoid(outputs["class_logits"])[..., 1:])
