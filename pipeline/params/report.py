"""The section ``report`` of ``params.yaml``."""

from pipeline.params.base import Fraction, Positive, Section


class Report(Section):
    """The gallery."""

    images: Positive
    score: Fraction
