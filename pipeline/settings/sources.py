"""How a catalogue is read, fetched and cleaned."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.settings.base import Section

__all__ = ["CleanSettings", "FetchSettings", "SourceSettings"]


class SourceSettings(Section):
    """How a catalogue is read."""

    dialect: Literal["auto", "tmdb", "kaggle", "udacity", "imdb", "columns"] = Field(
        "auto", description="Column dialect of files; `auto` detects it from the header."
    )
    column_map: dict[str, str] = Field(
        default_factory=dict,
        description="Our column -> the file's column, for a catalogue in no known dialect.",
    )
    chunk_rows: int = Field(5_000, ge=1, le=1_000_000, description="Rows read at a time.")
    max_file_bytes: int = Field(
        20 * 2**30, ge=1, description="Most bytes a file may hold once uncompressed."
    )
    century_pivot: int = Field(
        30,
        ge=0,
        le=99,
        description="Two-digit years above it are 19xx, the others 20xx.",
    )


class FetchSettings(Section):
    """How films are asked of the TMDB API; its key is in the environment only."""

    base_url: str = Field(
        "https://api.themoviedb.org/3",
        pattern=r"^(https://[^\s@?#]+|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/[^\s@?#]*)?)$",
        description="Where the API is; without https only on this machine, for the key goes there.",
    )
    language: str = Field("en-US", pattern=r"^[a-z]{2}(-[A-Z]{2})?$", description="Of the texts.")
    requests_per_second: int = Field(
        40, ge=1, le=1_000, description="Most requests in any second; TMDB allows about 40."
    )
    connections: int = Field(24, ge=1, le=200, description="Requests under way at once.")
    timeout_seconds: float = Field(20.0, gt=0, le=600, description="Longest silence of the server.")
    retries: int = Field(6, ge=0, le=20, description="Tries again for what may pass.")
    backoff_seconds: float = Field(
        0.5, gt=0, le=60, description="First wait before another try; it doubles each time."
    )
    max_wait_seconds: float = Field(
        300.0, gt=0, description="A server that asks for a longer wait ends the fetch."
    )
    give_up_after: int = Field(
        20, ge=1, description="So many requests given up in a row end the fetch."
    )
    max_failed_share: float = Field(
        0.001, ge=0, lt=1, description="Films that may be missing from a catalogue, as a share."
    )
    max_age_days: float = Field(
        150.0, gt=0, le=180, description="An older answer is asked again; TMDB's terms allow 180."
    )
    review_pages: int = Field(
        1, ge=1, le=500, description="Pages of reviews per film; the first comes with the film."
    )
    first_date: str = Field(
        "1874-01-01",
        pattern=r"^\d{4}-\d\d-\d\d$",
        description="Earliest release that is discovered.",
    )
    min_votes: int = Field(0, ge=0, description="Films with fewer votes are not discovered.")
    min_popularity: float = Field(0.0, ge=0, description="Less popular films are not fetched.")
    include_adult: bool = Field(False, description="Fetch adult films too.")


class CleanSettings(Section):
    """What a row must satisfy to be mined."""

    first_year: int = Field(1874, ge=0, description="Earliest possible year of a film.")
    last_year: int = Field(2035, ge=1874, description="Latest possible year of a film.")
    min_overview_words: int = Field(3, ge=1, description="Fewer words count as a missing overview.")
    max_overview_chars: int = Field(
        20_000, ge=100, description="A longer overview is rejected as over-long."
    )
    max_list_items: int = Field(500, ge=1, description="Most entries kept of a list cell.")
