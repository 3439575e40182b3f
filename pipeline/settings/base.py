"""The base class of every section of the settings."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["AtLeastOne", "Section"]

AtLeastOne = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A section of the settings: immutable, and an unknown name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
