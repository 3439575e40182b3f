"""Rows of long tables of films by their number or id, without the whole table in memory."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.release.reader import ReleasedTables
from pipeline.schemas.vectors import Parts, matrix_of, parts_of

__all__ = ["first_ids", "known_texts", "rows_of_films", "take_rows", "vectors_of_films"]


def take_rows(table: pa.Table | Parts, rows: np.ndarray) -> pa.Table:
    """Return rows of a table by their numbers, in this order.

    Parameters
    ----------
    table : Table or Parts
        The table.
    rows : ndarray of shape (n_rows,), int64
        Row numbers, each at most once or repeated.

    Examples
    --------
    >>> take_rows(pa.table({"n": [5, 6, 7]}), np.array([2, 0]))["n"].to_pylist()
    [7, 5]
    """
    wanted, back = np.unique(rows, return_inverse=True)
    found, first = [], 0
    for part in parts_of(table):
        start, stop = np.searchsorted(wanted, [first, first + len(part)])
        found.append(part.take(pa.array(wanted[start:stop] - first, pa.int64())))
        first += len(part)
    return pa.concat_tables(found).combine_chunks().take(pa.array(back, pa.int64()))


def rows_of_films(table: pa.Table | Parts, ids: pa.Array, column: str = "movie_id") -> pa.Table:
    """Return the rows of some films, in the order of the table.

    Parameters
    ----------
    table : Table or Parts
        A table of films.
    ids : pa.Array
        Values of `column`.
    column : str
        A column of strings.
    """
    found = [part.filter(pc.is_in(part[column], value_set=ids)) for part in parts_of(table)]
    return pa.concat_tables(found).combine_chunks()


def vectors_of_films(embeddings: pa.Table | Parts, ids: pa.Array) -> np.ndarray:
    """Return the text vectors of films in the order of `ids`, (n_films, dim) float32.

    Parameters
    ----------
    embeddings : Table or Parts
        EMBEDDINGS.
    ids : pa.Array
        Ids of films that have a vector.
    """
    found = rows_of_films(embeddings, ids)
    place = pc.index_in(ids, value_set=found["movie_id"].combine_chunks())
    return matrix_of(found.take(place).combine_chunks())


def known_texts(before: ReleasedTables, hashes: pa.Array) -> pa.Table:
    """Return the EMBEDDINGS of a release that have one of some texts.

    Few texts of an update are known: the vectors are read only if there is one.

    Parameters
    ----------
    before : ReleasedTables
        The release.
    hashes : pa.Array
        Hashes of texts.
    """
    schema = before.embedding_schema
    short = pa.schema([schema.field("text_hash")])
    parts = before.parts("embeddings", short)
    if not any(pc.any(pc.is_in(part["text_hash"], value_set=hashes)).as_py() for part in parts):
        return schema.empty_table()
    return rows_of_films(before.parts("embeddings", schema), hashes, "text_hash")


def first_ids(table: pa.Table | Parts, most: int) -> pa.Array:
    """Return the `movie_id` of the first rows of a table, at most `most`."""
    found: list[pa.Array] = [pa.array([], pa.string())]
    for part in parts_of(table):
        found.append(part["movie_id"].combine_chunks())
        if sum(map(len, found)) >= most:
            break
    return pa.concat_arrays(found).slice(0, most)
