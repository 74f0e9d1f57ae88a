"""The network of Faster R-CNN: the first stage proposes regions, the second classifies and refines each."""

from typing import Any, NamedTuple

import tensorflow as tf
import tf_keras
from official.vision.modeling.decoders.fpn import FPN
from official.vision.modeling.heads.dense_prediction_heads import RPNHead
from official.vision.modeling.heads.instance_heads import DetectionHead
from official.vision.modeling.layers.roi_aligner import MultilevelROIAligner
from official.vision.modeling.layers.roi_generator import MultilevelROIGenerator
from official.vision.modeling.layers.roi_sampler import ROISampler

from pipeline.models.backbones.batchnorm import HEAD_MOMENTUM
from pipeline.models.detectors.feature_grid import on_grid
from pipeline.models.detectors.pyramid_anchors import lay_anchors
from pipeline.ops.balanced_sampling import sampling_order
from pipeline.params import detectors as sections

MIN_LEVEL = 2
"""The finest level of the pyramid: P2, whose cells have 4 px."""

BEST_ANCHORS = 1000
"""The anchors of a level with the highest scores. Only they become proposals."""

RANK_STEP = 1e-5
"""Share of its score that an anchor loses for each better anchor of its level. Single precision keeps it apart."""


class PaddedTruth(NamedTuple):
    """The ground truth of a batch, padded to G objects, from which the second stage samples its regions.

    Attributes:
        boxes: float32 [B, G, 4], yxyx, px; 0 in the padding.
        classes: int32 [B, G], in 1..K; 0 in the padding and -1 for ignored objects.
        seed: int32 [B, 2], the seed of each image's sample.
    """

    boxes: tf.Tensor
    classes: tf.Tensor
    seed: tf.Tensor


class TwoStageNetwork(tf_keras.Model):
    """The first stage proposes regions; the second classifies and refines each."""

    def __init__(
        self, backbone: tf_keras.Model, section: sections.FasterRcnn, *, classes: int, image_size: int
    ) -> None:
        """Build both stages with random heads.

        Args:
            backbone: A model as :func:`pipeline.models.backbones.registry.build_backbone` returns it.
            section: The section ``train.faster_rcnn`` of ``params.yaml``.
            classes: K, the number of classes without the background.
            image_size: S, the side of the square input, px.
        """
        super().__init__(name="faster_rcnn")
        self.maps = on_grid(backbone, image_size)
        self.anchors = lay_anchors(section, MIN_LEVEL, image_size)
        self.image_shape = tf.constant([[image_size, image_size]], tf.float32)
        momentum = {"norm_momentum": HEAD_MOMENTUM}
        self.pyramid = FPN(
            self.maps.output_specs, MIN_LEVEL, section.max_level, num_filters=section.filters, **momentum
        )
        anchors_per_cell = section.scales * len(section.aspect_ratios)
        self.rpn_head = RPNHead(
            MIN_LEVEL, section.max_level, anchors_per_cell, num_filters=section.filters, **momentum
        )
        # boxes in pixels need more digits than bfloat16 has
        self.propose = MultilevelROIGenerator(
            nms_iou_threshold=section.proposal_nms_iou,
            num_proposals=section.proposals,
            test_nms_iou_threshold=section.proposal_nms_iou,
            test_num_proposals=section.proposals,
            use_batched_nms=True,
            dtype="float32",
        )
        self.sampled_rois = min(section.sampled_rois, section.proposals)
        self.roi_foreground = section.roi_foreground
        self.match = ROISampler(
            foreground_iou_threshold=section.roi_match_iou,
            background_iou_high_threshold=section.roi_match_iou,
            skip_subsampling=True,  # Model Garden's sampler shares one random state between images
            dtype="float32",
        )
        self.align = MultilevelROIAligner(crop_size=section.roi_size)
        self.detection_head = DetectionHead(
            classes + 1,
            num_convs=0,
            num_filters=section.filters,
            num_fcs=1,
            fc_dims=section.head_units,
            **momentum,
        )
        self(tf.zeros([1, image_size, image_size, 3]))  # creates the variables

    def call(
        self,
        images: tf.Tensor,
        truth: PaddedTruth | None = None,
        training: bool | None = None,
        portable: bool = False,
    ) -> dict[str, Any]:
        """Run both stages.

        Args:
            images: float32 [B, S, S, 3], RGB in [0, 255].
            truth: If it is given, the second stage runs on a sample of the proposals and the true boxes. Otherwise it
                runs on all proposals.
            training: Whether BatchNorm runs in training mode. It also selects the number of proposals.
            portable: Whether the proposals are suppressed in plain operations, which is slower. Other runtimes lack the
                one that TensorFlow has for it.

        Returns:
            "rpn_scores", "rpn_codes": dicts of level -> logits and offsets; "rois": float32 [B, R, 4], yxyx, px;
            "class_logits": float32 [B, R, K + 1]; "box_codes": float32 [B, R, (K + 1) * 4]; "features": the pyramid.
            With ``truth`` also the box, the class and the index of the object that each region was matched to:
            "roi_boxes", float32 [B, R, 4], yxyx, px; "roi_classes" and "roi_truth", int32 [B, R].
        """
        features = self.pyramid(self.maps(images))
        scores, codes = (_float32(outputs) for outputs in self.rpn_head(features))
        rois = tf.stop_gradient(self._proposals(scores, codes, training, portable))
        outputs = {"rpn_scores": scores, "rpn_codes": codes, "features": features}
        if truth is not None:
            rois, boxes, classes, indices = self._sampled(rois, truth)
            outputs |= {"roi_boxes": boxes, "roi_classes": classes, "roi_truth": indices}
        logits, box_codes = self.detection_head(self.align(features, rois))
        return outputs | {
            "rois": rois,
            "class_logits": tf.cast(logits, tf.float32),
            "box_codes": tf.cast(box_codes, tf.float32),
        }

    def _proposals(
        self, scores: dict[str, tf.Tensor], codes: dict[str, tf.Tensor], training: bool | None, portable: bool
    ) -> tf.Tensor:
        """Suppress the best anchors of each level, so that both suppressions choose from the same boxes."""
        levels = {level: _best_anchors(scores[level], codes[level], self.anchors[level]) for level in scores}
        best_scores, best_codes, anchors = (
            {level: values[place] for level, values in levels.items()} for place in range(3)
        )
        image_shape = tf.tile(self.image_shape, [tf.shape(next(iter(scores.values())))[0], 1])
        propose = self._portable_propose() if portable else self.propose
        rois, _ = propose(best_codes, best_scores, anchors, image_shape, training)
        return rois

    def _portable_propose(self) -> MultilevelROIGenerator:
        return MultilevelROIGenerator(**self.propose.get_config() | {"use_batched_nms": False})

    def _sampled(self, rois: tf.Tensor, truth: PaddedTruth) -> list[tf.Tensor]:
        """Match the proposals and the true boxes to the objects, and sample regions by each image's seed.

        Returns:
            The regions, and the boxes, classes and indices of the objects that they were matched to.
        """
        padding = truth.classes == 0
        rois, boxes, classes, indices = self.match(
            rois, tf.where(padding[..., None], -1.0, truth.boxes), tf.where(padding, -1, truth.classes)
        )
        count = tf.shape(rois)[1]
        draws = tf.map_fn(
            lambda seed: tf.random.stateless_uniform([count], seed),
            truth.seed,
            fn_output_signature=tf.TensorSpec([None], tf.float32),
        )
        invalid = tf.reduce_max(rois, axis=-1) < 0
        most = max(1, int(self.roi_foreground * self.sampled_rois))
        order = sampling_order(draws, indices >= 0, ~invalid, most_positives=most)
        sampled = tf.math.top_k(order, self.sampled_rois).indices
        return [tf.gather(values, sampled, batch_dims=1) for values in (rois, boxes, classes, indices)]


def _best_anchors(
    scores: tf.Tensor, codes: tf.Tensor, anchors: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Return the scores, offsets and boxes of the best N anchors of a level, as a map of one anchor in each cell.

    Even surfaces give many anchors exactly the same score, which the suppressions would order differently. The scores
    therefore decrease a little with the rank.

    Args:
        scores: float32 [B, H, W, A], logits.
        codes: float32 [B, H, W, 4 * A].
        anchors: float32 [H, W, 4 * A], yxyx, px.

    Returns:
        float32 [B, N, 1, 1], logits, strictly descending; [B, N, 1, 4] and [B, N, 1, 4]. N is the number of
        anchors, at most ``BEST_ANCHORS``.
    """
    _, height, width, per_cell = scores.shape
    batch, count = tf.shape(scores)[0], height * width * per_cell
    best, places = tf.math.top_k(tf.reshape(scores, [-1, count]), min(BEST_ANCHORS, count))
    ranked = tf.sigmoid(best) * (1.0 - RANK_STEP * tf.range(1, best.shape[1] + 1, dtype=tf.float32))
    logits = tf.math.log(ranked) - tf.math.log(1.0 - ranked)  # ONNX has no log1p
    own_codes = tf.gather(tf.reshape(codes, [batch, count, 4]), places, batch_dims=1)
    own_anchors = tf.gather(tf.reshape(anchors, [count, 4]), places)
    return logits[..., None, None], own_codes[:, :, None], own_anchors[:, :, None]


def _float32(levels: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    return {level: tf.cast(value, tf.float32) for level, value in levels.items()}
