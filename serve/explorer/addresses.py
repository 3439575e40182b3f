"""The address of each page of the web explorer, relative to the home page.

Every page is one level below the home page, so relative addresses also work behind a proxy that
serves the explorer under a prefix.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlencode

from serve.explorer.formatting import language_code

__all__ = [
    "export_address",
    "film_address",
    "films_address",
    "micro_genre_address",
    "page_address",
    "renamed_films_address",
]

Values = Mapping[str, str | int | Sequence[str]]


def page_address(page: str, values: Values | None = None) -> str:
    """Return the address of a page; empty values are left out.

    Parameters
    ----------
    page : str
        Name of the page, such as "films"; empty for the home page.
    values : mapping of str to str, int or sequence of str, or None
        Query parameters. A sequence becomes one parameter per value.

    Examples
    --------
    >>> page_address("films", {"genre": ["War", "Drama"], "q": "", "page": 2})
    'films?genre=War&genre=Drama&page=2'
    >>> page_address("")
    './'
    """
    pairs = []
    for name, value in (values or {}).items():
        for single in [value] if isinstance(value, str | int) else value:
            if single != "":
                pairs.append((name, str(single)))
    return (page or "./") + (f"?{urlencode(pairs)}" if pairs else "")


def film_address(movie_id: str) -> str:
    """Return the address of a film's page.

    Examples
    --------
    >>> film_address("a/b")
    'film?id=a%2Fb'
    """
    return page_address("film", {"id": movie_id})


def micro_genre_address(micro_genre_id: str) -> str:
    """Return the address of a micro-genre's page."""
    return page_address("micro-genre", {"id": micro_genre_id})


def films_address(values: Values | None = None, **more: str | int | Sequence[str]) -> str:
    """Return the address of a selection of films; `more` replaces single values."""
    return page_address("films", {**(values or {}), **more})


def export_address(values: Values, file_type: str) -> str:
    """Return the address of a selection as a file, `file_type` being "csv" or "parquet"."""
    return page_address(f"films.{file_type}", {n: v for n, v in values.items() if n != "page"})


def renamed_films_address(pairs: Iterable[tuple[str, str]]) -> str | None:
    """Return the present address of a films page of an earlier version; None if it is present.

    Earlier addresses had two values of `year` and `rating`, names of languages, and `by`.

    Parameters
    ----------
    pairs : iterable of tuple of str and str
        Names and values of the query.

    Examples
    --------
    >>> renamed_films_address([("year", "1990"), ("year", "2000"), ("language", "French")])
    'films?language=fr&year_from=1990&year_to=2000'
    >>> renamed_films_address([("year_from", "1990")])
    """
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    codes = [language_code(value) for value in given.get("language", [])]
    if not given.keys() & {"year", "rating", "by"} and codes == given.get("language", []):
        return None
    present: dict[str, Sequence[str]] = {
        name: found for name, found in given.items() if name not in ("year", "rating", "by")
    }
    if codes:
        present["language"] = codes
    for name in ("year", "rating"):
        if name in given:
            present |= {f"{name}_from": given[name][:1], f"{name}_to": given[name][-1:]}
    return films_address(present)
