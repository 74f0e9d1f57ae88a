"""The base class of all sections of the schema, and the kinds of number that they share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[int, Field(ge=1)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]


class Section(BaseModel):
    """A group of parameters. Unknown, missing and mistyped keys are errors, and no value can be changed later."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
