"""The weakest micro-genres: whose names are true of the fewest films."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from serve.catalogue.catalogue import Catalogue, Filters
from serve.catalogue.records import FilmRow, MicroGenreRow
from serve.catalogue.statistics.intervals import wilson_interval

__all__ = ["WeakGenre", "find_weakest"]

_LOOKED_AT = 24  # films that are least similar to the centroid
_SHOWN = 4


class WeakGenre(NamedTuple):
    """A micro-genre with the films that fit it least."""

    genre: MicroGenreRow
    untrue: float | None  # share of the films whose name is not true, 0 to 1
    weak: float  # share of weak films, 0 to 1
    films: list[FilmRow]


def find_weakest(
    catalogue: Catalogue, genres: Sequence[MicroGenreRow], most: int
) -> list[WeakGenre]:
    """Return the weakest micro-genres, the weakest first.

    Parameters
    ----------
    catalogue : Catalogue
        The release.
    genres : sequence of MicroGenreRow
        All its micro-genres.
    most : int
        Maximum number of micro-genres.

    Returns
    -------
    list of WeakGenre
        Ranked by the lower end of the 95 % Wilson interval of the share of films whose name
        is not true, so that a small micro-genre is not the weakest by chance; without name truth by
        that of weak films. Its films are those least similar to its centroid, whose name is
        not true if there are any.
    """
    ranked = []
    for genre in genres:
        weak = genre["weak_films"] / max(1, genre["films"])
        truth = genre["name_truth"]
        doubt = weak if truth is None else 1 - truth
        low, _ = wilson_interval(doubt * genre["films"], genre["films"])
        ranked.append(
            (-low, -weak, genre["cluster"], genre, None if truth is None else doubt, weak)
        )
    ranked.sort(key=lambda row: row[:3])
    return [
        WeakGenre(genre, untrue, weak, _films(catalogue, genre))
        for _, _, _, genre, untrue, weak in ranked[:most]
    ]


def _films(catalogue: Catalogue, genre: MicroGenreRow) -> list[FilmRow]:
    own = Filters(micro_genres=(genre["cluster"],))
    rows = catalogue.films(own, "similarity", False, limit=_LOOKED_AT).rows
    return sorted(rows, key=lambda film: film["name_true"] is not False)[:_SHOWN]
