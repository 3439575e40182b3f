"""The map of films: the page, its data, and the films of a search or selection on it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from serve.api.snapshot import Snapshot
from serve.catalogue.filters import clean_query
from serve.explorer.addresses import page_address
from serve.explorer.film_map.data import FORMAT, LARGEST, SHOWN, map_data, placed_films
from serve.explorer.film_map.lasso import read_lasso
from serve.explorer.rendering import render

__all__ = ["routes"]

LISTED = 12  # films of a selection that the page lists
COLOURINGS = ("family", "genre", "language", "country", "year", "rating")


def show_map(request: Request) -> Response:
    """Return the page of the map; its module reads the address."""
    snapshot: Snapshot = request.app.state.snapshots.current
    films = request.state.films = snapshot.catalogue
    rows, _ = placed_films(films)
    values = {
        "title": "Map",
        "page": "map",
        "placed": len(rows),
        "data": page_address("map-data", {"release": snapshot.id, "format": FORMAT}),
        "colourings": COLOURINGS,
    }
    return render(request, "map.html", values)


def send_data(request: Request) -> Response:
    """Return the data of the map, which browsers keep: the address names release and format."""
    snapshot: Snapshot = request.app.state.snapshots.current
    content = _data(request.app.state, snapshot)
    query = request.query_params
    kept = query.get("release") == snapshot.id and query.get("format") == str(FORMAT)
    headers = {"Cache-Control": "max-age=86400" if kept else "no-cache"}
    return Response(content, media_type="application/json", headers=headers)


def _data(state: State, snapshot: Snapshot) -> bytes:
    """Return the data of the current release, which are made once."""
    made: tuple[str, bytes] | None = getattr(state, "map_data", None)
    if made is None or made[0] != snapshot.id:
        text = json.dumps(map_data(snapshot.catalogue), ensure_ascii=False)
        made = state.map_data = (snapshot.id, text.encode())
    return made[1]


def find_on_map(request: Request) -> Response:
    """Return the films of a text, a micro-genre or a polygon: their rows, and the first ones."""
    snapshot: Snapshot = request.app.state.snapshots.current
    rows = _selected(request, snapshot)
    listed = [
        {"movie_id": film["movie_id"], "title": film["title"], "year": film["year"]}
        for film in snapshot.catalogue.films_at(rows[:LISTED].tolist())
    ]
    return JSONResponse({"rows": rows.tolist(), "films": listed})


def export_selection(request: Request) -> Response:
    """Return the films of a text, a micro-genre or a polygon as CSV."""
    snapshot: Snapshot = request.app.state.snapshots.current
    request.state.films = snapshot.catalogue
    content = snapshot.catalogue.export_rows(_selected(request, snapshot), "csv")
    headers = {"Content-Disposition": 'attachment; filename="selection.csv"'}
    return Response(content, media_type="text/csv", headers=headers)


def _selected(request: Request, snapshot: Snapshot) -> np.ndarray:
    """Return rows of movies.parquet; of a polygon the best known films first."""
    query, films = request.query_params, snapshot.catalogue
    text, genre = clean_query(query.get("q", ""))[:200], query.get("micro_genre", "")
    if genre:
        cluster = films.micro_genre(genre)["cluster"]
        return np.asarray(films.find_rows(replace(SHOWN, micro_genres=(cluster,))))
    if text:
        return np.asarray(snapshot.search.rank(text, SHOWN).rows)
    rows, positions = placed_films(films)
    lasso = read_lasso(query.get("lasso", ""))
    inside: np.ndarray = rows[lasso.contains(positions.astype(np.float64) / LARGEST)]
    return inside[np.argsort(-_votes(films)[inside], kind="stable")]


def _votes(films: Any) -> np.ndarray:
    votes = films.released_films().column("vote_count").fill_null(0)
    return np.asarray(votes.to_numpy())


routes = [
    Route("/map", show_map),
    Route("/map-data", send_data),
    Route("/map-search", find_on_map),
    Route("/map-selection.csv", export_selection),
]
