"""Merge the rows of one film: all its genres, its longest description.

A catalogue by genre has a row for a film in each genre's file, and two catalogues may list the same
film with different genres. A partition must contain all rows of each id in it.
"""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa

from pipeline.schemas import mining as tables
from pipeline.schemas.stage import stage

__all__ = ["MERGED", "PLOTS", "clean_description", "is_placeholder", "merge_rows"]

MERGED = "merged"  # reason of a reject: the row is now part of another row

# Descriptions from another source, for films without one in the catalogue.
PLOTS = pa.schema([("movie_id", pa.string()), ("overview", pa.string())])

Row = dict[str, Any]

# Compared with the whole text, without marks at both ends; upper and lower case are equal.
_PLACEHOLDER = re.compile(
    r"(?:add (?:a )?(?:plot|synopsis|storyline)|(?:the )?plot (?:is |kept |currently )*"
    r"(?:unknown|unavailable|under wraps|tba|tbd|coming soon|to be (?:announced|determined))|"
    r"(?:unknown|no|missing) (?:plot|synopsis|description|overview|storyline)(?: (?:yet|available|"
    r"found|known))*|(?:see|read) full (?:summary|synopsis)|coming soon|under construction|"
    r"lorem ipsum.*|n/?a|nan|none|null|tb[acd]|to be (?:announced|confirmed|determined)|unknown|"
    r"(?:synopsis|description|storyline) (?:not available|unavailable|to follow))",
    re.IGNORECASE | re.DOTALL,
)
_LINK = re.compile(
    r"\s*(?:\u2026|\.{3})?\s*(?:\u00bb|>>)?\s*\b(?:see|read) full (?:summary|synopsis).*$",
    re.I | re.S,
)
_ADDRESS = r"[<{(][^<>{}()\s]+@[^<>{}()\s]+[>})]"
_NAME = r"(?-i:[A-Z][\w.'-]*)"
_AUTHOR = re.compile(  # a signature: "written by" and a name, a dash and names, or an address
    r"(?:(?<=[.!?])\s+|\s*[-\u2013\u2014]{1,2}\s*|\s*\()"
    r"(?:written|summary|synopsis|submitted|plot) by\b\s*:?"
    r"\s+\S.{0,80}$"
    rf"|\s*(?:[\u2014\u2013]|--)\s*{_NAME}(?:\s+{_NAME}){{0,3}}\s*{_ADDRESS}\s*$"
    rf"|\s*(?:[\u2014\u2013]|--)\s*(?:anonymous|{_NAME}(?:\s+{_NAME}){{1,3}}(?<![.!?]))\s*$"
    rf"|\s*{_ADDRESS}\s*$",
    re.IGNORECASE,
)
_MARKS = " \t\r\n.,:;!?\"'*-_()[]<>/\\\u00bb\u2026\u2013\u2014"


@stage(
    "genres-merge",
    version=1,
    inputs=("movies", "fill"),
    outputs=("movies", "rejects"),
    conserves=("movies", "movies", "rejects"),
)
def merge_rows(movies: pa.Table, fill: pa.Table | None = None) -> dict[str, pa.Table]:
    """Merge the rows of each film into one row.

    The row with the longest description decides each field; if its field is empty, the row with the
    next longest description decides. Genres are the union, in alphabetical order.

    Parameters
    ----------
    movies : pyarrow.Table
        `schemas.mining.MOVIES`, in any order.
    fill : pyarrow.Table, optional
        `PLOTS`; descriptions for films whose own is missing or a placeholder.

    Returns
    -------
    dict of str to pyarrow.Table
        `movies` (`schemas.mining.MOVIES`, sorted by id) and `rejects` (`schemas.mining.REJECTS`,
        reason `merged`); together they have as many rows as the input.
    """
    tables.validate(movies, tables.MOVIES, name="movies")
    plots = {} if fill is None else _longest_plots(fill)
    by_film: dict[str, list[Row]] = {}
    for row in movies.to_pylist():
        row["overview"] = clean_description(row["overview"])
        by_film.setdefault(row["movie_id"], []).append(row)
    merged: list[Row] = []
    rejects: list[Row] = []
    for movie_id in sorted(by_film, key=str):
        rows = sorted(by_film[movie_id], key=_preference)
        film = dict(rows[0])
        for row in rows[1:]:
            for name, value in row.items():
                if film[name] is None:
                    film[name] = value
        genres = {g for row in rows for g in row["genres"] or () if g}
        film["genres"] = sorted(genres) or None
        film["overview"] = film["overview"] or plots.get(movie_id)
        merged.append(film)
        detail = f"merged into row {film['row']} of {film['source']}"
        rejects.extend(
            {name: row[name] for name in ("source", "row", "movie_id")}
            | {"reason": MERGED, "detail": detail}
            for row in rows[1:]
        )
    return {
        "movies": pa.Table.from_pylist(merged, tables.MOVIES),
        "rejects": pa.Table.from_pylist(rejects, tables.REJECTS),
    }


def _longest_plots(fill: pa.Table) -> dict[str, str]:
    """Return the longest usable description of each film."""
    longest: dict[str, str] = {}
    for row in fill.to_pylist():
        plot = clean_description(row["overview"])
        if plot is not None and len(plot) > len(longest.get(row["movie_id"], "")):
            longest[row["movie_id"]] = plot
    return longest


def _preference(row: Row) -> tuple[int, str, str, int]:
    """Return the sort key of a row, smallest first.

    Source and row decide only between rows whose other fields are all equal.
    """
    content = repr([row[name] for name in tables.MOVIES.names if name not in ("source", "row")])
    return -len(row["overview"] or ""), content, row["source"] or "", row["row"] or 0


def is_placeholder(text: str | None) -> bool:
    """Return whether a description only says that there is none."""
    stripped = (text or "").strip(_MARKS)
    return not stripped or _PLACEHOLDER.fullmatch(stripped) is not None


def clean_description(text: str | None) -> str | None:
    """Remove links and the author's signature from a description; None for a placeholder.

    >>> clean_description("A man waits. See full summary »")
    'A man waits.'
    >>> clean_description("Add a Plot »") is None
    True
    """
    if is_placeholder(text):
        return None
    cleaned = _LINK.sub("", text or "")
    cleaned = _AUTHOR.sub("", cleaned).strip()
    return None if is_placeholder(cleaned) else cleaned
