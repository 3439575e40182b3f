"""The films of a release while it is built: few columns of all films, the others in parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from pipeline.publish.tables import released_movies

__all__ = ["FACTS", "film_overview", "stream_released_movies", "weak_threshold"]

# Columns of clean movies from which the report and the manifest are computed; the process of the
# flow holds these, and no others, of all films.
FACTS = ("movie_id", "title", "year", "vote_average")
_ASSIGNED = ("cluster", "similarity", "margin", "weak")


def film_overview(facts: pa.Table, assignments: pa.Table, positions: np.ndarray) -> pa.Table:
    """Return FACTS, assignment and position of all films, sorted by movie_id.

    Parameters
    ----------
    facts : table with the columns FACTS
    assignments : ASSIGNMENTS
        Row by row the same films.
    positions : ndarray of shape (n_films, 2), float32
        Row by row their positions on the map.

    Returns
    -------
    Table
        Columns FACTS, cluster, similarity, margin, weak, x, y.
    """
    films = facts
    for name in _ASSIGNED:
        films = films.append_column(name, assignments.column(name))
    for axis, name in enumerate("xy"):
        films = films.append_column(name, pa.array(np.ascontiguousarray(positions[:, axis])))
    return films.sort_by("movie_id")


def stream_released_movies(
    movies: Iterable[pa.Table],
    assignments: pa.Table,
    micro_genres: pa.Table,
    positions: np.ndarray,
    name_true: pa.ChunkedArray | None = None,
) -> Iterator[pa.Table]:
    """Yield RELEASED_MOVIES of one partition of clean movies after the other.

    Parameters
    ----------
    movies : iterable of CLEAN_MOVIES
        The partitions.
    assignments : ASSIGNMENTS
        Of all films, in the order of the partitions.
    micro_genres : MICRO_GENRES
    positions : ndarray of shape (n_films, 2), float32
        Positions on the map, in the same order.
    name_true : boolean array of length n_films, optional
        Whether the name of its micro-genre is true of each film, in the same order.
    """
    start = 0
    for part in movies:
        stop = start + len(part)
        own = assignments.slice(start, len(part))
        true = None if name_true is None else name_true.slice(start, len(part))
        yield released_movies(part, own, micro_genres, positions[start:stop], true)
        start = stop


def weak_threshold(films: pa.Table, quantile: float) -> float:
    """Return the similarity below which `quantile` of the films are weak, -1 to 1.

    Examples
    --------
    >>> weak_threshold(pa.table({"similarity": pa.array([0.5, 0.25, 0.75], pa.float32())}), 0.5)
    0.5
    """
    similarity = np.sort(films.column("similarity").to_numpy())
    return float(np.quantile(similarity, quantile, method="lower"))
