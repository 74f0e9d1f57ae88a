"""The section ``tracking`` of ``params.yaml``."""

from typing import Annotated

from pydantic import Field

from pipeline.params.base import Section


class Tracking(Section):
    """Where the trainings are logged besides the project's own files. It changes no output of a stage."""

    mlflow: Annotated[str, Field(min_length=1)] | None
    experiment: Annotated[str, Field(min_length=1)]
