"""The base class of the JSON documents of a release: typed fields, and one form of JSON text."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, WithJsonSchema

__all__ = ["Document", "Number"]

# A union keeps 1 and 1.0 apart, so that a document that is read and written again is the same.
Number = Annotated[int | float, WithJsonSchema({"type": "number"})]


class Document(BaseModel):
    """A JSON object with known fields; unknown fields are stored unchanged.

    Fields that a document leaves out have their defaults when it is read, and are left out again
    when it is written.
    """

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        validate_by_name=True,
        validate_by_alias=True,
        use_attribute_docstrings=True,
    )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that were set, by their names in the JSON document."""
        return self.model_dump(by_alias=True, exclude_unset=True)

    def to_json(self) -> str:
        """Return the document as JSON: keys sorted, indented by 2, without a final newline.

        Raises
        ------
        ValueError
            If a number is not finite, which JSON does not allow.
        TypeError
            If an unknown field has a value that JSON cannot represent.
        """
        return json.dumps(
            self.to_dict(), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False
        )
