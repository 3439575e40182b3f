"""A film: its facts, its micro-genre with similarity and margin, and its nearest films."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serve.explorer import formatting
from serve.explorer.rendering import render

__all__ = ["routes"]

NEAREST = 12


def show_film(request: Request) -> Response:
    """Return the page of a film."""
    films = request.app.state.snapshots.current.catalogue
    request.state.films = films
    film = films.film(request.query_params.get("id", ""))
    runner_up = None if film["runner_up"] is None else films.micro_genre(film["runner_up"])
    values = {
        "title": formatting.film_title(film),
        "page": "film",
        "film": film,
        "genre": films.micro_genre(film["cluster"]),
        "runner_up": runner_up,
        "nearest": films.similar(film["movie_id"], NEAREST),
    }
    return render(request, "film.html", values)


routes = [Route("/film", show_film)]
