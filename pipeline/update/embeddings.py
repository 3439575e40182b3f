"""EMBEDDINGS of the next release, in the order in which a mining of its catalogue has them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.fileio.external_sort import StreamedTable, sort_streamed
from pipeline.fileio.manifest import fingerprint
from pipeline.fileio.parquet import table_digest
from pipeline.schemas.partitions import partition_ids
from pipeline.update.edited_table import EditedTable

__all__ = ["edit_embeddings"]

_PARTITION = "partition"


def edit_embeddings(
    before: StreamedTable,
    old_ids: pa.Array,
    without: pa.Array,
    added: pa.Table,
    partitions: int,
    scratch: Path,
) -> tuple[EditedTable, pa.Array, np.ndarray]:
    """Return the embeddings without some films and with others, by partition and id.

    As long as the number of partitions is the same, rows move only within a part.

    Parameters
    ----------
    before : StreamedTable
        EMBEDDINGS of the release.
    old_ids : pa.Array
        `movie_id` of its rows.
    without : pa.Array
        Ids of films that are left out.
    added : pa.Table
        EMBEDDINGS of films that are new, or left out with another vector.
    partitions : int
        Number of partitions of the catalogue now.
    scratch : Path
        Folder for temporary files.

    Returns
    -------
    embeddings : EditedTable
    ids : pa.Array
        `movie_id` of each row.
    new_rows : ndarray of shape (n_before,), int64
        Row number of each film of the release; -1 for those that are left out.
    """
    stays = pc.invert(pc.is_in(old_ids, value_set=without)).to_numpy(zero_copy_only=False)
    old, new = (partition_ids(ids, partitions) for ids in (old_ids, added["movie_id"]))
    names = np.array(added["movie_id"].to_pylist(), object)
    order = np.lexsort((names, new))
    added, new, names = added.take(pa.array(order)).combine_chunks(), new[order], names[order]
    mark = fingerprint(table_digest(added), table_digest(pa.table({"without": without})))
    rows = int(stays.sum()) + len(added)
    both = pa.concat_arrays([old_ids, added["movie_id"].combine_chunks()])
    if _in_order(old_ids, old):
        places = _places(old_ids, old, names, new)
        # an added film stands before the old one at its place
        keys = np.concatenate([2 * np.arange(len(old_ids)) + 1, 2 * places])
        sequence = np.argsort(keys, kind="stable")
        table = EditedTable(
            before.schema, rows, lambda: _inserted(before, stays, added, places), mark
        )
    else:
        values = np.array(both.to_pylist(), object)
        sequence = np.lexsort((values, np.concatenate([old, new])))
        table = EditedTable(
            before.schema,
            rows,
            lambda: _sorted_again(before, without, added, partitions, rows, scratch),
            mark,
        )
    sequence = sequence[np.concatenate([stays, np.ones(len(added), bool)])[sequence]]
    new_rows = np.full(len(both), -1)
    new_rows[sequence] = np.arange(rows)
    return table, both.take(pa.array(sequence)), new_rows[: len(old_ids)]


def _in_order(ids: pa.Array, partition: np.ndarray) -> bool:
    """Whether rows are sorted by partition and id."""
    if len(ids) < 2:
        return True
    step = np.diff(partition)
    rising = pc.less(ids[:-1], ids[1:]).to_numpy(zero_copy_only=False)
    return bool(((step > 0) | ((step == 0) & rising)).all())


def _places(ids: pa.Array, partition: np.ndarray, names: np.ndarray, own: np.ndarray) -> np.ndarray:
    """The row before which each added film stands, (n_added,) int64."""
    bounds = np.searchsorted(partition, np.stack([own, own + 1]))
    return np.array(
        [
            bisect_left(range(len(ids)), name, start, stop, key=lambda row: ids[row].as_py())
            for name, start, stop in zip(names, *bounds.tolist(), strict=True)
        ],
        np.int64,
    )


def _inserted(
    before: StreamedTable, stays: np.ndarray, added: pa.Table, places: np.ndarray
) -> Iterator[pa.Table]:
    """Yield the parts with the added rows at their places; the last part has those at the end."""
    first = at = 0
    for part in before:
        stop = first + len(part)
        last = stop == len(stays)
        end = len(places) if last else int(np.searchsorted(places, stop))
        kept = stays[first:stop]
        if end > at or not kept.all():
            both = pa.concat_tables([part, added.slice(at, end - at)])
            keys = np.concatenate([2 * np.arange(first, stop) + 1, 2 * places[at:end]])
            order = np.argsort(keys, kind="stable")
            order = order[np.concatenate([kept, np.ones(end - at, bool)])[order]]
            yield both.take(pa.array(order))
        else:
            yield part
        first, at = stop, end


def _sorted_again(
    before: StreamedTable,
    without: pa.Array,
    added: pa.Table,
    partitions: int,
    rows: int,
    scratch: Path,
) -> Iterator[pa.Table]:
    """Yield all rows by partition and id, for another number of partitions than before."""
    schema = before.schema.append(pa.field(_PARTITION, pa.int32()))

    def numbered() -> Iterator[pa.Table]:
        others = (
            part.filter(pc.invert(pc.is_in(part["movie_id"], value_set=without))) for part in before
        )
        for kept in chain(others, [added]):
            number = pa.array(partition_ids(kept["movie_id"], partitions), pa.int32())
            yield kept.append_column(schema.field(_PARTITION), number)

    sample = pa.chunked_array([pa.array(range(partitions), pa.int32())])
    ordered = sort_streamed(
        StreamedTable(schema, rows, numbered), [_PARTITION, "movie_id"], scratch, sample
    )
    for part in ordered:
        yield part.drop_columns([_PARTITION])
