"""What all sections of the schema share: the base class and the common kinds of number."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[int, Field(ge=1)]

Fraction = Annotated[float, Field(ge=0, le=1)]

Rate = Annotated[float, Field(gt=0)]

NonNegative = Annotated[float, Field(ge=0)]


class Section(BaseModel):
    """A group of parameters: unknown, missing and mistyped keys are errors, and nothing changes it later."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
