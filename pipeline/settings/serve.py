"""Settings of the API and the explorer."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr

from pipeline.settings.base import Section

__all__ = ["ServeSettings"]


class ServeSettings(Section):
    """Access, limits and resources of the API and the explorer."""

    api_key: SecretStr | None = Field(
        None, description="Key that requests must send as X-API-Key; none: no key is needed."
    )
    cors_origins: tuple[str, ...] = Field(
        (), description="Origins allowed by CORS, such as https://films.example."
    )
    page_size: int = Field(24, ge=1, le=1_000, description="Films per page by default.")
    max_page_size: int = Field(100, ge=1, le=1_000, description="Most films per page.")
    max_offset: int = Field(1_000_000, ge=0, description="Greatest offset of a page.")
    max_meaning_films: int = Field(
        200, ge=1, le=10_000, description="Most results of a semantic search."
    )
    max_query_chars: int = Field(
        300, ge=1, le=10_000, description="Most characters of a search query."
    )
    max_text_chars: int = Field(
        20_000, ge=100, description="Most characters of the text of a film to assign."
    )
    max_batch: int = Field(32, ge=1, le=1_000, description="Most films to assign per request.")
    max_body_bytes: int = Field(2 * 2**20, ge=1_000, description="Most bytes of a request body.")
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
