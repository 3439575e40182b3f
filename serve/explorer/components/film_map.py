"""The map of films: places and titles go to the browser once, which does all the rest.

A component of our own (filmmap.js, WebGL): dots stay fluid at 100K films, names are links that make
room for one another, search lights films up without asking the server, and light and dark follow
the theme. Embedding Atlas and Plotly were weighed: the first brings a second application with its
own tables, the second cannot place names anew at each zoom.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from serve.catalogue.catalogue import Catalogue
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import data_text, show
from serve.explorer.routing import address, go

__all__ = ["film_map", "map_data"]

_HERE = Path(__file__).parent
_SIDE = 65_535  # places are whole numbers of 16 bits


def film_map(films: Catalogue, film: str | None = None) -> None:
    """Draw the map; `film` is lit at first. Where no film has a place, say so, with a way on."""
    data = _cached(films, films.id)
    if data is None:
        show(
            cards.empty(
                "This release has no map",
                "Its films have no places. Mine the catalogue again to give them some.",
                ways=[
                    cards.chip("Micro-genres", address("micro-genres")),
                    cards.chip("Films", address("films")),
                ],
            ),
            key="no-map",
        )
        return
    result = _component()(key="map", data=data | {"film": film}, on_open_change=_noted)
    if result.open:
        go(str(result.open))


@st.cache_data(max_entries=2, show_spinner=False)
def _cached(_films: Catalogue, release_id: str) -> dict[str, Any] | None:
    return map_data(_films)


def map_data(films: Catalogue) -> dict[str, Any] | None:
    """What filmmap.js needs, as JSON; None when no film has a place.

    `places` (x and y of each film) and `clusters` (the row of `genres`) are base64 of uint16,
    `ids` and `titles` one line per film; `genres` hold name, id, family and the median place of
    their films, most films first; `families` are names in the order of their colours.
    """
    points = films.map_points()
    x, y = (points.column(name).to_numpy(zero_copy_only=False) for name in ("x", "y"))
    placed = np.isfinite(x.astype(float)) & np.isfinite(y.astype(float))
    if not placed.any():
        return None
    places = np.column_stack([_whole(x[placed]), _whole(y[placed])])
    families = sorted(films.families(), key=lambda row: (-row["films"], row["family_name"]))
    number = {row["family"]: place for place, row in enumerate(families)}
    genres = sorted(films.micro_genres(), key=lambda row: (-row["films"], row["cluster"]))
    row_of = {genre["cluster"]: row for row, genre in enumerate(genres)}
    clusters = np.array(
        [row_of[c] for c in points.column("cluster").to_numpy()[placed].tolist()], np.uint16
    )
    middles = [places[clusters == row] for row in range(len(genres))]
    kept = np.flatnonzero(placed)
    rows = points.select(["movie_id", "title", "year"]).take(kept).to_pylist()
    return {
        "made": films.id,
        "places": _packed(places),
        "clusters": _packed(clusters),
        "ids": "\n".join(row["movie_id"] for row in rows),
        "titles": "\n".join(_line(row["title"], row["year"]) for row in rows),
        "families": [data_text(row["family_name"]) for row in families],
        "genres": [
            {
                "name": data_text(genre["micro_genre_name"]),
                "id": genre["micro_genre_id"],
                "family": number[genre["family"]],
                "x": float(np.median(own[:, 0])) if len(own) else -_SIDE,
                "y": float(np.median(own[:, 1])) if len(own) else -_SIDE,
            }
            for genre, own in zip(genres, middles, strict=True)
        ],
    }


def _whole(values: np.ndarray) -> np.ndarray:
    low, high = float(values.min()), float(values.max())
    return np.asarray(np.rint((values - low) / ((high - low) or 1.0) * _SIDE), np.uint16)


def _packed(values: np.ndarray) -> str:
    return b64encode(np.ascontiguousarray(values, "<u2").tobytes()).decode()


def _line(title: str | None, year: int | None) -> str:
    told = " ".join(data_text(title).split()) or "Untitled"
    return told if year is None else f"{told} ({year})"


def _noted() -> None:
    """A click is read from the result: the callback only declares the event."""


@cache
def _assets() -> tuple[str, ...]:
    return tuple((_HERE / f"film_map.{kind}").read_text("utf-8") for kind in ("html", "css", "js"))


def _component() -> Any:
    html, css, js = _assets()
    return st.components.v2.component("microgenres.map", html=html, css=css, js=js)
