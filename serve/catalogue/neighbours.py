"""The nearest films of each film, held as arrays: an answer takes microseconds, not a query."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import ReleaseError
from pipeline.release.reader import ReleasedTables

__all__ = ["Nearby"]

_SHOWN = (
    "movie_id",
    "title",
    "year",
    "cluster",
    "micro_genre_name",
    "family_name",
    "vote_average",
    "poster_path",
)


class Nearby:
    """Neighbours by row of movies.parquet.

    Attributes
    ----------
    ids : the movie_id of each row. place_of : the row of each movie_id.
    """

    def __init__(self, release: ReleasedTables) -> None:
        movies, near = release.movies, release.neighbours
        self._shown = [_values(movies.column(name)) for name in _SHOWN]
        self.ids: list[str] = self._shown[0]
        self.place_of = {movie_id: place for place, movie_id in enumerate(self.ids)}
        all_ids = movies.column("movie_id").combine_chunks()
        film, other = (
            pc.index_in(near.column(name), value_set=all_ids)
            for name in ("movie_id", "neighbour_id")
        )
        if film.null_count or other.null_count:
            raise ReleaseError(
                f"release {release.path}: neighbours.parquet names films that movies.parquet does "
                "not hold; mine again"
            )
        films = film.to_numpy()
        order = np.lexsort((near.column("rank").to_numpy(), films))
        self._rank = near.column("rank").to_numpy()[order].astype(np.int16)
        self._other = other.to_numpy()[order].astype(np.int32)
        self._similarity = near.column("similarity").to_numpy()[order].astype(np.float32)
        self._start = np.searchsorted(films[order], np.arange(len(self.ids) + 1))

    def of(self, place: int, limit: int) -> list[dict[str, Any]]:
        """See `Catalogue.similar`."""
        start, end = int(self._start[place]), int(self._start[place + 1])
        rows = slice(start, min(end, start + max(0, limit)))
        return [
            {"rank": rank, "similarity": similarity}
            | {name: held[other] for name, held in zip(_SHOWN, self._shown, strict=True)}
            for rank, similarity, other in zip(
                self._rank[rows].tolist(),
                self._similarity[rows].tolist(),
                self._other[rows].tolist(),
                strict=True,
            )
        ]


def _values(column: pa.ChunkedArray) -> list[Any]:
    """A column as Python values; equal texts share one object, since names repeat."""
    if not pa.types.is_string(column.type):
        return list(column.to_pylist())
    coded = column.combine_chunks().dictionary_encode()
    words = coded.dictionary.to_pylist()
    return [None if code is None else words[code] for code in coded.indices.to_pylist()]
