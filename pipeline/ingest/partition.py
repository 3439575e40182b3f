"""Catalogues to partitions: every row read once, cut by a hash of the film's id, and committed.

Nothing is committed until every source has been read to its end. The number of partitions is a
function of the number of rows, so the same catalogue gives the same partitions everywhere.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import SourceError
from pipeline.execution.stage import partition_count, partition_ids
from pipeline.fileio.atomic import making_room_told
from pipeline.schemas.mining import MOVIES, REJECTS
from pipeline.settings import SourceSettings
from pipeline.sources import Source, open_source
from pipeline.storage.work_store import FileRef, Store, fingerprint

__all__ = ["Intake", "Spool", "opened", "take_in"]

_STAGE, _VERSION = "sources", 1


@dataclass(frozen=True)
class Intake:
    """What was read: partitions of MOVIES (some may be empty), REJECTS, and where it came from."""

    partitions: tuple[FileRef, ...]
    rejects: FileRef
    rows_in: int
    sources: tuple[dict[str, object], ...]  # {"name", "sha256", "rows"}, maybe "attribution"


def take_in(
    store: Store,
    specs: Sequence[str],
    settings: SourceSettings,
    *,
    limit: int | None = None,
    resume: bool = True,
) -> Intake:
    """Read every source, cut the rows into partitions by id, commit them.

    Parameters
    ----------
    limit : keep the films whose hashed ids come first, this many; a sample that does not depend
        on the order of the rows. What is left out does not count as read.

    Raises
    ------
    SourceError
        naming the file and the cause; then nothing is committed.
    """
    sources = opened(specs, settings)
    hashes = [[source.name, source.content_hash()] for source in sources]
    mark = fingerprint(_STAGE, _VERSION, settings.model_dump(mode="json"), sorted(hashes), limit)
    if resume:
        known = _known(store, mark)
        if known is not None:
            return known
    else:
        store.drop(_STAGE, "plan", mark)
    with tempfile.TemporaryDirectory(dir=store.root / "work", prefix=".intake-") as folder:
        spool = Spool(Path(folder))
        for source, (_, sha256) in zip(sources, hashes, strict=True):
            spool.read(source, sha256)
        return _commit(store, mark, spool, limit)


def opened(specs: Sequence[str], settings: SourceSettings) -> list[Source]:
    """The sources, each looked at; SourceError where one cannot be read or two are named alike."""
    sources = [open_source(spec, settings) for spec in specs]
    names = Counter(source.name for source in sources)
    for source in sources:
        source.check()
        if names[source.name] > 1:
            raise SourceError(
                f"source {source.name!r} is named {names[source.name]} times; rows could not be "
                "told apart: give each file once, or rename one"
            )
    return sources


class Spool:
    """Rows on their way in: chunks on the disk, so that memory does not grow with the catalogue."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.chunks: list[Path] = []
        self.rejects: list[pa.Table] = [REJECTS.empty_table()]
        self.sources: list[dict[str, object]] = []

    def read(self, source: Source, sha256: str) -> None:
        rows = 0
        for chunk in source.read():
            rows += chunk.rows_in
            path = self.folder / f"{len(self.chunks):06d}.parquet"
            with making_room_told(path):
                pq.write_table(chunk.movies, path, compression="lz4")
            self.chunks.append(path)
            self.rejects.append(chunk.rejects)
        if not rows:
            raise SourceError(f"source {source.name!r} holds no rows")
        told = {"attribution": source.attribution} if source.attribution else {}
        self.sources.append({"name": source.name, "sha256": sha256, "rows": rows} | told)

    def ids(self) -> list[str]:
        return [
            movie_id
            for path in self.chunks
            for movie_id in pq.read_table(path, columns=["movie_id"]).column(0).to_pylist()
        ]


def _commit(store: Store, mark: str, spool: Spool, limit: int | None) -> Intake:
    ids = spool.ids()
    kept = _first_by_hash(ids, limit) if limit is not None else None
    rows = len(ids) if kept is None else sum(movie_id in kept for movie_id in ids)
    count = partition_count(rows)
    refs: list[FileRef] = []
    # a few partitions at a time: every pass reads the spool once and holds only their rows
    for group in np.array_split(np.arange(count), max(1, -(-rows // 200_000))):
        held: dict[int, list[pa.Table]] = {int(p): [MOVIES.empty_table()] for p in group}
        for path in spool.chunks:
            chunk = pq.read_table(path, schema=MOVIES)
            if kept is not None:
                inside = [i in kept for i in chunk.column("movie_id").to_pylist()]
                chunk = chunk.filter(pa.array(inside, pa.bool_()))
            owner = partition_ids(chunk.column("movie_id"), count)
            for p, parts in held.items():
                parts.append(chunk.filter(pa.array(owner == p)))
        for p, parts in held.items():
            table = pa.concat_tables(parts).combine_chunks()
            made = store.commit(
                _STAGE,
                _key(p),
                fingerprint(mark, p),
                {"movies": table},
                rows_in=len(table),
                seconds=0.0,
            )
            refs.append(made.outputs["movies"])
    rejects = pa.concat_tables(spool.rejects).combine_chunks()
    plan = store.commit(
        _STAGE,
        "plan",
        mark,
        {"rejects": rejects},
        rows_in=rows + len(rejects),
        seconds=0.0,
        extra={"partitions": count, "sources": spool.sources},
    )
    return Intake(tuple(refs), plan.outputs["rejects"], rows + len(rejects), tuple(spool.sources))


def _known(store: Store, mark: str) -> Intake | None:
    plan = store.lookup(_STAGE, "plan", mark)
    if plan is None:
        return None
    count = int(plan.extra["partitions"])
    found = [store.lookup(_STAGE, _key(p), fingerprint(mark, p)) for p in range(count)]
    if any(manifest is None for manifest in found):
        return None
    refs = tuple(manifest.outputs["movies"] for manifest in found if manifest is not None)
    return Intake(refs, plan.outputs["rejects"], plan.rows_in, tuple(plan.extra["sources"]))


def _key(partition: int) -> str:
    return f"p{partition:05d}"


def _first_by_hash(ids: Sequence[str], limit: int) -> frozenset[str]:
    ranked = sorted(set(ids), key=lambda i: hashlib.blake2b(i.encode(), digest_size=8).digest())
    return frozenset(ranked[:limit])
