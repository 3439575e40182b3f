"""Long released tables one part at a time: with some rows replaced, and some rows of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.fileio.external_sort import StreamedTable
from pipeline.fileio.manifest import fingerprint
from pipeline.fileio.parquet import table_digest
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.vectors import Parts, matrix_of, parts_of

__all__ = [
    "EditedTable",
    "first_ids",
    "known_texts",
    "replace_rows",
    "rows_of_films",
    "take_rows",
    "vectors_of_films",
]


@dataclass(frozen=True)
class EditedTable(StreamedTable):
    """A streamed table that differs from that of the release before in a few rows.

    Attributes
    ----------
    mark : str
        Hash (hex) of the rows that are left out and of those that are added. With the release
        before, it says what the rows are.
    """

    mark: str = ""


def replace_rows(
    before: StreamedTable,
    keys: tuple[str, ...],
    without: pa.Array,
    added: pa.Table,
    removed: int,
) -> EditedTable:
    """Return a sorted table without the rows of some films, and with other rows.

    A part without changes is passed on as it is. Others are sorted again; they have at most the
    rows of a part and the added ones.

    Parameters
    ----------
    before : StreamedTable
        Rows sorted by `keys`; the first key is the id of the film.
    keys : tuple of str
        Columns by which the rows are sorted.
    without : pa.Array
        Ids of films whose rows are left out, without nulls.
    added : pa.Table
        Rows to add, of the same schema; the films are in `without` or not in `before`.
    removed : int
        Number of rows of `before` that are left out.

    Returns
    -------
    EditedTable
        The rows, sorted by `keys`.

    Examples
    --------
    >>> table = pa.table({"movie_id": ["1", "3", "5"], "n": [1, 2, 3]})
    >>> before = StreamedTable(table.schema, 3, lambda: [table.slice(0, 2), table.slice(2)])
    >>> added = pa.table({"movie_id": ["2", "3", "7"], "n": [4, 5, 6]})
    >>> edited = replace_rows(before, ("movie_id",), pa.array(["3"]), added, 1)
    >>> edited.num_rows, [part["movie_id"].to_pylist() for part in edited]
    (5, [['1', '2', '3'], ['5'], ['7']])
    """
    order = [(key, "ascending") for key in keys]
    new = added.cast(before.schema).sort_by(order).combine_chunks()
    ids = new.column(keys[0]).combine_chunks()

    def parts() -> Iterator[pa.Table]:
        at = 0
        for part in before:
            stop = at
            if len(part):
                last = part.column(keys[0])[-1]
                stop = max(at, pc.sum(pc.less_equal(ids, last)).as_py() or 0)
            yield _edited(part, keys[0], without, new.slice(at, stop - at), order)
            at = stop
        if at < len(new):
            yield new.slice(at)

    mark = fingerprint(table_digest(new), table_digest(pa.table({"without": without})))
    return EditedTable(before.schema, before.num_rows - removed + len(new), parts, mark)


def _edited(
    part: pa.Table, key: str, without: pa.Array, new: pa.Table, order: list[tuple[str, str]]
) -> pa.Table:
    """The rows of a part without some films, and new ones in their places."""
    gone = pc.is_in(part.column(key), value_set=without)
    if pc.any(gone).as_py():
        part = part.filter(pc.invert(gone))
    if not len(new):
        return part
    return pa.concat_tables([part, new]).sort_by(order)


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
