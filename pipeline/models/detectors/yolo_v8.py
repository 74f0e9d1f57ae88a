"""YOLOv8 (Jocher et al. 2023): keras-cv's implementation, on any backbone of the zoo."""

from typing import Any, NamedTuple

import tensorflow as tf
import tf_keras
from keras_cv.losses import CIoULoss
from keras_cv.models.yolov8 import LabelEncoder

from pipeline.models.backbones.batchnorm import BATCHNORM_MOMENTUM
from pipeline.models.detectors.base import Candidates, ClassLayer, Detector, Tensors
from pipeline.models.detectors.dense_outputs import PRIOR_LOGIT
from pipeline.models.detectors.feature_grid import on_grid
from pipeline.models.upstream_keras_cv import (
    BOX_REGRESSION_CHANNELS,
    apply_conv_bn,
    apply_path_aggregation_fpn,
    decode_regression_to_boxes,
    dist2bbox,
    get_anchors,
)
from pipeline.ops import boxes as box_ops
from pipeline.ops.distribution import distribution_focal_loss, side_distances
from pipeline.ops.padding import at_least_one_row
from pipeline.ops.truth import Truth
from pipeline.params import detectors as sections

LEVELS = {"3": 256, "4": 512, "5": 1024}
"""Feature level -> its number of channels at width 1."""

BINS = BOX_REGRESSION_CHANNELS // 4
"""Values of a distance, in strides: 0, 1 ... 15."""


class YoloV8Targets(NamedTuple):
    """The G objects of one image; a row of zeros if there is none. The loss matches them to cells.

    Attributes:
        boxes: float32 [G, 4], yxyx, normalised.
        labels: int32 [G], in 1..K; 0 in the padding.
        ignored: bool [G], False in the padding.
        counted: bool [G], True for the objects that are neither padding nor ignored.
    """

    boxes: tf.Tensor
    labels: tf.Tensor
    ignored: tf.Tensor
    counted: tf.Tensor


class YoloV8(Detector):
    """An anchor-free detector of one stage: each cell of a level predicts the classes and the sides of one box.

    Attributes:
        network: float32 [B, S, S, 3], RGB in [0, 255] -> {"class_logits": float32 [B, A, K], without background;
            "distances": float32 [B, A, 64], for the left, top, right and bottom side the logits of its distance
            from the cell's center being 0, 1 .. 15 strides}.
        points: float32 [A, 2], the centers of the cells, xy, in strides.
        strides: float32 [A, 1], px.
    """

    class_layers = (ClassLayer(r"yolo_v8_head_\d+_class_3_conv"),)

    def __init__(
        self, backbone: tf_keras.Model, section: sections.YoloV8, *, classes: int, image_size: int
    ) -> None:
        """Build the detector with random heads.

        Args:
            backbone: A model as :func:`pipeline.models.backbones.registry.build_backbone` returns it.
            section: The section ``train.yolo_v8`` of ``params.yaml``.
            classes: K, the number of classes without the background.
            image_size: S, the side of the square input, px.
        """
        self.backbone = backbone
        self._image_size = image_size
        self._box_weight = section.box_weight
        self._class_weight = section.class_weight
        self._distance_weight = section.distance_weight
        self._assigner = LabelEncoder(num_classes=classes, dtype="float32")
        points, strides = get_anchors([image_size, image_size])
        self.points, self.strides = tf.constant(points), tf.constant(strides)[:, None]

        image = tf_keras.Input([image_size, image_size, 3], name="image")
        features = on_grid(backbone, image_size)(image)
        levels = [
            apply_conv_bn(features[level], int(channels * section.width), name=f"lateral_{level}")
            for level, channels in LEVELS.items()
        ]
        pyramid = apply_path_aggregation_fpn(levels, depth=section.fpn_depth, name="pa_fpn")
        self.network = tf_keras.Model(image, _heads(pyramid, classes), name="yolo_v8")
        for layer in self.network.layers:
            if isinstance(layer, tf_keras.layers.BatchNormalization):
                layer.momentum = BATCHNORM_MOMENTUM

    def encode(self, truth: Truth) -> YoloV8Targets:
        """Return the ground truth of one image. The loss matches it to cells, because that depends on the outputs."""
        boxes, labels, ignored = map(at_least_one_row, (truth.boxes, truth.labels, truth.ignored))
        return YoloV8Targets(boxes=boxes, labels=labels, ignored=ignored, counted=(labels > 0) & ~ignored)

    def loss(self, outputs: Tensors, targets: YoloV8Targets) -> dict[str, tf.Tensor]:
        """Return the losses of keras-cv's YOLOV8Detector, and one of the distributions, which keras-cv leaves out.

        Unlike in keras-cv, the class loss of a cell is the sum over the classes, as in the original, and a cell that
        lies in an ignored box and is matched to no object has no loss.

        Returns:
            "class_loss", the binary cross-entropy against the alignment with the matched object; "box_loss", from the
            complete IoU (Zheng et al. 2020); and "distance_loss", the distribution focal loss. Each is summed over the
            batch and divided by the sum of the alignments.
        """
        logits, boxes = outputs["class_logits"], self._boxes_px(outputs)
        gt_boxes = _swap_axes(targets.boxes) * self._image_size
        matched, alignment, _ = self._assigner(
            tf.sigmoid(logits),
            boxes,
            self.points * self.strides,
            targets.labels - 1,
            gt_boxes,
            targets.counted[..., None],
        )
        strength = tf.reduce_sum(alignment, axis=-1)
        total = tf.maximum(tf.reduce_sum(strength), 1.0)
        entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=alignment, logits=logits)
        excused = self._in_ignored(gt_boxes, targets.ignored) & (strength == 0.0)
        entropy = tf.where(excused, 0.0, tf.reduce_sum(entropy, axis=-1))
        sides = side_distances(matched, self.points * self.strides, self.strides, BINS)
        distances = distribution_focal_loss(outputs["distances"], sides, BINS)
        ciou_loss = CIoULoss("xyxy", reduction="none")(matched / self.strides, boxes / self.strides)
        return {
            "class_loss": self._class_weight * tf.reduce_sum(entropy) / total,
            "box_loss": self._box_weight * tf.reduce_sum(ciou_loss * strength) / total,
            "distance_loss": self._distance_weight * tf.reduce_sum(distances * strength) / total,
        }

    def candidates(self, outputs: Tensors) -> Candidates:
        """Return the box of each cell."""
        boxes = _swap_axes(self._boxes_px(outputs)) / self._image_size
        return Candidates(boxes[:, :, None, :], tf.sigmoid(outputs["class_logits"]))

    def _boxes_px(self, outputs: Tensors) -> tf.Tensor:
        """Return the predicted boxes, float32 [B, A, 4], xyxy, px, whose sides are at their expected distances."""
        return dist2bbox(decode_regression_to_boxes(outputs["distances"]), self.points) * self.strides

    def _in_ignored(self, gt_boxes: tf.Tensor, ignored: tf.Tensor) -> tf.Tensor:
        """Return bool [B, A]: whether the center of each cell lies in an ignored box.

        Args:
            gt_boxes: float32 [B, G, 4], xyxy, px.
            ignored: bool [B, G].
        """
        inside = box_ops.contain(gt_boxes, self.points * self.strides)
        return tf.reduce_any(inside & ignored[..., None], axis=1)


def _heads(levels: list[Any], classes: int) -> dict[str, Any]:
    """Predict classes and distances from each level, decoupled, by two 3x3 convolutions and one 1x1 each.

    The head is keras-cv's ``apply_yolo_v8_head`` without the sigmoid at its end. In bfloat16 the sigmoid would round a
    score of 0.999 to 1, where no gradient is left.
    """
    finest = levels[0].shape[-1]
    branches = {
        "box": ("distances", max(BOX_REGRESSION_CHANNELS, finest // 4), BOX_REGRESSION_CHANNELS, 0.0),
        "class": ("class_logits", max(classes, finest), classes, PRIOR_LOGIT),
    }
    outputs = {}
    for branch, (output, hidden, width, bias) in branches.items():
        flat = []
        for index, level in enumerate(levels, start=1):
            name = f"yolo_v8_head_{index}_{branch}"
            x = apply_conv_bn(level, hidden, kernel_size=3, name=f"{name}_1")
            x = apply_conv_bn(x, hidden, kernel_size=3, name=f"{name}_2")
            x = tf_keras.layers.Conv2D(
                width,
                1,
                bias_initializer=tf_keras.initializers.Constant(bias),
                dtype="float32",
                name=f"{name}_3_conv",
            )(x)
            flat.append(tf_keras.layers.Reshape([-1, width], dtype="float32", name=f"{name}_flat")(x))
        outputs[output] = tf_keras.layers.Concatenate(axis=1, dtype="float32", name=output)(flat)
    return outputs


def _swap_axes(boxes: tf.Tensor) -> tf.Tensor:
    """Turn yxyx into xyxy, and back: float32 [..., 4] -> the same."""
    return tf.gather(boxes, [1, 0, 3, 2], axis=-1)
