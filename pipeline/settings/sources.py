"""Settings for reading, fetching and cleaning a catalogue."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.settings.base import Section

__all__ = ["CleanSettings", "FetchSettings", "SourceSettings"]


class SourceSettings(Section):
    """How a catalogue is read."""

    dialect: Literal["auto", "tmdb", "kaggle", "udacity", "imdb", "columns"] = Field(
        "auto",
        description="Whose names of columns come first, where a file has several for one purpose.",
    )
    column_map: dict[str, str] = Field(
        default_factory=dict,
        description="Our column -> column of the file, for columns that are not found by their "
        'names; "1", "2", ... are those of a file without header.',
    )
    table_maps: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="Name of a file, or pattern -> its column map, for a source of several tables.",
    )
    chunk_rows: int = Field(5_000, ge=1, le=1_000_000, description="Rows to read at a time.")
    max_file_bytes: int = Field(20 * 2**30, ge=1, description="Most bytes of an uncompressed file.")
    encoding: str = Field(
        "auto",
        min_length=1,
        description="Encoding of text files, such as cp1251; `auto` recognizes or guesses it.",
    )
    types: tuple[str, ...] = Field(
        (),
        description="Types to read where a table has a column of types (movie, TV show); all if "
        "empty.",
    )
    max_rejected_share: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Greatest share of rows that may be rejected; above it nothing is published.",
    )
    century_pivot: int = Field(
        30,
        ge=0,
        le=99,
        description="Two-digit years above this are 19xx, others 20xx.",
    )


class FetchSettings(Section):
    """How films are fetched from the TMDB API. Its key is set in the environment only."""

    base_url: str = Field(
        "https://api.themoviedb.org/3",
        pattern=r"^(https://[^\s@?#]+|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/[^\s@?#]*)?)$",
        description="URL of the API; must be https unless on this machine, since it receives the "
        "key.",
    )
    language: str = Field(
        "en-US", pattern=r"^[a-z]{2}(-[A-Z]{2})?$", description="Language of the texts."
    )
    requests_per_second: int = Field(
        40, ge=1, le=1_000, description="Most requests per second; TMDB allows about 40."
    )
    connections: int = Field(24, ge=1, le=200, description="Most requests at the same time.")
    timeout_seconds: float = Field(20.0, gt=0, le=600, description="Longest wait for a response.")
    retries: int = Field(6, ge=0, le=20, description="Retries after a temporary error.")
    backoff_seconds: float = Field(
        0.5, gt=0, le=60, description="Delay before the first retry; doubles each time."
    )
    max_wait_seconds: float = Field(
        300.0,
        gt=0,
        description="Longest wait that the server may request; a longer one ends the fetch.",
    )
    give_up_after: int = Field(
        20, ge=1, description="Consecutive failed requests that end the fetch."
    )
    max_failed_share: float = Field(
        0.001, ge=0, lt=1, description="Greatest share of films that may fail."
    )
    max_age_days: float = Field(
        150.0,
        gt=0,
        le=180,
        description="Responses older than this are fetched again; TMDB's terms allow 180.",
    )
    review_pages: int = Field(
        1,
        ge=1,
        le=500,
        description="Pages of reviews per film; the first is part of the film's response.",
    )
    first_date: str = Field(
        "1874-01-01",
        pattern=r"^\d{4}-\d\d-\d\d$",
        description="Earliest release date to discover.",
    )
    min_votes: int = Field(0, ge=0, description="Fewest votes of a film to discover.")
    min_popularity: float = Field(0.0, ge=0, description="Lowest popularity of a film to fetch.")
    include_adult: bool = Field(False, description="Fetch adult films too.")


class CleanSettings(Section):
    """Which rows are rejected, and what is cut off."""

    first_year: int = Field(1874, ge=0, description="Earliest valid year of a film.")
    last_year: int = Field(2035, ge=1874, description="Latest valid year of a film.")
    min_overview_words: int = Field(
        3, ge=1, description="Fewest words of an overview; a shorter one counts as missing."
    )
    max_overview_chars: int = Field(
        20_000, ge=100, description="Most characters of a text; a longer one is cut."
    )
    max_list_items: int = Field(
        500, ge=1, description="Most entries of a list; the rest is dropped."
    )
