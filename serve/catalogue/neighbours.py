"""The nearest films of each film, held as arrays so that a lookup takes microseconds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import ReleaseError
from pipeline.release.reader import ReleasedTables

__all__ = ["NeighbourLists"]

_COLUMNS = (
    "movie_id",
    "title",
    "year",
    "cluster",
    "micro_genre_name",
    "family_name",
    "vote_average",
    "poster_path",
)


class NeighbourLists:
    """Neighbours of films, addressed by row of movies.parquet.

    Parameters
    ----------
    release : ReleasedTables
        An open release.

    Attributes
    ----------
    ids : list of str
        The movie_id of each row.
    row_of : dict of str to int
        The row of each movie_id, from 0.

    Raises
    ------
    ReleaseError
        If neighbours.parquet names a film that movies.parquet lacks.
    """

    def __init__(self, release: ReleasedTables) -> None:
        movies, near = release.movies, release.neighbours
        self._columns = [_values(movies.column(name)) for name in _COLUMNS]
        self.ids: list[str] = self._columns[0]
        self.row_of = {movie_id: row for row, movie_id in enumerate(self.ids)}
        all_ids = movies.column("movie_id").combine_chunks()
        film, other = (
            pc.index_in(near.column(name), value_set=all_ids)
            for name in ("movie_id", "neighbour_id")
        )
        if film.null_count or other.null_count:
            raise ReleaseError(
                f"release {release.path}: neighbours.parquet names films that movies.parquet does "
                "not contain; mine again"
            )
        films = film.to_numpy()
        order = np.lexsort((near.column("rank").to_numpy(), films))
        self._rank = near.column("rank").to_numpy()[order].astype(np.int16)
        self._other = other.to_numpy()[order].astype(np.int32)
        self._similarity = near.column("similarity").to_numpy()[order].astype(np.float32)
        self._start = np.searchsorted(films[order], np.arange(len(self.ids) + 1))

    def nearest(self, row: int, limit: int) -> list[Any]:
        """Return the first `limit` neighbours of the film in `row`, best first.

        Returns
        -------
        list of dict
            The fields of `SimilarFilmRow`, without micro_genre_id.
        """
        start, end = int(self._start[row]), int(self._start[row + 1])
        chosen = slice(start, min(end, start + max(0, limit)))
        return [
            {"rank": rank, "similarity": similarity}
            | {name: values[other] for name, values in zip(_COLUMNS, self._columns, strict=True)}
            for rank, similarity, other in zip(
                self._rank[chosen].tolist(),
                self._similarity[chosen].tolist(),
                self._other[chosen].tolist(),
                strict=True,
            )
        ]


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Return a column as Python values; equal texts share one object, since names repeat."""
    if not pa.types.is_string(column.type):
        return list(column.to_pylist())
    encoded = column.combine_chunks().dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    return [None if code is None else texts[code] for code in encoded.indices.to_pylist()]
