"""The map of films. The browser gets all positions and titles once and does everything else.

It is a component of this project (film_map.js, WebGL) that stays smooth with 100,000 films. Names
of micro-genres are links that avoid overlaps, the search highlights films without a request to the
server, and colours follow the theme. The alternatives do not fit: Embedding Atlas is a second
application with tables of its own, and Plotly cannot lay out names again after each zoom.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import streamlit as st

from serve.catalogue.catalogue import Catalogue
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import data_text, show
from serve.explorer.routing import address, go

__all__ = ["MapData", "MapGenre", "film_map", "map_data"]

_FOLDER = Path(__file__).parent
_MAX = 65_535  # positions are 16-bit integers


class MapGenre(TypedDict):
    """A micro-genre on the map; x and y are the median position of its films."""

    name: str
    id: str
    family: int  # index in `MapData.families`
    x: float
    y: float


class MapData(TypedDict):
    """The data of film_map.js, as JSON."""

    release_id: str
    positions: str  # x and y of each film, uint16, base64
    clusters: str  # index of each film's micro-genre in `genres`, uint16, base64
    ids: str  # movie_id of each film, one per line
    titles: str  # "Title (Year)" of each film, one per line
    families: list[str]  # names, in the order of their colours
    genres: list[MapGenre]  # most films first


def film_map(films: Catalogue, film: str | None = None) -> None:
    """Show the map, or a message if the release has no positions.

    Parameters
    ----------
    films : Catalogue
        The release.
    film : str or None
        The movie_id of a film to highlight at first.
    """
    data = _cached_map_data(films, films.id)
    if data is None:
        show(
            cards.empty_state(
                "This release has no map",
                "Its films have no positions on the map. Mine the catalogue again to compute them.",
                links=[
                    cards.chip("Micro-genres", address("micro-genres")),
                    cards.chip("Films", address("films")),
                ],
            ),
            key="no-map",
        )
        return
    result = _component()(key="map", data={**data, "film": film}, on_open_change=_ignore)
    if result.open:
        go(str(result.open))


@st.cache_data(max_entries=2, show_spinner=False)
def _cached_map_data(_films: Catalogue, release_id: str) -> MapData | None:
    return map_data(_films)


def map_data(films: Catalogue) -> MapData | None:
    """Return the data of the map; None if no film has a position."""
    points = films.map_points()
    x, y = (points.column(name).to_numpy(zero_copy_only=False) for name in ("x", "y"))
    placed = np.isfinite(x.astype(float)) & np.isfinite(y.astype(float))
    if not placed.any():
        return None
    positions = np.column_stack([_scaled(x[placed]), _scaled(y[placed])])
    families = sorted(films.families(), key=lambda row: (-row["films"], row["family_name"]))
    family_index = {row["family"]: index for index, row in enumerate(families)}
    genres = sorted(films.micro_genres(), key=lambda row: (-row["films"], row["cluster"]))
    genre_index = {genre["cluster"]: index for index, genre in enumerate(genres)}
    clusters = np.array(
        [genre_index[c] for c in points.column("cluster").to_numpy()[placed].tolist()], np.uint16
    )
    by_genre = [positions[clusters == index] for index in range(len(genres))]
    rows = points.select(["movie_id", "title", "year"]).take(np.flatnonzero(placed)).to_pylist()
    return {
        "release_id": films.id,
        "positions": _encoded(positions),
        "clusters": _encoded(clusters),
        "ids": "\n".join(row["movie_id"] for row in rows),
        "titles": "\n".join(_title_line(row["title"], row["year"]) for row in rows),
        "families": [data_text(row["family_name"]) for row in families],
        "genres": [
            {
                "name": data_text(genre["micro_genre_name"]),
                "id": genre["micro_genre_id"],
                "family": family_index[genre["family"]],
                # a micro-genre without films on the map is named outside the view
                "x": float(np.median(own[:, 0])) if len(own) else -_MAX,
                "y": float(np.median(own[:, 1])) if len(own) else -_MAX,
            }
            for genre, own in zip(genres, by_genre, strict=True)
        ],
    }


def _scaled(values: np.ndarray) -> np.ndarray:
    low, high = float(values.min()), float(values.max())
    return np.asarray(np.rint((values - low) / ((high - low) or 1.0) * _MAX), np.uint16)


def _encoded(values: np.ndarray) -> str:
    return b64encode(np.ascontiguousarray(values, "<u2").tobytes()).decode()


def _title_line(title: str | None, year: int | None) -> str:
    line = " ".join(data_text(title).split()) or "Untitled"
    return line if year is None else f"{line} ({year})"


def _ignore() -> None:
    """Do nothing: the result has the click. Streamlit needs a callback to declare the event."""


@cache
def _assets() -> tuple[str, ...]:
    return tuple(
        (_FOLDER / f"film_map.{kind}").read_text("utf-8") for kind in ("html", "css", "js")
    )


def _component() -> Any:
    html, css, js = _assets()
    return st.components.v2.component("microgenres.map", html=html, css=css, js=js)
