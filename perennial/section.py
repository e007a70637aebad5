"""What the sections of a use case's YAML are made of: models that know all of their keys."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Whole = Annotated[int, Field(strict=True)]
Count = Annotated[Whole, Field(ge=1)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Share = Annotated[Number, Field(ge=0, le=1)]


class Section(BaseModel):
    """A part that knows all of its keys, and never changes.

    A field's `description` is what a message says was expected there; without one its type says it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True, hide_input_in_errors=True)


class WrongSetting(ValueError):
    """What a validator refuses, where the key at fault lies deeper than what it validates.

    Attributes:
        at: The path of that key from there, such as `("bounds", "auc")`.
    """

    def __init__(self, problem: str, *at: str) -> None:
        """Makes the error from what was expected, and the key that it is of."""
        super().__init__(problem)
        self.at = at
