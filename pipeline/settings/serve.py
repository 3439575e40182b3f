"""Settings of the API and the explorer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from pipeline.settings.base import Section

__all__ = ["SCOPES", "KeySettings", "Scope", "ServeSettings"]

Scope = Literal["read", "curate", "reload"]
SCOPES: tuple[Scope, ...] = ("read", "curate", "reload")
_RATE = r"^[1-9]\d{0,8}/(second|minute|hour|day)$"


def _split(value: Any) -> Any:
    """Return the parts of a text with commas, or of a JSON list; other values unchanged."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [part.strip() for part in value.split(",") if part.strip()]


# A list that an environment variable may give as plain text: "read,reload".
Origins = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Scopes = Annotated[tuple[Scope, ...], NoDecode, BeforeValidator(_split)]


class KeySettings(Section):
    """A key of the API, what it may do, and how often."""

    key: SecretStr = Field(description="What requests send as X-API-Key.")
    scopes: Scopes = Field(
        ("read",),
        min_length=1,
        description="What the key may do: `read` films and micro-genres, `curate` (read what the "
        "run rejected), `reload` the recommender.",
    )
    rate_limit: str | None = Field(
        None, pattern=_RATE, description="Limit of this key; none: serve.rate_limit."
    )


class ServeSettings(Section):
    """Access, limits and resources of the API and the explorer."""

    api_key: SecretStr | None = Field(
        None,
        description="Key that requests must send as X-API-Key, with all scopes; none, and no "
        "`api_keys`: no key is needed.",
    )
    # not `keys`: what has a `keys` counts as a mapping, and Prefect copies settings by dict()
    api_keys: dict[str, KeySettings] = Field({}, description="Further keys, by name.")
    rate_limit: str | None = Field(
        None,
        pattern=_RATE,
        description="Most requests of one key, or of one address without a key, such as "
        "600/minute; none: unlimited.",
    )
    cors_origins: Origins = Field(
        (), description="Origins allowed by CORS, such as https://films.example, with commas."
    )
    page_size: int = Field(24, ge=1, le=1_000, description="Films per page by default.")
    max_page_size: int = Field(100, ge=1, le=1_000, description="Most films per page.")
    max_offset: int = Field(1_000_000, ge=0, description="Greatest offset of a page.")
    max_meaning_films: int = Field(
        200, ge=1, le=10_000, description="Most results of a search or of similar films."
    )
    max_query_chars: int = Field(
        300, ge=1, le=10_000, description="Most characters of a search query."
    )
    max_text_chars: int = Field(
        20_000, ge=100, description="Most characters of the text of a film to assign."
    )
    max_batch: int = Field(100, ge=1, le=1_000, description="Most films to assign per request.")
    max_body_bytes: int = Field(2 * 2**20, ge=1_000, description="Most bytes of a request body.")
    body_seconds: float = Field(
        30.0, gt=0, le=3_600, description="How long the body of a request may take to arrive."
    )
    threads: int = Field(2, ge=1, le=256, description="Threads of DuckDB and of the model.")
    memory_limit: str = Field(
        "512MB",
        pattern=r"^\d+(\.\d+)?\s*(KB|MB|GB|KiB|MiB|GiB)$",
        description="Memory limit of DuckDB.",
    )
    genres: Path | None = Field(
        None, description="Folder of genre models; none: `genres` in the output folder."
    )
    reload_seconds: float = Field(
        2.0, gt=0, le=3_600, description="Interval of the check for a newer release."
    )
    drain_seconds: float = Field(
        30.0,
        ge=0,
        le=3_600,
        description="How long running requests may take to finish when the server stops.",
    )
