"""The pages of the explorer and their addresses: each film, micro-genre and selection has one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode

import streamlit as st

__all__ = ["address", "film_address", "genre_address", "go", "pages"]

Query = Mapping[str, str | Sequence[str] | None]

# address -> script, title, icon, shown in the menu
PAGES: dict[str, tuple[str, str, bool]] = {
    "home": ("home.py", "Home", True),
    "overview": ("overview.py", "Overview", True),
    "map": ("film_map.py", "Map", True),
    "films": ("films.py", "Films", True),
    "micro-genres": ("micro_genres.py", "Micro-genres", True),
    "trends": ("trends.py", "Trends", True),
    "quality": ("quality.py", "Quality", True),
    "genres": ("genres.py", "Genres", True),
    "for-you": ("for_you.py", "For you", True),
    "monitoring": ("monitoring.py", "Monitoring", True),
    "film": ("film.py", "Film", False),
    "micro-genre": ("micro_genre.py", "Micro-genre", False),
}


def pages() -> list[st.Page]:
    """Every page, in the order of the menu; films and micro-genres are reached by their links."""
    return [
        st.Page(
            f"pages/{script}",
            title=title,
            url_path=path,
            default=path == "home",
            visibility="visible" if shown else "hidden",
        )
        for path, (script, title, shown) in PAGES.items()
    ]


def address(page: str, query: Query | None = None) -> str:
    """The address of a page relative to the app, such as `films?genre=Horror`."""
    asked = [
        (name, item)
        for name, value in (query or {}).items()
        for item in ([value] if isinstance(value, str) else value or ())
        if item
    ]
    return ("" if page == "home" else page) + (f"?{urlencode(asked)}" if asked else "")


def film_address(movie_id: str) -> str:
    """The permalink of a film."""
    return address("film", {"id": movie_id})


def genre_address(micro_genre_id: str) -> str:
    """The permalink of a micro-genre."""
    return address("micro-genre", {"id": micro_genre_id})


def go(to: str) -> None:
    """Open an address of this app in this session; one that names no page leads home."""
    path, _, asked = to.partition("?")
    script = PAGES.get(path or "home", PAGES["home"])[0]
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(asked):
        query.setdefault(name, []).append(value)
    st.switch_page(f"pages/{script}", query_params=query)
