"""The section ``evaluate`` of ``params.yaml``."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.params.base import Fraction, Section


class Evaluate(Section):
    """The thresholds of the precision-recall curves and the confusion matrix, and the limit of COCO's scores.

    The thresholds do not change the AP values, whose thresholds are part of their names.
    """

    max_detections: Annotated[int, Field(ge=100)]
    iou: Annotated[float, Field(gt=0, le=1)]
    score: Fraction | Literal["auto"]
    keypoint_pair: Annotated[list[str], Field(min_length=2, max_length=2)] | None
