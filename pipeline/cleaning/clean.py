"""Clean the rows of a source: one film per id, and rejects, each with its reason.

All rows of an id must be in the same partition. The result does not depend on the order of rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from pipeline.cleaning.profile import profile
from pipeline.cleaning.text_repair import count_words, find_control_character, repair_text
from pipeline.errors import TableError
from pipeline.schemas import mining as tables
from pipeline.schemas.stage import stage
from pipeline.settings import CleanSettings

__all__ = ["PLACEHOLDERS", "REASONS", "clean"]

# Why a row is rejected, with an explanation and advice. A row with several faults gets the first
# of them in this order.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "control_characters": "A text contains control characters, so the file is damaged or was "
        "read in the wrong encoding; export it again as UTF-8.",
        "over_long_text": "A text is longer than clean.max_overview_chars; a cell probably "
        "contains its neighbours too; correct it, or raise the setting.",
        "missing_title": "There is no title; add it, or map its column with source.column_map.",
        "missing_overview": "There is no overview, only a placeholder, or fewer words than "
        "clean.min_overview_words; without one there is nothing to embed.",
        "impossible_year": "The year is outside clean.first_year to clean.last_year; "
        "correct it, or leave the cell empty.",
        "duplicate_id": "Another row with the same id is more complete and is used instead.",
    }
)

# Overviews that mean "none"; compared in lower case, without punctuation at either end.
_NO_OVERVIEW = (
    "|add a plot|coming soon|details here|lorem ipsum|missing overview|n/a|na|nan|no data|"
    "no description|no description available|no description yet|no information|no overview|"
    "no overview available|no overview found|no overview yet|no plot|no plot available|"
    "no synopsis|no synopsis available|none|not available|not yet available|null|"
    "overview not available|overview unavailable|plot not available|plot not avaliable|plot tba|"
    "plot tbd|plot to be announced|plot under wraps|plot kept under wraps|plot unavailable|"
    "plot unknown|synopsis not available|tba|tbc|tbd|to be announced|to be determined|"
    "under construction|unknown|unknown plot|untitled"
)
PLACEHOLDERS = frozenset(_NO_OVERVIEW.split("|"))
_PUNCTUATION = " .,:;!?\"'*-_()[]<>/\\\u00bb\u2026\u2013\u2014"

_TEXT = ("title", "overview", "tagline", "language", "poster_path", "release_date")
_LISTS = ("genres", "keywords", "directors", "cast", "countries")
# Column -> smallest and largest possible value; other values are replaced by null.
_BOUNDS = {
    "runtime_minutes": (0.0, math.inf),
    "vote_average": (0.0, 10.0),
    "vote_count": (0.0, math.inf),
    "popularity": (0.0, math.inf),
    "budget_usd": (0.0, math.inf),
    "revenue_usd": (0.0, math.inf),
}
_ZERO_IS_UNKNOWN = ("runtime_minutes", "budget_usd", "revenue_usd")
_RAW_FACTOR = 10  # a text longer than 10 times the limit is rejected before the slow repair
_COMPARED = tuple(n for n in tables.MOVIES.names if n not in ("movie_id", "source", "row"))
_CODE_CHARS = 2  # length of a language or country code

Row = dict[str, Any]
Fault = tuple[str, str]  # reason, detail
Repair = Callable[[str], str]


@stage(
    "clean",
    inputs=("movies",),
    outputs=("movies", "rejects", "profile"),
    conserves=("movies", "movies", "rejects"),
)
def clean(movies: pa.Table, settings: CleanSettings) -> dict[str, pa.Table]:
    """Repair every row of a partition, reject unusable rows, keep the best row of each id.

    The best row has the most fields, then the longest overview, then the smallest content.

    Parameters
    ----------
    movies : pa.Table
        Table of MOVIES in any order; no `movie_id` is null.
    settings : CleanSettings
        The limits.

    Returns
    -------
    dict of str to pa.Table
        `movies` is CLEAN_MOVIES sorted by id, `rejects` is REJECTS sorted by source and row, and
        `profile` is PROFILE. Rows of `movies` plus rows of `rejects` = rows in.

    Raises
    ------
    TableError
        If the table has another schema, or a row has no id.

    Examples
    --------
    >>> row = {"movie_id": "1", "title": "Heat", "overview": "A thief plans &amp; robs a bank."}
    >>> cleaned = clean(pa.Table.from_pylist([row], tables.MOVIES), CleanSettings())
    >>> cleaned["movies"]["overview"].to_pylist()
    ['A thief plans & robs a bank.']
    """
    tables.validate(movies, tables.MOVIES, name="movies")
    if movies.column("movie_id").null_count:
        raise TableError("table 'movies': movie_id is null; a source must give or derive an id")
    rows: list[Row] = movies.to_pylist()
    repaired: dict[str, str] = {}

    def repair_once(text: str) -> str:  # genres, names and keywords repeat
        if text not in repaired:
            repaired[text] = repair_text(text)
        return repaired[text]

    rejects: list[Row] = []
    usable: dict[str, list[Row]] = {}
    for raw in rows:
        row, fault = _repair(raw, settings, repair_once)
        if fault is None:
            usable.setdefault(row["movie_id"], []).append(row)
        else:
            rejects.append(_reject(row, *fault))
    films = []
    for movie_id in sorted(usable):
        same_id = usable[movie_id]
        best, *others = sorted(same_id, key=_preference) if len(same_id) > 1 else same_id
        films.append(best)
        where = f"kept: row {best['row']} of {best['source']}"
        rejects.extend(_reject(other, "duplicate_id", where) for other in others)
    rejects.sort(key=lambda r: (r["source"] or "", r["row"] or 0, r["movie_id"], r["reason"]))
    return {
        "movies": pa.Table.from_pylist(films, tables.CLEAN_MOVIES),
        "rejects": pa.Table.from_pylist(rejects, tables.REJECTS),
        "profile": profile(rows, films),
    }


def _reject(row: Row, reason: str, detail: str) -> Row:
    return {name: row[name] for name in ("source", "row", "movie_id")} | {
        "reason": reason,
        "detail": detail,
    }


def _preference(row: Row) -> tuple[int, int, str, str, int]:
    """Sort key: the smallest is best. Source and row decide only between otherwise equal rows."""
    content = [row[name] for name in _COMPARED]
    filled = sum(value is not None for value in content)
    return -filled, -len(row["overview"]), repr(content), row["source"] or "", row["row"] or 0


def _repair(raw: Row, settings: CleanSettings, repair: Repair) -> tuple[Row, Fault | None]:
    """Return the repaired row, or a row with its fault, which is perhaps not fully repaired."""
    fault = _find_damage(raw, settings)
    if fault is not None:
        return raw, fault
    row = dict(raw)
    for name in _TEXT:
        row[name] = repair_text(raw[name]) or None if raw[name] is not None else None
    for name in _LISTS:
        items = dict.fromkeys(repair(item) for item in raw[name] or () if item is not None)
        items.pop("", None)
        row[name] = list(items)[: settings.max_list_items] or None
    for name, (low, high) in _BOUNDS.items():
        value = row[name]
        if value is not None and not (low <= value <= high and math.isfinite(value)):
            row[name] = None
    for name in _ZERO_IS_UNKNOWN:
        row[name] = row[name] or None
    if not row["vote_count"] and row["vote_average"] == 0:  # without votes, 0 is not a rating
        row["vote_average"] = None
    if row["language"] and len(row["language"]) == _CODE_CHARS:
        row["language"] = row["language"].lower()
    if row["overview"] and row["overview"].strip(_PUNCTUATION).casefold() in PLACEHOLDERS:
        row["overview"] = None
    return row, _find_fault(raw, row, settings)


def _find_damage(raw: Row, settings: CleanSettings) -> Fault | None:
    """Return a fault of the raw row, found before the slow repair."""
    longest = settings.max_overview_chars * _RAW_FACTOR
    for name in ("movie_id", *_TEXT, *_LISTS):
        value = raw[name]
        for text in [value] if isinstance(value, str) else value or ():
            if text is None:
                continue
            if (found := find_control_character(text)) is not None:
                position, code = found
                return "control_characters", f"{name}: U+{code:04X} at character {position + 1}"
            if len(text) > longest:
                return "over_long_text", f"{name}: {len(text)} characters"
    return None


def _find_fault(raw: Row, row: Row, settings: CleanSettings) -> Fault | None:
    for name in (*_TEXT, *_LISTS):
        value = row[name]
        for text in [value] if isinstance(value, str) else value or ():
            if len(text) > settings.max_overview_chars:
                return "over_long_text", f"{name}: {len(text)} characters"
    if row["title"] is None:
        return "missing_title", "no title"
    if row["overview"] is None:
        overview = " ".join((raw["overview"] or "").split())
        return "missing_overview", f"placeholder {overview[:80]!r}" if overview else "no overview"
    words = count_words(row["overview"])
    if words < settings.min_overview_words:
        return "missing_overview", f"{words} words: {row['overview'][:80]!r}"
    year = row["year"]
    if year is not None and not settings.first_year <= year <= settings.last_year:
        return "impossible_year", f"year {year}"
    return None
