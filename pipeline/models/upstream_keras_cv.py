"""The private names of keras-cv, apart from :mod:`pipeline.models.upstream`: keras-cv takes seconds to import."""

from keras_cv.src.models.object_detection.yolo_v8.yolo_v8_detector import (
    BOX_REGRESSION_CHANNELS,
    apply_path_aggregation_fpn,
    decode_regression_to_boxes,
    dist2bbox,
    get_anchors,
)
from keras_cv.src.models.object_detection.yolo_v8.yolo_v8_layers import apply_conv_bn

__all__ = [
    "BOX_REGRESSION_CHANNELS",
    "apply_conv_bn",
    "apply_path_aggregation_fpn",
    "decode_regression_to_boxes",
    "dist2bbox",
    "get_anchors",
]
