"""Two micro-genres side by side: keywords, border films, years and ratings."""

from __future__ import annotations

from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serve.catalogue.profiles import compare
from serve.explorer.query import WrongValueError
from serve.explorer.rendering import render

__all__ = ["routes"]


def show_comparison(request: Request) -> Response:
    """Return the page of two micro-genres, or the form to choose them."""
    films = request.app.state.snapshots.current.catalogue
    request.state.films = films
    genres = sorted(films.micro_genres(), key=lambda row: row["micro_genre_name"].casefold())
    wanted = [request.query_params.get(name, "") for name in ("one", "other")]
    chosen = [films.micro_genre(value) if value else None for value in wanted]
    one, other = chosen
    values: dict[str, Any] = {
        "title": "Compare micro-genres",
        "page": "compare",
        "genres": genres,
        "one": one,
        "other": other,
    }
    if one is not None and other is not None:
        if one["cluster"] == other["cluster"]:
            raise WrongValueError("choose two different micro-genres to compare")
        found = compare(films, one, other)
        values |= {
            "title": f"{one['micro_genre_name']} and {other['micro_genre_name']}",
            "found": found,
            "ratings": [_summary(ratings) for ratings in found["ratings"]],
            "most": max((max(first, second) for _, first, second in found["decades"]), default=1.0),
            "names": {row["cluster"]: row["micro_genre_name"] for row in genres},
        }
    return render(request, "compare.html", values)


def _summary(ratings: list[float]) -> dict[str, float | int] | None:
    """Return number, mean, median and quartiles of ratings; None if there are none."""
    if not ratings:
        return None
    low, median, high = np.quantile(ratings, [0.25, 0.5, 0.75]).tolist()
    return {
        "films": len(ratings),
        "mean": float(np.mean(ratings)),
        "low": low,
        "median": median,
        "high": high,
    }


routes = [Route("/compare", show_comparison)]
