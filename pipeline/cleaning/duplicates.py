"""Rows of one film: the most complete row is used, and the others fill what it lacks.

Rows that repeat id, title and overview in one file, as joins of tables give them, differ in their
lists: one row has one genre, the next another. Their lists are gathered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from pipeline.schemas.mining import MOVIES

__all__ = ["fill", "gather", "preference"]

_COMPARED = tuple(n for n in MOVIES.names if n not in ("movie_id", "source", "row"))
_VOTES = ("vote_average", "vote_count")  # of one service; an average without its count means little
_FILLED = tuple(
    name for name in _COMPARED if name not in ("title", "overview", "year", "release_date", *_VOTES)
)
_LISTS = tuple(field.name for field in MOVIES if pa.types.is_list(field.type))
_REPEATED = ("source", "title", "overview")  # the same in rows of a join

Row = dict[str, Any]


def preference(row: Row) -> tuple[int, int, str, str, int]:
    """Return the sort key of a row, smallest first.

    The best row has the most fields, then the longest overview, then the smallest content. Source
    and row decide only between otherwise equal rows.
    """
    content = [row[name] for name in _COMPARED]
    filled = sum(value is not None for value in content)
    return (
        -filled,
        -len(row["overview"] or ""),
        repr(content),
        row["source"] or "",
        row["row"] or 0,
    )


def gather(best: Row, others: Sequence[Row], most: int) -> Row:
    """Return `best` with the lists of rows that repeat it, in the order of the file.

    Parameters
    ----------
    best : dict
        Row of CLEAN_MOVIES.
    others : sequence of dict
        Rows of the same film; only those of the same file, title and overview count.
    most : int
        Most entries of a list; the others are cut.

    Examples
    --------
    >>> row = dict.fromkeys(MOVIES.names)
    >>> gather(row | {"genres": ["War"]}, [row | {"genres": ["Drama", "War"]}], 20)["genres"]
    ['War', 'Drama']
    """
    repeated = [row for row in others if all(row[name] == best[name] for name in _REPEATED)]
    if not repeated:
        return best
    rows = sorted([best, *repeated], key=lambda row: row["row"] or 0)
    film = dict(best)
    for name in _LISTS:
        items = dict.fromkeys(item for row in rows for item in row[name] or ())
        if len(items) > len(set(best[name] or ())):
            film[name] = list(items)[:most]
    return film


def fill(best: Row, others: Sequence[Row]) -> Row:
    """Return `best` with its unknown cells filled from other rows of the same film.

    Title, overview, source and row stay those of `best`. A date is filled only where its year is
    that of the film; votes and their number are filled from the same row.

    Parameters
    ----------
    best : dict
        Row of CLEAN_MOVIES.
    others : sequence of dict
        Rows of the same film; the first that has a value gives it.

    Examples
    --------
    >>> row = dict.fromkeys(MOVIES.names)
    >>> filled = fill(row | {"year": 1999}, [row | {"genres": ["War"], "year": 2000}])
    >>> filled["year"], filled["genres"]
    (1999, ['War'])
    """
    film = dict(best)
    for other in others:
        for name in _FILLED:
            if film[name] is None:
                film[name] = other[name]
        if film["year"] is None:
            film["year"] = other["year"]
        if film["release_date"] is None and other["year"] in (None, film["year"]):
            date = other["release_date"]
            if date is not None and (film["year"] is None or date[:4] == f"{film['year']:04d}"):
                film["release_date"] = date
        if film["vote_average"] is None and not film["vote_count"] and other["vote_average"]:
            film |= {name: other[name] for name in _VOTES}
    return film
