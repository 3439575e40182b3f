"""Home: the figures of the release, a search, the families and the largest micro-genres."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serve.catalogue.filters import Filters
from serve.explorer.rendering import render

__all__ = ["routes"]


def show_home(request: Request) -> Response:
    """Return the home page."""
    films = request.app.state.snapshots.current.catalogue
    request.state.films = films
    genres = sorted(films.micro_genres(), key=lambda row: (-row["films"], row["cluster"]))
    families = sorted(films.families(), key=lambda row: (-(row["films"] or 0), row["family_name"]))
    values = {
        "title": "Micro-genres",
        "page": "",
        "families": families,
        "genres": genres[:12],
        "popular": films.films(Filters(adult=False), "popularity", limit=12).rows,
    }
    return render(request, "home.html", values)


routes = [Route("/", show_home)]
