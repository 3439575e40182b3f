"""What every section of the settings is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["AtLeastOne", "Section"]

AtLeastOne = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A stage's own settings: immutable, and a misspelt name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
