"""A micro-genre: its keywords and figures, its siblings and its films."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serve.catalogue.catalogue import Filters
from serve.explorer.query import WrongValueError, read_page
from serve.explorer.rendering import render

__all__ = ["routes"]

PER_PAGE = 18


def show_micro_genre(request: Request) -> Response:
    """Return the page of a micro-genre."""
    films = request.app.state.snapshots.current.catalogue
    request.state.films = films
    genre = films.micro_genre(request.query_params.get("id", ""))
    page = read_page(request.query_params)
    own = Filters(micro_genres=(genre["cluster"],))
    found = films.films(own, "similarity", True, (page - 1) * PER_PAGE, PER_PAGE)
    pages = max(1, -(-found.total // PER_PAGE))
    if page > pages:
        raise WrongValueError(f"the micro-genre has {pages} pages of films, and no page {page}")
    values = {
        "title": genre["micro_genre_name"],
        "page": "micro-genre",
        "genre": genre,
        "siblings": films.siblings(genre["cluster"])[:10],
        "years": films.trends.films_by("year", genre["cluster"]),
        "films": found.rows,
        "number": page,
        "pages": pages,
    }
    return render(request, "micro_genre.html", values)


routes = [Route("/micro-genre", show_micro_genre)]
