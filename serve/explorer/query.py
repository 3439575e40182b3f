"""Reads the query parameters of the films page: an address in, typed values out."""

from __future__ import annotations

import math
from dataclasses import dataclass

from starlette.datastructures import QueryParams

from pipeline.release.lookup import NotInReleaseError
from serve.catalogue.catalogue import Catalogue, Filters, Sort
from serve.catalogue.filters import clean_query

__all__ = ["DEFAULT_ORDER", "ORDERS", "Selection", "WrongValueError", "read_page", "read_selection"]

ORDERS: dict[str, tuple[Sort, bool | None]] = {
    "best match": ("relevance", None),
    "most popular": ("popularity", True),
    "best rated": ("rating", True),
    "lowest rated": ("rating", False),
    "newest": ("year", True),
    "oldest": ("year", False),
    "title": ("title", None),
    "most typical": ("similarity", True),
    "least typical": ("similarity", False),
}
DEFAULT_ORDER = next(iter(ORDERS))
MAX_PAGE = 1_000_000
_MANY = ("family", "genre", "micro", "language", "country", "keyword", "person")
_BOUNDS = ("year_from", "year_to", "rating_from", "rating_to", "votes_from")
_SWITCHES = ("adult", "view")
_KNOWN = {"q", "sort", "page", *_MANY, *_BOUNDS, *_SWITCHES}
VIEWS = ("grid", "list")


class WrongValueError(Exception):
    """A parameter of an address has a wrong value; the message is for the reader of the page."""


@dataclass(frozen=True)
class Selection:
    """A selection of films, as an address describes it.

    Attributes
    ----------
    filters : Filters
        The filters, without the text that is searched.
    text : str
        The text that is searched; "" for none.
    order : str
        One of `ORDERS`.
    view : {"grid", "list"}
        How the films are shown.
    values : dict of str to list of str
        The parameters of the address without the page, each as its values; empty ones are left out.
    """

    filters: Filters
    text: str
    order: str
    view: str
    values: dict[str, list[str]]


def read_page(query: QueryParams) -> int:
    """Return the number of the page, from 1.

    Raises
    ------
    WrongValueError
        If `page` is no whole number from 1 to 1,000,000.
    """
    return _whole(query, "page", 1, MAX_PAGE) or 1


def read_selection(query: QueryParams, films: Catalogue) -> Selection:
    """Return the selection of films that an address describes.

    Raises
    ------
    WrongValueError
        If a parameter is unknown or has a wrong value.
    """
    unknown = sorted(set(query) - _KNOWN)
    if unknown:
        raise WrongValueError(
            f'the films page has no parameter "{unknown[0][:60]}"; '
            f"it has {', '.join(sorted(_KNOWN))}"
        )
    text = clean_query(query.get("q", ""))[:200]
    order, view = query.get("sort") or DEFAULT_ORDER, query.get("view") or VIEWS[0]
    if order not in ORDERS:
        raise WrongValueError(f'"sort" is one of: {", ".join(ORDERS)}')
    if view not in VIEWS:
        raise WrongValueError('"view" is "grid" or "list"')
    adult = query.get("adult", "").strip()
    if adult not in ("", "1"):
        raise WrongValueError('"adult" is 1, or missing')
    by_name = {row["micro_genre_name"]: row for row in films.micro_genres()}
    micro = []
    for value in _values(query, "micro"):
        try:
            micro.append(by_name.get(value) or films.micro_genre(value))
        except NotInReleaseError as error:
            raise WrongValueError(str(error)) from error
    bounds: dict[str, list[str]] = {
        name: [query[name].strip()] for name in _BOUNDS if query.get(name, "").strip()
    }
    filters = Filters(
        families=tuple(_values(query, "family")),
        genres=tuple(_values(query, "genre")),
        languages=tuple(_values(query, "language")),
        countries=tuple(_values(query, "country")),
        keywords=tuple(_values(query, "keyword")),
        people=tuple(_values(query, "person")),
        adult=None if adult else False,
        micro_genres=tuple(row["cluster"] for row in micro),
        year_from=_whole(query, "year_from", 0, 9999),
        year_to=_whole(query, "year_to", 0, 9999),
        rating_from=_number(query, "rating_from", 0, 10),
        rating_to=_number(query, "rating_to", 0, 10),
        votes_from=_whole(query, "votes_from", 0, 2**31 - 1),
    )
    values = {
        "q": [text] if text else [],
        "view": [view] if view != VIEWS[0] else [],
        "adult": [adult] if adult else [],
        "sort": [order] if order != DEFAULT_ORDER else [],
        "family": list(map(str, filters.families)),
        "genre": list(filters.genres),
        "micro": [row["micro_genre_id"] for row in micro],
        "language": list(filters.languages),
        "country": list(filters.countries),
        "keyword": list(filters.keywords),
        "person": list(filters.people),
        **bounds,
    }
    chosen = {name: found for name, found in values.items() if found}
    return Selection(filters, text, order, view, chosen)


def _values(query: QueryParams, name: str) -> list[str]:
    found = dict.fromkeys(clean_query(value) for value in query.getlist(name))
    return [value for value in found if value][:50]


def _whole(query: QueryParams, name: str, least: int, most: int) -> int | None:
    number = _number(query, name, least, most)
    if number is None:
        return None
    if number != int(number):
        raise WrongValueError(f'"{name}" is a whole number, not "{query[name].strip()[:40]}"')
    return int(number)


def _number(query: QueryParams, name: str, least: float, most: float) -> float | None:
    text = query.get(name, "").strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise WrongValueError(f'"{name}" is a number from {least} to {most}, not "{text[:40]}"')
    return number
