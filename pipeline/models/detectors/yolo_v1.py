"""YOLO v1 (Redmon et al. 2016): a grid of cells, each of which predicts some boxes and one class."""

from typing import Any, NamedTuple

import tensorflow as tf
import tf_keras

from pipeline.models.classifier import last_map
from pipeline.models.detectors.base import Candidates, ClassLayer, Detector, Tensors
from pipeline.models.detectors.dense_head import KERNEL_STDDEV
from pipeline.models.detectors.feature_grid import on_grid
from pipeline.ops import boxes as box_ops
from pipeline.ops.truth import Truth
from pipeline.params import detectors as sections

BOX_VALUES = 5
"""Values of a box: y and x of its center in cells, from the cell's corner; the square roots of its height and width as
fractions of the image; and the confidence."""

LEAK = 0.1
"""Slope of the leaky ReLU for negative values (section 2.2)."""

INITIAL_BOX = (0.5, 0.5, 0.5, 0.5, 0.0)
"""The initial biases of a box: the middle of the cell, a quarter of the image's sides, and no confidence."""

MOMENTUM = 0.97
"""Momentum of the statistics of the head's BatchNorm, which the paper does not have."""

IGNORED = -1
"""The label of cells whose objects are ignored. They have no loss."""


class YoloV1Targets(NamedTuple):
    """The objects of one image, each in the cell that contains its center.

    Attributes:
        labels: int32 [A], in 1..K; 0 for cells without an object, :data:`IGNORED` for cells of an ignored object.
        boxes: float32 [A, 4], yxyx, normalised.
    """

    labels: tf.Tensor
    boxes: tf.Tensor


class YoloV1(Detector):
    """A detector with S x S cells. The cell that contains the center of an object is responsible for it.

    The cells are those of the backbone's last feature map, so that an image of 224 px and a stride of 32 px have the
    7 x 7 cells of the paper. Two 3x3 convolutions, with BatchNorm, and a 1x1 convolution predict the S x S x (5 B + C)
    values. The paper has two fully connected layers in their place; convolutions share their weights among the cells,
    and learn from fewer images.

    Attributes:
        network: float32 [B, S', S', 3], RGB in [0, 255] -> {"boxes": float32 [B, A, boxes, 5]; "classes": float32
            [B, A, K], the conditional class probabilities}, for the A = S * S cells.
    """

    def __init__(
        self, backbone: tf_keras.Model, section: sections.YoloV1, *, classes: int, image_size: int
    ) -> None:
        """Build the detector with a random head.

        Args:
            backbone: A model as :func:`pipeline.models.backbones.registry.build_backbone` returns it.
            section: The section ``train.yolo_v1`` of ``params.yaml``.
            classes: K, the number of classes without the background.
            image_size: The side of the square input, px.
        """
        self.backbone = backbone
        self._section = section
        self.class_layers = (ClassLayer("values", before=BOX_VALUES * section.boxes),)
        self._classes = classes
        image = tf_keras.Input([image_size, image_size, 3], name="image")
        features = last_map(on_grid(backbone, image_size)(image))
        self.cells = features.shape[1]
        for number in (1, 2):
            features = tf_keras.layers.Conv2D(
                section.filters, 3, padding="same", use_bias=False, name=f"head_{number}_conv"
            )(features)
            features = tf_keras.layers.BatchNormalization(momentum=MOMENTUM, name=f"head_{number}_norm")(
                features
            )
            features = tf_keras.layers.LeakyReLU(LEAK, name=f"head_{number}_leaky_relu")(features)
        features = tf_keras.layers.Dropout(section.dropout, name="dropout")(features)
        biases = [*(INITIAL_BOX * section.boxes), *([1.0 / classes] * classes)]
        values = tf_keras.layers.Conv2D(
            len(biases),
            1,
            kernel_initializer=tf_keras.initializers.RandomNormal(stddev=KERNEL_STDDEV),
            bias_initializer=tf_keras.initializers.Constant(biases),
            dtype="float32",
            name="values",
        )(features)
        flat = tf_keras.layers.Reshape([self.cells**2, len(biases)], dtype="float32", name="cells")(values)
        boxes = tf_keras.layers.Reshape(
            [self.cells**2, section.boxes, BOX_VALUES], dtype="float32", name="boxes"
        )(flat[..., : BOX_VALUES * section.boxes])
        outputs = {"boxes": boxes, "classes": flat[..., BOX_VALUES * section.boxes :]}
        self.network = tf_keras.Model(image, outputs, name="yolo_v1")

    def encode(self, truth: Truth) -> YoloV1Targets:
        """Assign each object to the cell that contains its center. Of several objects in a cell, the largest counts."""
        order = tf.argsort(box_ops.area(truth.boxes))  # a later object replaces an earlier one
        boxes = tf.gather(truth.boxes, order)
        labels = tf.where(tf.gather(truth.ignored, order), IGNORED, tf.gather(truth.labels, order))
        places = tf.cast(tf.floor(box_ops.centers(boxes) * self.cells), tf.int32)
        places = tf.clip_by_value(places, 0, self.cells - 1)
        cells = places[:, 0] * self.cells + places[:, 1]
        # Row 0 stands for no object.
        winner = tf.tensor_scatter_nd_max(
            tf.zeros([self.cells**2], tf.int32), cells[:, None], tf.range(1, tf.size(cells) + 1)
        )
        return YoloV1Targets(
            labels=tf.gather(tf.concat([[0], labels], axis=0), winner),
            boxes=tf.gather(tf.concat([tf.zeros([1, 4]), boxes], axis=0), winner),
        )

    def assigned(self, truth: Truth) -> tf.Tensor:
        """Return the cells that contain the center of an object."""
        cells = tf.concat([self._corners(), self._corners() + 1.0], axis=-1) / self.cells
        return tf.boolean_mask(cells, self.encode(truth).labels > 0)

    def loss(self, outputs: Tensors, targets: YoloV1Targets) -> dict[str, tf.Tensor]:
        """Return the five terms of equation 3, each summed over the cells and averaged over the images.

        Of the boxes of a cell, the one with the highest IoU with the object is responsible. Its confidence should be
        that IoU.
        """
        predicted = outputs["boxes"]
        has_object = tf.cast(targets.labels > 0, tf.float32)[..., None]
        iou, _ = box_ops.iou_and_giou(self._boxes(predicted), targets.boxes[:, :, None])
        iou = tf.stop_gradient(iou)
        responsible = has_object * tf.one_hot(tf.argmax(iou, axis=-1), self._section.boxes)
        counted = tf.cast(targets.labels != IGNORED, tf.float32)[..., None]
        confidence = predicted[..., 4]
        truth = self._values(targets.boxes)[:, :, None]
        squares = tf.math.squared_difference(predicted[..., :4], truth) * responsible[..., None]
        classes = tf.one_hot(targets.labels - 1, self._classes)
        coord, no_object = self._section.coord_weight, self._section.no_object_weight
        return {
            "center_loss": coord * _image_mean(squares[..., :2]),
            "size_loss": coord * _image_mean(squares[..., 2:]),
            "object_loss": _image_mean(responsible * tf.math.squared_difference(confidence, iou)),
            "no_object_loss": no_object * _image_mean(counted * (1.0 - responsible) * confidence**2),
            "class_loss": _image_mean(has_object * tf.math.squared_difference(outputs["classes"], classes)),
        }

    def candidates(self, outputs: Tensors) -> Candidates:
        """Return the boxes of each cell. The score is the confidence times the class probability (equation 1)."""
        confidence = outputs["boxes"][..., 4]
        scores = tf.clip_by_value(confidence[..., None] * outputs["classes"][:, :, None], 0.0, 1.0)
        count = self.cells**2 * self._section.boxes
        boxes = tf.reshape(self._boxes(outputs["boxes"]), [-1, count, 1, 4])
        return Candidates(boxes, tf.reshape(scores, [-1, count, self._classes]))

    def _corners(self) -> tf.Tensor:
        """Return the upper left corners of the cells, float32 [A, 2], y and x in cells."""
        steps = tf.range(self.cells, dtype=tf.float32)
        return tf.reshape(tf.stack(tf.meshgrid(steps, steps, indexing="ij"), axis=-1), [-1, 2])

    def _boxes(self, values: tf.Tensor) -> tf.Tensor:
        """Return the boxes of predicted values, float32 [B, A, boxes, 5] -> float32 [B, A, boxes, 4], yxyx."""
        centers = (values[..., :2] + self._corners()[:, None]) / self.cells
        half = values[..., 2:4] ** 2 / 2.0
        return tf.concat([centers - half, centers + half], axis=-1)

    def _values(self, boxes: tf.Tensor) -> tf.Tensor:
        """Return the values of boxes, each in its cell: float32 [B, A, 4], yxyx -> float32 [B, A, 4]."""
        centers = box_ops.centers(boxes) * self.cells - self._corners()
        return tf.concat([centers, tf.sqrt(tf.maximum(boxes[..., 2:] - boxes[..., :2], 0.0))], axis=-1)


def _image_mean(terms: Any) -> tf.Tensor:
    """Return the sum of all terms of an image, averaged over the images: float32 [B, ...] -> float32 []."""
    return tf.reduce_mean(tf.reduce_sum(tf.reshape(terms, [tf.shape(terms)[0], -1]), axis=-1))
