"""The section ``export`` of ``params.yaml``."""

from typing import Annotated

from pydantic import Field

from pipeline.params.base import Fraction, NonNegative, Positive, Section


class Export(Section):
    """The post-processing of the detections inside the SavedModel."""

    score_threshold: Fraction
    nms_iou: Annotated[float, Field(gt=0, le=1)]
    max_detections: Positive
    nms_per_class: bool
    soft_nms_sigma: NonNegative
