"""Overview: families and micro-genres as tiles whose area is the number of films."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.release.lookup import NotInReleaseError
from serve.catalogue.filters import clean_query
from serve.explorer.colours import HUES, PATTERNS, family_classes
from serve.explorer.rendering import render
from serve.explorer.treemap import Canvas, lay_out

__all__ = ["routes"]

# A unit is at least 0.66 pixels wide on a wide screen, and 0.9 on a phone: letters have 9 or more.
WIDE = Canvas(1280, 760, 14)
NARROW = Canvas(360, 900, 11)


def show_overview(request: Request) -> Response:
    """Return the tiles of all families, or of one."""
    films = request.app.state.snapshots.current.catalogue
    request.state.films = films
    wanted = clean_query(request.query_params.get("family", ""))[:200]
    families = films.families()
    chosen = [row for row in families if row["family_name"].casefold() == wanted.casefold()]
    if wanted and not chosen:
        raise NotInReleaseError(f"no family {wanted!r} in release {films.id}")
    genres = films.micro_genres()
    shown = chosen or families
    numbers = {row["family"] for row in shown}
    listed = [row for row in genres if row["family"] in numbers]
    listed.sort(key=lambda row: (-row["films"], row["cluster"]))
    values = {
        "title": f"Overview: {chosen[0]['family_name']}" if chosen else "Overview",
        "page": "overview",
        "family": chosen[0] if chosen else None,
        "drawings": [
            ("wide", WIDE, lay_out(shown, genres, WIDE)),
            ("narrow", NARROW, lay_out(shown, genres, NARROW)),
        ],
        "listed": listed,
        "hatches": {  # families of one hue differ in the number of their hatch
            name: place // len(HUES) % len(PATTERNS)
            for place, name in enumerate(family_classes(families))
        },
    }
    return render(request, "overview.html", values)


routes = [Route("/overview", show_overview)]
