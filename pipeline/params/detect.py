"""The section ``detect`` of ``params.yaml``."""

from pipeline.params.base import Positive, Section


class Detect(Section):
    """The parameters for running the exported model."""

    batch_size: Positive
