"""The search that the API serves, in one place: films by a text, and suggestions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.settings import ServeSettings
from serve.api.snapshot import Snapshot
from serve.catalogue.filters import Filters
from serve.catalogue.records import SuggestionRow

__all__ = ["SearchPage", "search_films", "suggest"]


@dataclass(frozen=True)
class SearchPage:
    """A page of the films that a search found.

    Attributes
    ----------
    total : int
        Number of films found.
    understood : dict
        How the text was read.
    films : list of dict
        A `FilmRow` each, with `score` (float, higher is better) and `reasons` (list of str).
    nothing_close : bool
        Whether no film is close to the text.
    """

    total: int
    understood: dict[str, Any]
    films: list[dict[str, Any]]
    nothing_close: bool


def search_films(
    snapshot: Snapshot,
    text: str,
    filters: Filters,
    *,
    limit: int,
    offset: int,
    settings: ServeSettings,
) -> SearchPage:
    """Return a page of the films of a selection that fit a text, best first.

    Parameters
    ----------
    snapshot : Snapshot
        The release.
    text : str
        What is sought.
    filters : Filters
        The selection.
    limit, offset : int
        Most films of the page, and the number of films before it.
    settings : ServeSettings
        `max_meaning_films` is the length of the ranking.
    """
    found = snapshot.search.search(text, filters, settings.max_meaning_films)
    films = [
        {**film, "score": film["closeness"], "reasons": ["near in meaning"]}
        for film in found[offset : offset + limit]
    ]
    return SearchPage(len(found), {"text": text}, films, not found)


def suggest(snapshot: Snapshot, text: str, limit: int) -> list[SuggestionRow]:
    """Return films, micro-genres, keywords and people whose name a text begins."""
    return snapshot.catalogue.suggest(text, limit)
