"""Read the rows of every source, cut them into partitions by a hash of the film's id, commit them.

Between reading and cutting, `pipeline.ingest.catalogue_rows` decides which rows are one film.
Nothing is committed until every source has been read to its end. The number of partitions depends
on the number of rows only, so the same catalogue gives the same partitions on every machine.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import SourceError
from pipeline.fileio.manifest import FileRef, Manifest, fingerprint
from pipeline.ingest.catalogue_rows import CatalogueRows, check_tables
from pipeline.ingest.side_tables import fill
from pipeline.schemas.mining import MOVIES
from pipeline.schemas.partitions import partition_count, partition_ids
from pipeline.schemas.reading import combine_losses
from pipeline.settings import SourceSettings
from pipeline.sources import Source, open_source

__all__ = [
    "CommitStore",
    "PartitionedCatalogue",
    "cut_partitions",
    "open_sources",
    "read_catalogue",
]

_STAGE, _VERSION = "sources", 3
_GROUP_ROWS = 200_000  # rows in memory at once while partitions are cut


class CommitStore(Protocol):
    """The part of `pipeline.storage.work_store.WorkStore` that reading a catalogue needs."""

    @property
    def root(self) -> Path:
        """The output folder; temporary files go below its folder `work`."""
        ...

    def lookup(self, stage: str, key: str, fingerprint: str) -> Manifest | None:
        """Return the manifest of committed work, or None."""
        ...

    def commit(
        self,
        stage: str,
        key: str,
        fingerprint: str,
        tables: Mapping[str, pa.Table],
        *,
        rows_in: int,
        seconds: float,
        extra: Mapping[str, Any] | None = None,
    ) -> Manifest:
        """Write tables and their manifest; return the manifest."""
        ...

    def drop(self, stage: str, key: str, fingerprint: str) -> None:
        """Remove committed work."""
        ...


@dataclass(frozen=True)
class PartitionedCatalogue:
    """The committed rows of all sources.

    Attributes
    ----------
    partitions : tuple of FileRef
        Tables of MOVIES, one per partition; some may be empty.
    rejects : FileRef
        Table of REJECTS: rows that no source could read.
    rows_in : int
        Rows of all partitions and rejects.
    sources : tuple of dict
        For each source: `name`, `sha256`, `rows`, `tables` (fields of
        `pipeline.schemas.reading_summary.ReadTable`) and, where it has one, `attribution`.
    losses : FileRef
        Table of CELL_LOSSES: cells that the sources could not read.
    notes : tuple of str
        What a user should know, such as files that number their films independently.
    """

    partitions: tuple[FileRef, ...]
    rejects: FileRef
    rows_in: int
    sources: tuple[dict[str, object], ...]
    losses: FileRef
    notes: tuple[str, ...] = ()


def read_catalogue(
    store: CommitStore,
    specs: Sequence[str],
    settings: SourceSettings,
    *,
    limit: int | None = None,
    resume: bool = True,
    known_sources: Sequence[str] = (),
) -> PartitionedCatalogue:
    """Read every source, cut the rows into partitions by id, and commit the partitions.

    Parameters
    ----------
    store : CommitStore
        Where the partitions are committed.
    specs : sequence of str
        Sources such as `files:films.csv`; see `pipeline.sources.open_source`. Their order does not
        matter.
    settings : SourceSettings
        How to read the sources.
    limit : int, optional
        Keep only this many films: those with the smallest hash of the id, so that the sample does
        not depend on the order of the rows. Rows of other films do not count as read.
    resume : bool
        Reuse the partitions of an earlier run on the same sources and settings.
    known_sources : sequence of str
        Names of the sources of the previous release, in the order of its manifest. The id of a
        film is that of its row in the first of them, so that it stays when files are added.

    Returns
    -------
    PartitionedCatalogue
        References to the committed partitions and rejects.

    Raises
    ------
    SourceError
        If a source cannot be read, or no source has films; the message names the file and the
        cause. Nothing is committed.
    """
    # the order of the sources decides nothing, not even the order of the rows
    sources = sorted(open_sources(specs, settings), key=lambda source: source.name)
    hashes = [[source.name, source.content_hash()] for source in sources]
    key = fingerprint(
        _STAGE,
        _VERSION,
        settings.model_dump(mode="json", exclude={"max_rejected_share"}),
        hashes,
        limit,
        list(known_sources),
    )
    if resume:
        committed = _lookup(store, key)
        if committed is not None:
            return committed
    else:
        store.drop(_STAGE, "plan", key)
    # `WorkStore.sweep` removes folders of this name that a killed run has left.
    with tempfile.TemporaryDirectory(dir=store.root / "work", prefix=".intake-") as folder:
        rows = CatalogueRows(Path(folder))
        for position, (source, (_, sha256)) in enumerate(zip(sources, hashes, strict=True)):
            rows.read(source, sha256, position)
        rows.settle(known_sources)
        return _commit(store, key, rows, limit)


def open_sources(specs: Sequence[str], settings: SourceSettings) -> list[Source]:
    """Open and check the sources that `specs` name.

    Raises
    ------
    SourceError
        If a source cannot be read, two sources have the same name, or no source has films.
    """
    sources = [open_source(spec, settings) for spec in specs]
    names = Counter(source.name for source in sources)
    for source in sources:
        source.check()
        if names[source.name] > 1:
            raise SourceError(
                f"source {source.name!r} is given {names[source.name]} times, so its rows would "
                "be ambiguous: give each file once, or rename one"
            )
    check_tables(sources)
    return sources


def _commit(
    store: CommitStore, key: str, rows: CatalogueRows, limit: int | None
) -> PartitionedCatalogue:
    ids = rows.ids()
    sample = None
    if limit is not None:
        sample = _smallest_hashes(ids.to_pylist(), limit)
        ids = ids.filter(pc.is_in(ids, value_set=sample))
    refs: list[FileRef] = []
    for p, movies in enumerate(cut_partitions(rows, ids, sample)):
        manifest = store.commit(
            _STAGE,
            _partition_name(p),
            fingerprint(key, p),
            {"movies": movies},
            rows_in=len(movies),
            seconds=0.0,
        )
        refs.append(manifest.outputs["movies"])
    rejects = pa.concat_tables(rows.rejects).combine_chunks()
    # The plan comes last: only with it do the partitions count as committed.
    plan = store.commit(
        _STAGE,
        "plan",
        key,
        {"rejects": rejects, "losses": combine_losses(rows.losses)},
        rows_in=len(ids) + len(rejects),
        seconds=0.0,
        extra={"partitions": len(refs), "sources": rows.sources, "notes": rows.notes},
    )
    return _catalogue(plan, refs)


def cut_partitions(
    rows: CatalogueRows, ids: pa.ChunkedArray, sample: pa.Array | None = None
) -> Iterator[pa.Table]:
    """Yield the rows of films as the tables of MOVIES of the partitions, filled from side tables.

    Parameters
    ----------
    rows : CatalogueRows
        Settled rows.
    ids : pa.ChunkedArray
        The ids of the rows to cut: all, or those of the sample.
    sample : pa.Array, optional
        Ids of the only films that count.
    """
    count = partition_count(len(ids))
    # A few partitions at a time: each pass reads the rows once and keeps only their own.
    for group in np.array_split(np.arange(count), max(1, -(-len(ids) // _GROUP_ROWS))):
        parts: dict[int, list[pa.Table]] = {int(p): [MOVIES.empty_table()] for p in group}
        fills: dict[int, list[pa.Table]] = {int(p): [MOVIES.empty_table()] for p in group}
        for chunk in rows.films():
            _divide(chunk, sample, count, parts)
        for chunk in rows.fills():
            _divide(chunk, sample, count, fills)
        for p, tables in parts.items():
            movies = pa.concat_tables(tables).combine_chunks()
            yield fill(movies, pa.concat_tables(fills[p])).combine_chunks()


def _divide(
    chunk: pa.Table, sample: pa.Array | None, count: int, parts: Mapping[int, list[pa.Table]]
) -> None:
    """Add the rows of a chunk to the tables of their partitions, where `parts` has them."""
    if sample is not None:
        chunk = chunk.filter(pc.is_in(chunk.column("movie_id"), value_set=sample))
    partition = partition_ids(chunk.column("movie_id"), count)
    # One sort and slices of its result, rather than a filter of all columns for each partition.
    order = np.argsort(partition, kind="stable")
    if not set(range(count)) <= parts.keys():
        order = order[np.isin(partition[order], list(parts))]
    chunk, partition = chunk.take(pa.array(order)), partition[order]
    present, starts = np.unique(partition, return_index=True)
    bounds = [*starts.tolist(), len(partition)]
    for n, p in enumerate(present.tolist()):
        parts[p].append(chunk.slice(bounds[n], bounds[n + 1] - bounds[n]))


def _lookup(store: CommitStore, key: str) -> PartitionedCatalogue | None:
    plan = store.lookup(_STAGE, "plan", key)
    if plan is None:
        return None
    refs = []
    for p in range(int(plan.extra["partitions"])):
        manifest = store.lookup(_STAGE, _partition_name(p), fingerprint(key, p))
        if manifest is None:
            return None
        refs.append(manifest.outputs["movies"])
    return _catalogue(plan, refs)


def _catalogue(plan: Manifest, partitions: Sequence[FileRef]) -> PartitionedCatalogue:
    return PartitionedCatalogue(
        tuple(partitions),
        plan.outputs["rejects"],
        plan.rows_in,
        tuple(plan.extra["sources"]),
        plan.outputs["losses"],
        tuple(plan.extra["notes"]),
    )


def _partition_name(partition: int) -> str:
    return f"p{partition:05d}"


def _smallest_hashes(ids: Sequence[str], limit: int) -> pa.Array:
    def rank(movie_id: str) -> bytes:
        encoded = movie_id.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(encoded, digest_size=8).digest()

    return pa.array(sorted(set(ids), key=rank)[:limit], pa.string())
