"""Fills the templates of the explorer's pages."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from serve.explorer import addresses, formatting
from serve.explorer.charts.plotly import style_ids
from serve.explorer.colours import family_classes
from serve.explorer.optional_pages import content_of
from serve.explorer.static_files import static_address

__all__ = ["POSTERS", "poster_address", "render"]

POSTERS = "MICROGENRES_POSTERS"  # base address of posters; without it covers are drawn
NAVIGATION = (
    ("films", "Films"),
    ("micro-genres", "Micro-genres"),
    ("overview", "Overview"),
    ("map", "Map"),
    ("trends", "Trends"),
    ("quality", "Quality"),
)

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def poster_address(film: Mapping[str, Any]) -> str | None:
    """Return the address of a film's poster on the host of posters; None without one.

    A catalogue may hold whole addresses of other hosts; the Content-Security-Policy allows only
    the host of the environment variable MICROGENRES_POSTERS, so those films have drawn covers.
    """
    path, base = film.get("poster_path"), os.environ.get(POSTERS, "").rstrip("/")
    if not path or not base:
        return None
    if str(path).startswith(("http://", "https://")):
        return str(path) if str(path).startswith(f"{base}/") else None
    return f"{base}/{str(path).lstrip('/')}"


_ENVIRONMENT.globals.update(
    film_address=addresses.film_address,
    films_address=addresses.films_address,
    export_address=addresses.export_address,
    micro_genre_address=addresses.micro_genre_address,
    page_address=addresses.page_address,
    poster_address=poster_address,
    static_address=static_address,
    plotly_style_ids=style_ids,
    text=formatting,
)


def render(
    request: Request, template: str, values: Mapping[str, Any], status: int = 200
) -> HTMLResponse:
    """Return a page.

    Parameters
    ----------
    request : Request
        The request; its snapshot is the one that `request.state.snapshot` holds, else the current.
    template : str
        Name of the template.
    values : mapping
        Its values: `title` and `page` (the page's name in the navigation), and those of its own.
    status : int
        HTTP status.
    """
    films = getattr(request.state, "films", None) or request.app.state.snapshots.current.catalogue
    root = f"{request.scope.get('root_path', '').rstrip('/')}/"
    query = f"?{request.url.query}" if request.url.query else ""
    page = _ENVIRONMENT.get_template(template).render(
        root=root,
        here=f"{request.url.path}{query}",
        navigation=[*NAVIGATION, *content_of(request).menu()],
        figures=films.figures(),
        colours=family_classes(films.families()),
        **values,
    )
    # The browser checks with the server on reload, but may restore the page itself after Back.
    return HTMLResponse(page, status, headers={"Cache-Control": "no-cache"})
