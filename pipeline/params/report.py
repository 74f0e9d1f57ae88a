"""The section ``report`` of ``params.yaml``."""

from typing import Literal

from pipeline.params.base import Fraction, Positive, Section


class Report(Section):
    """The gallery of the report."""

    images: Positive
    score: Fraction | Literal["auto"]
