"""The section ``embed`` of ``params.yaml``."""

from typing import Annotated

from pydantic import Field

from pipeline.params.base import Positive, Section


class Embed(Section):
    """The embedding of images and object crops, for the commands ``similar`` and ``clusters``."""

    image_size: Annotated[int, Field(ge=32)]
    batch_size: Positive
