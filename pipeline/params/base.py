"""The base class of all sections of the schema, and the number types that several sections use."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[int, Field(ge=1)]
"""An integer of 1 or more."""

Fraction = Annotated[float, Field(ge=0, le=1)]
"""A number in [0, 1]."""

Rate = Annotated[float, Field(gt=0)]
"""A number above 0."""

Seed = Annotated[int, Field(ge=0, lt=2**31)]
"""The seed of random draws."""

NonNegative = Annotated[float, Field(ge=0)]
"""A number of 0 or more."""


class Section(BaseModel):
    """A group of parameters.

    A key that is unknown, missing or of the wrong type is an error. Values cannot be changed after the validation.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
