"""The data of the map: places of films, and the values by which they can be coloured."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from serve.catalogue.catalogue import Catalogue
from serve.catalogue.filters import Filters
from serve.explorer import formatting

__all__ = ["FORMAT", "SHOWN", "Colouring", "MapData", "MapLabel", "map_data", "placed_films"]

FORMAT = 1  # raise it when `MapData` changes: browsers keep the data
SHOWN = Filters(adult=False)  # the films of the map
LARGEST = 65_535  # positions are 16-bit integers
_VALUES = 12  # values of a colouring that have a colour of their own
_BINS = 6  # of years and ratings
OTHER = "other"
UNKNOWN = "unknown"


class MapLabel(TypedDict):
    """A micro-genre or family on the map, at the median place of its films, 0 to 65,535."""

    name: str
    id: str  # micro_genre_id, or the name of the family
    films: int
    x: float
    y: float


class Colouring(TypedDict):
    """A way to colour the films."""

    label: str
    values: list[str]  # in the order of the legend; "other" and "unknown" come last
    ordered: bool  # whether the values have an order, as years do
    films: str  # number of each film's value, uint8, base64


class MapData(TypedDict):
    """The data of the map, as JSON."""

    positions: str  # x and y of each film, uint16, base64
    rows: str  # row in movies.parquet of each film, uint32, base64
    clusters: str  # number of each film's micro-genre in `genres`, uint16, base64
    ids: list[str]
    titles: list[str]  # "Title (Year)"
    genres: list[MapLabel]  # most films first
    families: list[MapLabel]  # most films first
    colourings: dict[str, Colouring]


def placed_films(films: Catalogue) -> tuple[np.ndarray, np.ndarray]:
    """Return the films that have a place on the map; adult titles are left out.

    Returns
    -------
    rows : ndarray of shape (n_films,), int64
        Rows of movies.parquet.
    positions : ndarray of shape (n_films, 2), uint16
        x and y; the whole map is 0 to 65,535 in both directions.
    """
    table = films.released_films()
    x, y = (table.column(name).to_numpy().astype(np.float64) for name in ("x", "y"))
    shown = np.zeros(len(x), bool)
    shown[films.find_rows(SHOWN)] = True
    rows = np.flatnonzero(np.isfinite(x) & np.isfinite(y) & shown)
    return rows, np.column_stack([_scaled(x[rows]), _scaled(y[rows])])


def map_data(films: Catalogue) -> MapData | None:
    """Return the data of the map; None if no film has a place."""
    rows, positions = placed_films(films)
    if not len(rows):
        return None
    names = ["movie_id", "title", "year", "cluster", "family_name", "genres", "language"]
    table = films.released_films().select([*names, "countries", "vote_average"]).take(rows)
    found = table.to_pylist()
    genres = sorted(films.micro_genres(), key=lambda row: (-row["films"], row["cluster"]))
    families = sorted(films.families(), key=lambda row: (-row["films"], row["family_name"]))
    number = {genre["cluster"]: place for place, genre in enumerate(genres)}
    clusters = np.array([number[film["cluster"]] for film in found], np.uint16)
    of_family = np.array([film["family_name"] for film in found], object)
    return {
        "positions": _encoded(positions, "<u2"),
        "rows": _encoded(rows, "<u4"),
        "clusters": _encoded(clusters, "<u2"),
        "ids": [film["movie_id"] for film in found],
        "titles": [formatting.film_title(film) for film in found],
        "genres": [
            _label(genre["micro_genre_name"], genre["micro_genre_id"], positions[clusters == at])
            for at, genre in enumerate(genres)
        ],
        "families": [
            _label(name, name, positions[of_family == name])
            for name in (row["family_name"] for row in families)
        ],
        "colourings": {
            "family": _by_value(
                "Family",
                [film["family_name"] for film in found],
                [row["family_name"] for row in families],
            ),
            "genre": _by_value("Genre", [_first(film["genres"]) for film in found]),
            "language": _by_value(
                "Language", [formatting.language(film["language"]) or None for film in found]
            ),
            "country": _by_value("Country", [_first(film["countries"]) for film in found]),
            "year": _by_range("Year", [film["year"] for film in found], "{:.0f}"),
            "rating": _by_range(
                "Rating", [formatting.finite(film["vote_average"]) for film in found], "{:.1f}"
            ),
        },
    }


def _label(name: str, key: str, own: np.ndarray) -> MapLabel:
    x, y = np.median(own, axis=0).tolist() if len(own) else (-LARGEST, -LARGEST)
    return {"name": name, "id": key, "films": len(own), "x": x, "y": y}


def _by_value(
    label: str, values: Sequence[str | None], names: Sequence[str] | None = None
) -> Colouring:
    """Return a colouring by the most frequent values, or by `names` in their order."""
    counts = Counter(value for value in values if value is not None)
    most = names or [name for name, _ in sorted(counts.items(), key=lambda c: (-c[1], c[0]))]
    shown = list(most[: _VALUES if names is None else 250])
    number = {name: place for place, name in enumerate(shown)}
    numbers = [
        len(shown) + 1 if value is None else number.get(value, len(shown)) for value in values
    ]
    return _without_unused(label, [*shown, OTHER, UNKNOWN], numbers, ordered=False)


def _by_range(label: str, values: Sequence[float | None], shape: str) -> Colouring:
    """Return a colouring by ranges with about equally many films each."""
    known = np.array([value for value in values if value is not None], np.float64)
    if not len(known):
        return _without_unused(label, [UNKNOWN], [0] * len(values), ordered=True)
    cuts = np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1], method="nearest"))
    numbers = [
        len(cuts) + 1 if value is None else int(np.searchsorted(cuts, value, side="right"))
        for value in values
    ]
    names = []
    for place in range(len(cuts) + 1):
        inside = [
            value
            for value, at in zip(values, numbers, strict=True)
            if at == place and value is not None
        ]
        edges = [shape.format(edge) for edge in (min(inside), max(inside))] if inside else []
        names.append(" \u2013 ".join(dict.fromkeys(edges)))
    return _without_unused(label, [*names, UNKNOWN], numbers, ordered=True)


def _without_unused(
    label: str, names: Sequence[str], numbers: Sequence[int], *, ordered: bool
) -> Colouring:
    used = sorted(set(numbers))
    place = {number: at for at, number in enumerate(used)}
    return {
        "label": label,
        "values": [names[number] for number in used],
        "ordered": ordered,
        "films": _encoded(np.array([place[number] for number in numbers]), "u1"),
    }


def _first(values: Sequence[str] | None) -> str | None:
    return values[0] if values else None


def _scaled(values: np.ndarray) -> np.ndarray:
    if not len(values):
        return np.empty(0, np.uint16)
    low, high = float(values.min()), float(values.max())
    return np.asarray(np.rint((values - low) / ((high - low) or 1.0) * LARGEST), np.uint16)


def _encoded(values: np.ndarray, kind: str) -> str:
    return b64encode(np.ascontiguousarray(values, kind).tobytes()).decode()
