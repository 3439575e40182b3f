"""A micro-genre: keywords with weights, what its films are, border films, and its films."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serve.catalogue.catalogue import Filters
from serve.catalogue.profiles import ShareOfFilms, border_films, profile
from serve.explorer import formatting
from serve.explorer.query import WrongValueError, read_page
from serve.explorer.rendering import render

__all__ = ["routes", "shown_shares"]

PER_PAGE = 18


def show_micro_genre(request: Request) -> Response:
    """Return the page of a micro-genre."""
    films = request.app.state.snapshots.current.catalogue
    request.state.films = films
    genre = films.micro_genre(request.query_params.get("id", ""))
    page = read_page(request.query_params)
    own = Filters(micro_genres=(genre["cluster"],), adult=False)
    found = films.films(own, "similarity", True, (page - 1) * PER_PAGE, PER_PAGE)
    pages = max(1, -(-found.total // PER_PAGE))
    if page > pages:
        raise WrongValueError(f"the micro-genre has {pages} pages of films, and no page {page}")
    parts = profile(films, genre["cluster"])
    values = {
        "title": genre["micro_genre_name"],
        "page": "micro-genre",
        "genre": genre,
        "keywords": parts["keywords"],
        "mixes": [
            ("Genres", "genre", shown_shares(parts["genres"])),
            ("Countries", "country", shown_shares(parts["countries"])),
            ("Languages", "language", shown_shares(parts["languages"], "language")),
            ("Decades", "", shown_shares(parts["decades"], "decade")),
        ],
        "nearest": films.nearest_micro_genres(genre["cluster"]),
        "names": {row["cluster"]: row["micro_genre_name"] for row in films.micro_genres()},
        "border": border_films(films, genre["cluster"]) if page == 1 else [],
        "films": found.rows,
        "adult": genre["films"] - found.total,
        "number": page,
        "pages": pages,
    }
    return render(request, "micro_genre.html", values)


def shown_shares(rows: Sequence[ShareOfFilms], kind: str = "") -> list[dict[str, Any]]:
    """Return shares with the text that is shown for each value.

    Parameters
    ----------
    rows : sequence of ShareOfFilms
        The shares.
    kind : {"", "language", "decade"}
        What the values are.
    """
    return [{**row, "shown": _shown(row["value"], kind)} for row in rows]


def _shown(value: str | int, kind: str) -> str:
    if kind == "language":
        return formatting.language(str(value))
    return f"{value}s" if kind == "decade" else str(value)


routes = [Route("/micro-genre", show_micro_genre)]
