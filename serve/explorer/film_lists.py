"""The films of a selection: searched or filtered, ordered, and one page of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from serve.api.snapshot import Snapshot
from serve.catalogue.filters import Filters
from serve.explorer.query import DEFAULT_ORDER, ORDERS, Selection

__all__ = ["FilmList", "list_films", "selected_filters"]


@dataclass(frozen=True)
class FilmList:
    """A page of a selection.

    Attributes
    ----------
    total : int
        Number of films of the selection.
    films : sequence of mapping
        The films of the page; those of a search have `score` and `reasons`.
    counted : Filters
        The films whose values are counted beside the filters.
    understood : mapping or None
        How the text was read; None without a text.
    """

    total: int
    films: Sequence[Mapping[str, Any]]
    counted: Filters
    understood: Mapping[str, Any] | None = None


def selected_filters(snapshot: Snapshot, selection: Selection) -> Filters:
    """Return filters that select exactly the films of a selection, those of its search included."""
    if not selection.text:
        return selection.filters
    return _among(snapshot.search.rank(selection.text, selection.filters).rows, selection.filters)


def list_films(snapshot: Snapshot, selection: Selection, start: int, limit: int) -> FilmList:
    """Return a page of a selection.

    Parameters
    ----------
    snapshot : Snapshot
        The release.
    selection : Selection
        What an address selects.
    start : int
        Number of films before the page.
    limit : int
        Most films of the page.
    """
    films = snapshot.catalogue
    order = ORDERS[selection.order]
    if not selection.text:
        found = films.films(selection.filters, *order, start, limit)
        return FilmList(found.total, found.rows, selection.filters)
    everywhere = snapshot.search.rank(selection.text, Filters(adult=selection.filters.adult))
    counted = _among(everywhere.rows, selection.filters)
    if selection.order == DEFAULT_ORDER:
        page = snapshot.search.search(selection.text, selection.filters, limit, start)
        return FilmList(page.total, page.films, counted, page.understood)
    page = snapshot.search.search(selection.text, selection.filters, 0)
    found = films.films(selected_filters(snapshot, selection), *order, start, limit)
    return FilmList(found.total, found.rows, counted, page.understood)


def _among(rows: np.ndarray, filters: Filters) -> Filters:
    return replace(filters, rows=tuple(rows.tolist()))
