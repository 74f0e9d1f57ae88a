"""Mask R-CNN (He et al. 2017): Faster R-CNN with a third head, Model Garden's, that predicts a mask for each object."""

from typing import Any, NamedTuple

import tensorflow as tf
import tf_keras
from official.vision.losses.maskrcnn_losses import MaskrcnnLoss
from official.vision.modeling.heads.instance_heads import MaskHead
from official.vision.modeling.layers.mask_sampler import MaskSampler
from official.vision.modeling.layers.roi_aligner import MultilevelROIAligner

from pipeline.models.backbones.batchnorm import HEAD_MOMENTUM
from pipeline.models.detectors.base import ClassLayer, Targets, Tensors
from pipeline.models.detectors.faster_rcnn import FasterRcnn, FasterRcnnTargets
from pipeline.ops.nms import Suppression
from pipeline.ops.padding import at_least_one_row
from pipeline.ops.truth import Truth
from pipeline.params import detectors as sections

ROI_SIZE = 14
"""Side of the features that the mask head gets of a region, in cells."""

UPSAMPLE = 2
"""Side of a predicted mask, as a multiple of :data:`ROI_SIZE`."""


class MaskRcnnTargets(NamedTuple):
    """The targets of the three heads for one image.

    Attributes:
        regions: The targets of Faster R-CNN.
        masks: float32 [G, M, M], in [0, 1], each covering its own box.
        has_mask: int32 [G], 1 if the object has a mask, 0 if not.
    """

    regions: FasterRcnnTargets
    masks: tf.Tensor
    has_mask: tf.Tensor


class MaskRcnn(FasterRcnn):
    """A detector of two stages whose detections have masks."""

    uses_masks = True
    mask_crop = 2 * ROI_SIZE * UPSAMPLE
    class_layers = (*FasterRcnn.class_layers, ClassLayer("mask-logits", background=True))

    def __init__(
        self,
        backbone: tf_keras.Model,
        section: sections.FasterRcnn,
        mask_section: sections.MaskRcnn,
        *,
        classes: int,
        image_size: int,
    ) -> None:
        """Build the detector with random heads.

        Args:
            backbone: A model as :func:`pipeline.models.backbones.registry.build_backbone` returns it.
            section: The section ``train.faster_rcnn`` of ``params.yaml``.
            mask_section: The section ``train.mask_rcnn``.
            classes: K, the number of classes without the background.
            image_size: S, the side of the square input, px.
        """
        super().__init__(backbone, section, classes=classes, image_size=image_size)
        # among the network's own layers, so that its weights are saved and trained with the rest
        self.network.mask_align = MultilevelROIAligner(crop_size=ROI_SIZE)
        self.network.mask_head = MaskHead(
            classes + 1,
            upsample_factor=UPSAMPLE,
            num_convs=mask_section.mask_convolutions,
            num_filters=mask_section.mask_filters,
            norm_momentum=HEAD_MOMENTUM,
        )
        sampled = min(mask_section.sampled_masks, self.network.sampled_rois)
        self._sample = MaskSampler(ROI_SIZE * UPSAMPLE, sampled, dtype="float32")
        outputs = self.network(tf.zeros([1, image_size, image_size, 3]))
        self._predict_masks(
            outputs["features"], outputs["rois"][:, :1], tf.zeros([1, 1], tf.int32)
        )  # creates the variables

    @property
    def garden_parts(self) -> dict[str, Any]:
        """The parts of Model Garden's Mask R-CNN."""
        return super().garden_parts | {"mask_head": self.network.mask_head}

    def encode(self, truth: Truth) -> Targets:
        """Encode the boxes as Faster R-CNN does, and keep the masks.

        Args:
            truth: The objects with their masks.

        Returns:
            :class:`MaskRcnnTargets`.
        """
        assert truth.masks is not None and truth.has_mask is not None
        has_mask = tf.cast(truth.has_mask, tf.int32)
        return MaskRcnnTargets(
            regions=super().encode(truth),
            masks=at_least_one_row(truth.masks),
            has_mask=at_least_one_row(has_mask),
        )

    def forward(self, images: tf.Tensor, targets: Targets, *, training: bool) -> Any:
        """Run the network on sampled regions, and the mask head on those that are matched to an object with a mask."""
        outputs = super().forward(images, targets.regions, training=training)
        truth = tf.maximum(outputs["roi_truth"], 0)
        has_mask = tf.gather(targets.has_mask, truth, batch_dims=1) > 0
        # the mask head skips regions of class 0: background, objects without a mask, and crowds
        classes = tf.where(has_mask, tf.maximum(outputs["roi_classes"], 0), 0)
        rois, classes, masks = self._sample(
            outputs["rois"], outputs["roi_boxes"], classes, truth, targets.masks
        )
        logits = self._predict_masks(outputs["features"], tf.stop_gradient(rois), classes, training=training)
        return outputs | {
            "mask_logits": logits,
            "mask_classes": classes,
            "roi_masks": tf.stop_gradient(masks),
        }

    def loss(self, outputs: Tensors, targets: Targets) -> dict[str, tf.Tensor]:
        """Return the losses of Faster R-CNN and "mask_loss", the mean cross-entropy of the masks' cells (section 3)."""
        mask_loss = MaskrcnnLoss()(outputs["mask_logits"], outputs["roi_masks"], outputs["mask_classes"])
        return super().loss(outputs, targets.regions) | {"mask_loss": mask_loss}

    def decode(self, outputs: Tensors, suppression: Suppression) -> dict[str, tf.Tensor]:
        """Turn raw outputs into detections with masks.

        Returns:
            The detections of Faster R-CNN, and "masks": float32 [B, D, 28, 28], the probability of the object in each
            cell of its box.
        """
        detections = super().decode(outputs, suppression)
        boxes = detections["boxes"] * float(self.image_size)
        logits = self._predict_masks(outputs["features"], boxes, detections["classes"])
        return detections | {"masks": tf.sigmoid(logits)}

    def _predict_masks(
        self, features: Any, boxes: tf.Tensor, classes: tf.Tensor, training: bool = False
    ) -> tf.Tensor:
        """Return the logits of the masks, float32 [B, R, 28, 28], in boxes, float32 [B, R, 4], yxyx, px."""
        regions = self.network.mask_align(features, boxes)
        return tf.cast(self.network.mask_head([regions, classes], training=training), tf.float32)
