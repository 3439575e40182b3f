"""A released table in which some rows are replaced, read and written one part at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.fileio.external_sort import StreamedTable
from pipeline.fileio.manifest import fingerprint
from pipeline.fileio.parquet import table_digest

__all__ = ["EditedTable", "replace_rows"]


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
        Rows sorted by `keys`, of which the first is the id of the film.
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
