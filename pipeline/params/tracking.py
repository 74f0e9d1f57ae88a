"""The section ``tracking``: a server to which the trainings are logged as well."""

from typing import Annotated

from pydantic import Field

from pipeline.params.base import Section


class Tracking(Section):
    """Where the trainings are logged, besides the files of the workspace. It shapes no result."""

    mlflow: Annotated[str, Field(pattern=r"^https?://.")] | None
