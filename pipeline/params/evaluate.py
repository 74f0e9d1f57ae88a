"""The section ``evaluate`` of ``params.yaml``."""

from typing import Annotated

from pydantic import Field

from pipeline.params.base import Fraction, Section


class Evaluate(Section):
    """The operating point of curves and confusion matrix; the AP figures have their thresholds in their names."""

    iou: Annotated[float, Field(gt=0, le=1)]
    score: Fraction
