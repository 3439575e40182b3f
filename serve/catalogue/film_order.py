"""The order of films in a list, as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from serve.catalogue.filters import Word

__all__ = ["Sort", "order_by"]

Sort = Literal["relevance", "rating", "popularity", "year", "title", "similarity"]

_SORT_COLUMNS = {
    "rating": "vote_average",
    "popularity": "popularity",
    "year": "year",
    "title": "title_folded",
    "similarity": "similarity",
}


def order_by(sort: Sort, descending: bool | None, words: Sequence[Word]) -> tuple[str, list[Any]]:
    """Return the ORDER BY clause and its parameters; ties are broken by the row number.

    Parameters
    ----------
    sort : Sort
        See `Catalogue.films`.
    descending : bool or None
        None for the default of `sort`.
    words : sequence of Word
        The words of the query, for "relevance".
    """
    if sort != "relevance":
        downwards = sort != "title" if descending is None else descending
        direction = "DESC" if downwards else "ASC"
        return f"{_SORT_COLUMNS[sort]} {direction} NULLS LAST, row_index", []
    direction = "DESC" if descending is None or descending else "ASC"
    if not words:
        return f"popularity {direction} NULLS LAST, row_index", []
    plain = [word.plain for word in words if word.plain]
    phrase = " ".join(plain)
    all_in_title = " AND ".join("contains(title_plain, ?)" for _ in plain) or "true"
    rank = (
        f"CASE WHEN trim(title_plain) = ? THEN 4 WHEN starts_with(title_plain, ?) THEN 3 "
        f"WHEN {all_in_title} THEN 2 WHEN contains(search_text, ?) THEN 1 ELSE 0 END"
    )
    parameters = [phrase, f" {phrase}", *(f" {word}" for word in plain), f" {phrase}"]
    return f"{rank} {direction}, popularity DESC NULLS LAST, row_index", parameters
