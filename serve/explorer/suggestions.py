"""Suggestions below search fields, as JSON."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from serve.catalogue.records import SuggestionRow
from serve.explorer.addresses import film_address, films_address, micro_genre_address

__all__ = ["routes"]

MOST = 8
MAX_LETTERS = 100


def suggest(request: Request) -> Response:
    """Return films, micro-genres, people and keywords that a text begins, with their addresses."""
    text = request.query_params.get("q", "")[:MAX_LETTERS]
    found = request.app.state.snapshots.current.search.suggest(text, MOST)
    rows = [
        {"kind": row["kind"], "text": row["text"], "year": row["year"], "address": _address(row)}
        for row in found
    ]
    return JSONResponse(rows, headers={"Cache-Control": "max-age=60"})


def _address(row: SuggestionRow) -> str:
    if row["kind"] == "film":
        return film_address(row["id"] or "")
    if row["kind"] == "micro_genre":
        return micro_genre_address(row["id"] or "")
    return films_address({row["kind"]: row["text"]})


routes = [Route("/suggest", suggest)]
