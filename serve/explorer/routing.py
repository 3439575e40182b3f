"""The pages of the explorer and their addresses. Each film, micro-genre and selection has one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

import streamlit as st

__all__ = ["PAGES", "PageInfo", "address", "film_address", "genre_address", "go", "pages"]

Query = Mapping[str, str | Sequence[str] | None]


class PageInfo(NamedTuple):
    """A page: its script in the folder `views`, its title, and whether the menu shows it."""

    script: str
    title: str
    in_menu: bool = True


# address -> page, in the order of the menu
PAGES: dict[str, PageInfo] = {
    "home": PageInfo("home.py", "Home"),
    "overview": PageInfo("overview.py", "Overview"),
    "map": PageInfo("film_map.py", "Map"),
    "films": PageInfo("films.py", "Films"),
    "micro-genres": PageInfo("micro_genres.py", "Micro-genres"),
    "trends": PageInfo("trends.py", "Trends"),
    "quality": PageInfo("quality.py", "Quality"),
    "genres": PageInfo("genres.py", "Genres"),
    "for-you": PageInfo("for_you.py", "For you"),
    "monitoring": PageInfo("monitoring.py", "Monitoring"),
    "film": PageInfo("film.py", "Film", in_menu=False),
    "micro-genre": PageInfo("micro_genre.py", "Micro-genre", in_menu=False),
}
# Not `pages`: Streamlit serves a folder of that name beside the main script as pages of its own,
# and the first visitor of a server would see such a page without app.py.
_FOLDER = "views"


def pages() -> list[st.Page]:
    """Return every page, in the order of the menu."""
    return [
        st.Page(
            f"{_FOLDER}/{page.script}",
            title=page.title,
            url_path=path,
            default=path == "home",
            visibility="visible" if page.in_menu else "hidden",
        )
        for path, page in PAGES.items()
    ]


def address(page: str, query: Query | None = None) -> str:
    """Return the address of a page relative to the app.

    Parameters
    ----------
    page : str
        A key of `PAGES`.
    query : mapping of str to str, sequence of str or None, or None
        Parameters of the page; empty values are left out.

    Examples
    --------
    >>> address("films", {"genre": ["Horror", "War"], "q": ""})
    'films?genre=Horror&genre=War'
    >>> address("home")
    ''
    """
    pairs = [
        (name, item)
        for name, value in (query or {}).items()
        for item in ([value] if isinstance(value, str) else value or ())
        if item
    ]
    return ("" if page == "home" else page) + (f"?{urlencode(pairs)}" if pairs else "")


def film_address(movie_id: str) -> str:
    """Return the permanent address of a film."""
    return address("film", {"id": movie_id})


def genre_address(micro_genre_id: str) -> str:
    """Return the permanent address of a micro-genre."""
    return address("micro-genre", {"id": micro_genre_id})


def go(to: str) -> None:
    """Open an address of this app in the same session; an unknown address opens the home page."""
    path, _, query_string = to.partition("?")
    page = PAGES.get(path or "home", PAGES["home"])
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(query_string):
        query.setdefault(name, []).append(value)
    st.switch_page(f"{_FOLDER}/{page.script}", query_params=query)
