"""Read the rows of every source, cut them into partitions by a hash of the film's id, commit them.

Nothing is committed until every source has been read to its end. The number of partitions depends
on the number of rows only, so the same catalogue gives the same partitions on every machine.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import SourceError
from pipeline.fileio.atomic import explain_full_disk
from pipeline.fileio.manifest import FileRef, Manifest, fingerprint
from pipeline.schemas.mining import MOVIES, REJECTS
from pipeline.schemas.partitions import partition_count, partition_ids
from pipeline.schemas.reading import combine_losses
from pipeline.settings import SourceSettings
from pipeline.sources import Source, open_source

__all__ = ["CommitStore", "PartitionedCatalogue", "open_sources", "read_catalogue"]

_STAGE, _VERSION = "sources", 2
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
        Sources such as `files:films.csv`; see `pipeline.sources.open_source`.
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
        If a source cannot be read; the message names the file and the cause. Nothing is committed.
    """
    sources = open_sources(specs, settings)
    hashes = [[source.name, source.content_hash()] for source in sources]
    key = fingerprint(
        _STAGE,
        _VERSION,
        settings.model_dump(mode="json"),
        sorted(hashes),
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
        spool = _ChunkSpool(Path(folder))
        for source, (_, sha256) in zip(sources, hashes, strict=True):
            spool.read(source, sha256)
        return _commit(store, key, spool, limit)


def open_sources(specs: Sequence[str], settings: SourceSettings) -> list[Source]:
    """Open and check the sources that `specs` name.

    Raises
    ------
    SourceError
        If a source cannot be read, or two sources have the same name.
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
    return sources


class _ChunkSpool:
    """Rows of sources as chunks on the disk, so that memory does not grow with the catalogue.

    Attributes
    ----------
    chunks : list of Path
        Parquet files of MOVIES, in the order read.
    rejects : list of pa.Table
        Tables of REJECTS; the first is empty.
    sources : list of dict
        See `PartitionedCatalogue.sources`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.chunks: list[Path] = []
        self.rejects: list[pa.Table] = [REJECTS.empty_table()]
        self.sources: list[dict[str, object]] = []
        self.losses: list[pa.Table] = []

    def read(self, source: Source, sha256: str) -> None:
        """Read a source to its end and write its rows to the folder.

        Raises
        ------
        SourceError
            If the source has no rows or cannot be read.
        StoreError
            If the disk is full.
        """
        rows = 0
        for chunk in source.read():
            rows += chunk.rows_in
            path = self.folder / f"{len(self.chunks):06d}.parquet"
            with explain_full_disk(path):
                pq.write_table(chunk.movies, path, compression="lz4")
            self.chunks.append(path)
            self.rejects.append(chunk.rejects)
            self.losses.append(chunk.losses)
        if not rows:
            raise SourceError(f"source {source.name!r} has no rows")
        attribution = {"attribution": source.attribution} if source.attribution else {}
        summaries = (
            [asdict(table) for table in source.tables()] if hasattr(source, "tables") else []
        )
        self.sources.append(
            {"name": source.name, "sha256": sha256, "rows": rows, "tables": summaries} | attribution
        )

    def ids(self) -> list[str]:
        """Return the id of every row, in the order read."""
        return [
            movie_id
            for path in self.chunks
            for movie_id in pq.read_table(path, columns=["movie_id"]).column(0).to_pylist()
        ]


def _commit(
    store: CommitStore, key: str, spool: _ChunkSpool, limit: int | None
) -> PartitionedCatalogue:
    ids = spool.ids()
    sample = _smallest_hashes(ids, limit) if limit is not None else None
    rows = len(ids) if sample is None else sum(movie_id in sample for movie_id in ids)
    count = partition_count(rows)
    refs: list[FileRef] = []
    # A few partitions at a time: each pass reads the spool once and keeps only their rows.
    for group in np.array_split(np.arange(count), max(1, -(-rows // _GROUP_ROWS))):
        parts: dict[int, list[pa.Table]] = {int(p): [MOVIES.empty_table()] for p in group}
        for path in spool.chunks:
            chunk = pq.read_table(path, schema=MOVIES)
            if sample is not None:
                sampled = [i in sample for i in chunk.column("movie_id").to_pylist()]
                chunk = chunk.filter(pa.array(sampled, pa.bool_()))
            partition = partition_ids(chunk.column("movie_id"), count)
            for p, tables in parts.items():
                tables.append(chunk.filter(pa.array(partition == p)))
        for p, tables in parts.items():
            movies = pa.concat_tables(tables).combine_chunks()
            manifest = store.commit(
                _STAGE,
                _partition_name(p),
                fingerprint(key, p),
                {"movies": movies},
                rows_in=len(movies),
                seconds=0.0,
            )
            refs.append(manifest.outputs["movies"])
    rejects = pa.concat_tables(spool.rejects).combine_chunks()
    rows_in = rows + len(rejects)
    # The plan comes last: only with it do the partitions count as committed.
    plan = store.commit(
        _STAGE,
        "plan",
        key,
        {"rejects": rejects, "losses": combine_losses(spool.losses)},
        rows_in=rows_in,
        seconds=0.0,
        extra={"partitions": count, "sources": spool.sources, "notes": []},
    )
    return _catalogue(plan, refs)


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


def _smallest_hashes(ids: Sequence[str], limit: int) -> frozenset[str]:
    ranked = sorted(set(ids), key=lambda i: hashlib.blake2b(i.encode(), digest_size=8).digest())
    return frozenset(ranked[:limit])
