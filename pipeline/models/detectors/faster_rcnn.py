"""Faster R-CNN (Ren et al. 2015) with a feature pyramid (Lin et al. 2017): Model Garden's, on any zoo backbone."""

from typing import Any, NamedTuple

import tensorflow as tf
import tf_keras
from official.vision.losses.maskrcnn_losses import (
    FastrcnnBoxLoss,
    FastrcnnClassLoss,
    RpnBoxLoss,
    RpnScoreLoss,
)
from official.vision.ops.box_ops import decode_boxes, encode_boxes

from pipeline.models.detectors.base import Candidates, ClassLayer, Detector, Targets, Tensors
from pipeline.models.detectors.pyramid_anchors import flatten_levels
from pipeline.models.detectors.two_stage_network import PaddedTruth, TwoStageNetwork
from pipeline.models.upstream import SamplingAnchorLabeler
from pipeline.ops.balanced_sampling import balanced_sample
from pipeline.ops.boxes import pairwise_iou
from pipeline.ops.matching import BOX_CODE_WEIGHTS
from pipeline.ops.padding import at_least_one_row
from pipeline.ops.truth import Truth
from pipeline.params import detectors as sections

RPN_HUBER_DELTA = 1 / 9
"""The distance, in box codes, from which on the first stage's box loss is linear."""

RPN_POSITIVE_FRACTION = 0.5
"""The share of positive anchors in the sample that the loss of the region proposal network uses (section 3.1.3)."""

IGNORED = -1
"""The class of difficult and crowd boxes. Its one-hot vector is zero, and so is its loss."""


class FasterRcnnTargets(NamedTuple):
    """The targets of both stages for one image.

    Attributes:
        rpn_scores: For each level, int32 [H, W, anchors per cell]: 1 for an object, 0 for background, -1 for anchors
            that do not count.
        rpn_codes: For each level, float32 [H, W, anchors per cell * 4], offsets of the matched box from the anchor.
        truth: The objects, from which the second stage samples its regions.
    """

    rpn_scores: dict[str, tf.Tensor]
    rpn_codes: dict[str, tf.Tensor]
    truth: PaddedTruth


class SeededAnchorLabeler(SamplingAnchorLabeler):
    """Model Garden's labeler of anchors, whose samples depend on a seed alone.

    The original draws from one random state that images share, so that its samples depend on their order.
    """

    def __init__(self, seed: tf.Tensor, *, match_iou: float, unmatched_iou: float, count: int) -> None:
        """Create a labeler that samples ``count`` anchors by ``seed``, int32 [2].

        Anchors whose IoU is between ``unmatched_iou`` and ``match_iou`` do not count.
        """
        super().__init__(match_iou, unmatched_iou, count, RPN_POSITIVE_FRACTION)
        self._seed, self._count = seed, count

    def sample(self, match_results: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Sample anchors, and return their labels, int32 [A], and the masks of positives and negatives, int32 [A].

        A label is 1 for a sampled positive, 0 for a sampled negative and -1 for the others.

        Args:
            match_results: int32 [A], the index of the matched box; -1 for none, -2 for anchors that do not count.
        """
        positive = match_results >= 0
        sampled = balanced_sample(
            tf.random.stateless_uniform(match_results.shape, self._seed),
            positive,
            match_results >= -1,
            count=self._count,
            most_positives=max(1, int(self._count * RPN_POSITIVE_FRACTION)),
        )
        positives, negatives = (tf.cast(sampled & kind, tf.int32) for kind in (positive, ~positive))
        return 2 * positives + negatives - 1, 2 * positives, negatives


class FasterRcnn(Detector):
    """A detector of two stages: the first proposes regions, the second classifies and refines each.

    Attributes:
        network: A :class:`TwoStageNetwork`.
    """

    class_layers: tuple[ClassLayer, ...] = (
        ClassLayer("detection-scores", background=True),
        ClassLayer("detection-boxes", background=True, width=4),
    )

    def __init__(
        self, backbone: tf_keras.Model, section: sections.FasterRcnn, *, classes: int, image_size: int
    ) -> None:
        """Build the detector with random heads.

        Args:
            backbone: A model as :func:`pipeline.models.backbones.registry.build_backbone` returns it.
            section: The section ``train.faster_rcnn`` of ``params.yaml``.
            classes: K, the number of classes without the background.
            image_size: S, the side of the square input, px.
        """
        self.backbone = backbone
        self.image_size = image_size
        self.match_iou = section.match_iou
        self.unmatched_iou = section.unmatched_iou
        self.sampled_anchors = section.sampled_anchors
        self.network = TwoStageNetwork(backbone, section, classes=classes, image_size=image_size)

    @property
    def garden_parts(self) -> dict[str, Any]:
        """The parts of Model Garden's R-CNN."""
        return {
            "backbone": self.backbone,
            "decoder": self.network.pyramid,
            "rpn_head": self.network.rpn_head,
            "detection_head/0": self.network.detection_head,
        }

    def encode(self, truth: Truth) -> Targets:
        """Label a sample of the anchors for the first stage; the second samples its regions from the objects.

        Without a seed, as in validation, the samples are drawn with a seed of zeros.

        Returns:
            :class:`FasterRcnnTargets`.
        """
        anchors = self.network.anchors
        seed = tf.zeros([2], tf.int32) if truth.seed is None else truth.seed
        boxes = truth.boxes * float(self.image_size)
        counted = tf.boolean_mask(boxes, ~truth.ignored)
        labels = tf.ones([tf.shape(counted)[0], 1], tf.int32)
        labeler = SeededAnchorLabeler(
            tf.random.fold_in(seed, 0),
            match_iou=self.match_iou,
            unmatched_iou=self.unmatched_iou,
            count=self.sampled_anchors,
        )
        scores, codes = labeler.label_anchors(anchors, counted, labels)
        ignored = tf.boolean_mask(boxes, truth.ignored)
        scores = {level: self._without(ignored, anchors[level], score) for level, score in scores.items()}
        classes = tf.where(truth.ignored, IGNORED, truth.labels)
        padded = PaddedTruth(
            boxes=at_least_one_row(boxes),
            classes=at_least_one_row(classes),
            seed=tf.random.fold_in(seed, 1),
        )
        return FasterRcnnTargets(rpn_scores=scores, rpn_codes=codes, truth=padded)

    def _without(self, ignored: tf.Tensor, anchors: tf.Tensor, scores: tf.Tensor) -> tf.Tensor:
        """Return ``scores`` with -1 for the negative anchors that overlap an ignored object.

        Args:
            ignored: float32 [G', 4], yxyx, px, the boxes of the ignored objects.
            anchors: float32 [H, W, anchors per cell * 4], yxyx, px.
            scores: int32 [H, W, anchors per cell].
        """
        overlap = pairwise_iou(tf.reshape(anchors, [-1, 4]), ignored)
        on_ignored = tf.reshape(tf.reduce_any(overlap >= self.unmatched_iou, axis=1), tf.shape(scores))
        return tf.where((scores == 0) & on_ignored, -1, scores)

    def assigned(self, truth: Truth) -> tf.Tensor:
        """Return the anchors of the first stage that are sampled as objects."""
        scores = flatten_levels(self.encode(truth).rpn_scores, 1)[:, 0]
        anchors = flatten_levels(self.network.anchors, 4)
        return tf.boolean_mask(anchors, scores == 1) / float(self.image_size)

    def forward(self, images: tf.Tensor, targets: Targets, *, training: bool) -> Any:
        """Run the network, its second stage on sampled regions."""
        return self.network(images, targets.truth, training=training)

    def portable_outputs(self, images: tf.Tensor) -> Tensors:
        """Run the network, with a suppression of the proposals that is written in plain operations."""
        return self.network(images, training=False, portable=True)

    def loss(self, outputs: Tensors, targets: Targets) -> dict[str, tf.Tensor]:
        """Return the class loss and the box loss of each stage (equation 1 for the first stage, and for the second)."""
        classes = outputs["roi_classes"]
        box_targets = encode_boxes(outputs["roi_boxes"], outputs["rois"], BOX_CODE_WEIGHTS)
        box_targets = tf.where(classes[..., None] > 0, box_targets, 0.0)
        return {
            "rpn_class_loss": RpnScoreLoss(self.sampled_anchors)(outputs["rpn_scores"], targets.rpn_scores),
            "rpn_box_loss": RpnBoxLoss(RPN_HUBER_DELTA)(outputs["rpn_codes"], targets.rpn_codes),
            "class_loss": FastrcnnClassLoss()(outputs["class_logits"], classes),
            "box_loss": FastrcnnBoxLoss(1.0)(outputs["box_codes"], classes, box_targets),
        }

    def candidates(self, outputs: Tensors) -> Candidates:
        """Return the refined boxes of each proposal, one for each class."""
        scores = tf.nn.softmax(outputs["class_logits"])[..., 1:]
        shape = tf.shape(outputs["class_logits"])
        codes = tf.reshape(outputs["box_codes"], tf.concat([shape, [4]], axis=0))[:, :, 1:]
        rois = tf.tile(outputs["rois"][:, :, None], [1, 1, shape[2] - 1, 1])
        boxes = decode_boxes(codes, rois, BOX_CODE_WEIGHTS) / float(self.image_size)
        return Candidates(boxes, scores)
