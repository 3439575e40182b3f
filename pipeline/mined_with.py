"""The settings that a release was mined with, as its manifest tells them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.errors import ReleaseError

__all__ = ["Section", "mined_with"]

Section = TypeVar("Section", bound=BaseModel)


def mined_with(
    release: Path, manifest: Mapping[str, Any], section: str, kind: type[Section]
) -> Section:
    """One section of the settings, say "embed"; what the manifest leaves out has its default.

    Raises
    ------
    ReleaseError
        when the manifest has no such section, or one that is no `kind`.
    """
    try:
        return kind.model_validate(manifest["settings"][section])
    except (KeyError, TypeError) as error:
        raise ReleaseError(
            f"release {release} lacks the settings of {section!r} in its manifest; mine again"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join([section, *map(str, first["loc"])])
        raise ReleaseError(
            f"release {release}: setting {name} = {first['input']!r} in its manifest: "
            f"{first['msg']}; mine again, or use the version that made it"
        ) from error
