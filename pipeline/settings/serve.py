"""What the API and the explorer allow."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr

from pipeline.settings.base import Section

__all__ = ["ServeSettings"]


class ServeSettings(Section):
    """What the API and the explorer allow."""

    api_key: SecretStr | None = Field(
        None, description="What requests must send as X-API-Key; none: whoever reaches it may ask."
    )
    cors_origins: tuple[str, ...] = Field(
        (), description="Origins whose web pages may ask, such as https://films.example."
    )
    page_size: int = Field(24, ge=1, le=1_000, description="Films on a page, if not asked for.")
    max_page_size: int = Field(100, ge=1, le=1_000, description="Most films on a page.")
    max_offset: int = Field(1_000_000, ge=0, description="How far a selection can be paged.")
    max_meaning_films: int = Field(
        200, ge=1, le=10_000, description="Most films that one search by meaning ranks."
    )
    max_query_chars: int = Field(300, ge=1, le=10_000, description="Longest query of a search.")
    max_text_chars: int = Field(20_000, ge=100, description="Longest text of a film to assign.")
    max_batch: int = Field(32, ge=1, le=1_000, description="Most films assigned in one request.")
    max_body_bytes: int = Field(2 * 2**20, ge=1_000, description="Largest body of a request.")
    threads: int = Field(2, ge=1, le=256, description="Threads of queries and of the model.")
    memory_limit: str = Field(
        "512MB",
        pattern=r"^\d+(\.\d+)?\s*(KB|MB|GB|KiB|MiB|GiB)$",
        description="What DuckDB may take.",
    )
    genres: Path | None = Field(
        None, description="Folder of genre models; none: `genres` in the output folder."
    )
    reload_seconds: float = Field(
        2.0, gt=0, le=3_600, description="How often `latest` is looked at for a newer release."
    )
    drain_seconds: float = Field(
        30.0, ge=0, le=3_600, description="How long requests may finish once the server is stopped."
    )
