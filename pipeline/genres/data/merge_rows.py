"""Several rows of one film to one: all its genres, its longest description.

Catalogues by genre tell of a film in each genre's file, and two catalogues tell of the same film
with other genres. A partition must hold all rows of each id in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from pipeline.schemas import mining as tables

__all__ = ["MERGED", "PLOTS", "described", "is_placeholder", "merge_rows"]

MERGED = "merged"  # the reason of a row that is now part of another


# Descriptions from another file, for films that have none in the catalogue.
PLOTS = pa.schema([("movie_id", pa.string()), ("overview", pa.string())])


Row = dict[str, Any]


_LISTS = {field.name for field in tables.MOVIES if pa.types.is_list(field.type)}


def merge_rows(movies: pa.Table, fill: pa.Table | None = None) -> dict[str, pa.Table]:
    """One row per film.

    Parameters
    ----------
    movies : `tables.MOVIES`, in any order. fill : PLOTS; its description stands in for one that is
        missing, or says only that it is missing.

    Returns
    -------
    `movies` (`tables.MOVIES`, sorted by id) and `rejects` (`tables.REJECTS`, reason `merged`),
    together as many rows as came in. Genres come in the order of the alphabet; of other fields the
    row with the longest description tells, and where it has nothing, the next longest.
    """
    tables.validate(movies, tables.MOVIES, name="movies")
    plots = {} if fill is None else _plots(fill)
    found: dict[str, list[Row]] = {}
    for row in movies.to_pylist():
        row["overview"] = described(row["overview"])
        found.setdefault(row["movie_id"], []).append(row)
    kept: list[Row] = []
    rejects: list[Row] = []
    for movie_id in sorted(found, key=str):
        rows = sorted(found[movie_id], key=_preference)
        whole = dict(rows[0])
        for row in rows[1:]:
            for name, value in row.items():
                if whole[name] is None:
                    whole[name] = value
        names = {g for row in rows for g in row["genres"] or () if g}
        whole["genres"] = sorted(names) or None
        whole["overview"] = whole["overview"] or plots.get(movie_id)
        kept.append(whole)
        where = f"merged into row {whole['row']} of {whole['source']}"
        rejects.extend(
            {name: row[name] for name in ("source", "row", "movie_id")}
            | {"reason": MERGED, "detail": where}
            for row in rows[1:]
        )
    return {
        "movies": pa.Table.from_pylist(kept, tables.MOVIES),
        "rejects": pa.Table.from_pylist(rejects, tables.REJECTS),
    }


def _plots(fill: pa.Table) -> Mapping[str, str]:
    """The longest usable description of each film."""
    found: dict[str, str] = {}
    for row in fill.to_pylist():
        told = described(row["overview"])
        if told is not None and len(told) > len(found.get(row["movie_id"], "")):
            found[row["movie_id"]] = told
    return found


def _preference(row: Row) -> tuple[int, str, str, int]:
    """Smallest first; source and row only choose between rows that are otherwise alike."""
    content = repr([row[name] for name in tables.MOVIES.names if name not in ("source", "row")])
    return -len(row["overview"] or ""), content, row["source"] or "", row["row"] or 0


# Compared with the whole text once marks at both ends are gone; case does not count.
_NOTHING = re.compile(
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


_AUTHOR = re.compile(  # signed with "written by", with a dash and two names, or with an address
    r"(?:(?<=[.!?])\s+|\s*[-\u2013\u2014]{1,2}\s*|\s*\()"
    r"(?:written|summary|synopsis|submitted|plot) by\b\s*:?"
    r"\s+\S.{0,80}$"
    rf"|\s*(?:[\u2014\u2013]|--)\s*{_NAME}(?:\s+{_NAME}){{0,3}}\s*{_ADDRESS}\s*$"
    rf"|\s*(?:[\u2014\u2013]|--)\s*(?:anonymous|{_NAME}(?:\s+{_NAME}){{1,3}}(?<![.!?]))\s*$"
    rf"|\s*{_ADDRESS}\s*$",
    re.IGNORECASE,
)


_MARKS = " \t\r\n.,:;!?\"'*-_()[]<>/\\\u00bb\u2026\u2013\u2014"


def is_placeholder(text: str | None) -> bool:
    """Whether a description only says that there is none."""
    told = (text or "").strip(_MARKS)
    return not told or _NOTHING.fullmatch(told) is not None


def described(text: str | None) -> str | None:
    """A description without link and author's tail; None for a placeholder.

    >>> described("A man waits. See full summary »")
    'A man waits.'
    >>> described("Add a Plot »") is None
    True
    """
    if is_placeholder(text):
        return None
    told = _LINK.sub("", text or "")
    told = _AUTHOR.sub("", told).strip()
    return None if is_placeholder(told) else told
