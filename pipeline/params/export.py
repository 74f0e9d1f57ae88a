"""The section ``export`` of ``params.yaml``."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.params.base import Fraction, NonNegative, Positive, Section

FormatName = Literal["tflite_float32", "tflite_float16", "tflite_int8", "onnx", "openvino"]


class Export(Section):
    """The post-processing of the detections, alike in all exported files."""

    score_threshold: Annotated[float, Field(ge=0, lt=1)]
    nms_iou: Annotated[float, Field(gt=0, le=1)]
    max_detections: Positive
    nms_per_class: bool
    soft_nms_sigma: NonNegative
    voting_sigma: NonNegative


class ExportedFiles(Export):
    """The parameters of the section that say what is written."""

    formats: list[FormatName]


class ExportLimits(Section):
    """The parameters of the section that say what the files must reach."""

    max_loss: Fraction | None


class ExportSection(ExportedFiles, ExportLimits):
    """The whole section. A stage depends on one of the base classes."""
