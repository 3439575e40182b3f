"""All parsers of one cell of a catalogue, text or typed, in one place.

A parser returns None for a missing value and raises `CellError` for a value that cannot be read;
the caller then makes the value unknown, and counts it. Parsers depend on nothing but their
arguments, so that a caller can parse each distinct cell of a column once.
"""

from __future__ import annotations

import re

from pipeline.sources.parsing.dates import date, prefers_day_first, year
from pipeline.sources.parsing.genres import genres
from pipeline.sources.parsing.identifiers import identifier, imdb_id, tmdb_id
from pipeline.sources.parsing.lists import countries, keywords, names, piped_names
from pipeline.sources.parsing.literals import CellError, is_null, known_text, restore_bytes, text
from pipeline.sources.parsing.money import money
from pipeline.sources.parsing.numbers import count, number, uses_decimal_comma
from pipeline.sources.parsing.people import cast, directors
from pipeline.sources.parsing.runtimes import minutes
from pipeline.sources.parsing.titles import comparable_title, comparable_titles, title_and_year
from pipeline.sources.parsing.votes import is_certificate, vote

__all__ = [
    "CellError",
    "cast",
    "comparable_title",
    "comparable_titles",
    "count",
    "countries",
    "date",
    "directors",
    "genres",
    "identifier",
    "imdb_id",
    "imdb_overview",
    "is_certificate",
    "is_null",
    "keywords",
    "known_text",
    "language",
    "minutes",
    "money",
    "names",
    "number",
    "piped_names",
    "prefers_day_first",
    "restore_bytes",
    "text",
    "title_and_year",
    "tmdb_id",
    "uses_decimal_comma",
    "vote",
    "year",
]

_SEE_FULL = re.compile(r"See full (?:summary|synopsis).*$")


def imdb_overview(value: object) -> str | None:
    """Return a plot of IMDb without its "See full summary" link."""
    overview = text(value)
    if overview is None or "See full" not in overview:
        return overview
    match = _SEE_FULL.search(overview)
    return overview if match is None else overview[: match.start()].rstrip()


def language(value: object) -> str | None:
    """Return a language as it is written, a code or a name; None where it is unknown."""
    return known_text(value)
