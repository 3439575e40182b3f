"""EMBEDDINGS of the next release, in the order in which a mining of its catalogue has them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.fileio.external_sort import StreamedTable, sort_streamed
from pipeline.fileio.manifest import fingerprint
from pipeline.fileio.parquet import table_digest
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.partitions import partition_ids
from pipeline.update.edited_table import EditedTable

__all__ = ["EditedEmbeddings", "edit_embeddings"]

_PARTITION = "partition"


@dataclass(frozen=True)
class EditedEmbeddings:
    """The embeddings of a release without some films and with others, by partition and id.

    Attributes
    ----------
    before : ReleasedTables
        The release.
    without : pa.Array
        Ids of the films that are left out.
    added : pa.Table
        EMBEDDINGS of the added films, by partition and id.
    ids : pa.Array
        `movie_id` of each row now.
    new_rows : ndarray of shape (n_before,), int64
        Row number now of each row of the release; -1 for films that are left out.
    partitions : int
        Number of partitions of the catalogue now.
    places : ndarray of shape (n_added,), int64, optional
        Row of the release before which each added film stands; None if the number of partitions
        has changed, so that all rows are sorted again.
    scratch : Path
        Folder for temporary files.
    """

    before: ReleasedTables
    without: pa.Array
    added: pa.Table
    ids: pa.Array
    new_rows: np.ndarray
    partitions: int
    places: np.ndarray | None
    scratch: Path

    def table(self, columns: Sequence[str] | None = None) -> EditedTable:
        """Return EMBEDDINGS, or some of its columns, `movie_id` among them, part by part."""
        schema = self.before.embedding_schema
        if columns is not None:
            schema = pa.schema([schema.field(name) for name in columns])
        before = self.before.parts("embeddings", schema)
        added = self.added.select(schema.names).cast(schema)
        mark = fingerprint(table_digest(added), table_digest(pa.table({"without": self.without})))
        rows, places = len(self.ids), self.places
        if places is not None:
            stays = self.new_rows >= 0
            return EditedTable(schema, rows, lambda: _inserted(before, stays, added, places), mark)
        return EditedTable(
            schema,
            rows,
            lambda: _sorted_again(before, self.without, added, self.partitions, rows, self.scratch),
            mark,
        )


def edit_embeddings(
    before: ReleasedTables, without: pa.Array, added: pa.Table, partitions: int, scratch: Path
) -> EditedEmbeddings:
    """Find the order of the embeddings of the next release.

    As long as the number of partitions is the same, rows move only within a part.

    Parameters
    ----------
    before : ReleasedTables
        The release.
    without : pa.Array
        Ids of films that are left out.
    added : pa.Table
        EMBEDDINGS of films that are new, or left out with another vector.
    partitions : int
        Number of partitions of the catalogue now.
    scratch : Path
        Folder for temporary files.
    """
    parts = before.parts("embeddings", pa.schema([("movie_id", pa.string())]))
    old_ids = pa.concat_arrays([part["movie_id"].combine_chunks() for part in parts])
    stays = pc.invert(pc.is_in(old_ids, value_set=without)).to_numpy(zero_copy_only=False)
    old, new = (partition_ids(ids, partitions) for ids in (old_ids, added["movie_id"]))
    names = np.array(added["movie_id"].to_pylist(), object)
    order = np.lexsort((names, new))
    added, new, names = added.take(pa.array(order)).combine_chunks(), new[order], names[order]
    both = pa.concat_arrays([old_ids, added["movie_id"].combine_chunks()])
    places = _places(old_ids, old, names, new) if _in_order(old_ids, old) else None
    if places is not None:
        # an added film stands before the old one at its place
        keys = np.concatenate([2 * np.arange(len(old_ids)) + 1, 2 * places])
        sequence = np.argsort(keys, kind="stable")
    else:
        values = np.array(both.to_pylist(), object)
        sequence = np.lexsort((values, np.concatenate([old, new])))
    sequence = sequence[np.concatenate([stays, np.ones(len(added), bool)])[sequence]]
    new_rows = np.full(len(both), -1)
    new_rows[sequence] = np.arange(len(sequence))
    return EditedEmbeddings(
        before,
        without,
        added,
        both.take(pa.array(sequence)),
        new_rows[: len(old_ids)],
        partitions,
        places,
        scratch,
    )


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
