"""Micro-genres: all of them by family, with a search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.report.charts_map import order
from serve.catalogue.filters import clean_query
from serve.explorer.rendering import render

__all__ = ["matches", "routes"]

_SEARCHED = ("micro_genre_name", "alternatives", "description", "keywords", "exemplars")


def matches(genre: Mapping[str, Any], words: list[str]) -> bool:
    """Return whether names, description, keywords or exemplars contain each word."""
    text = " ".join(str(genre[name] or "") for name in _SEARCHED).casefold()
    return all(word in text for word in words)


def show_micro_genres(request: Request) -> Response:
    """Return the list of micro-genres."""
    films = request.app.state.snapshots.current.catalogue
    request.state.films = films
    text = clean_query(request.query_params.get("q", ""))[:100]
    words = text.casefold().split()
    grouped = [
        (family, [row for row in rows if matches(row, words)])
        for family, rows in order(films.micro_genres())
    ]
    values = {
        "title": f"Micro-genres: {text}" if text else "All micro-genres",
        "page": "micro-genres",
        "query": text,
        "grouped": [(family, rows) for family, rows in grouped if rows],
    }
    return render(request, "micro_genres.html", values)


routes = [Route("/micro-genres", show_micro_genres)]
