"""The section ``study`` of ``params.yaml``."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.models.backbones.names import BackboneName
from pipeline.params.base import Fraction, Positive, Section, Seed


class Study(Section):
    """The trainings of the transfer table: each backbone in each mode with each seed."""

    backbones: Annotated[list[BackboneName], Field(min_length=1)]
    modes: Annotated[list[Literal["scratch", "extraction", "finetune"]], Field(min_length=1)]
    seeds: Annotated[list[Seed], Field(min_length=1)]
    crops_per_class: Positive | None
    steps: Positive
    score: Fraction
    detector: bool
