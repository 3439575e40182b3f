"""What changed in a catalogue since a release: its rows compared by hash, before any is cleaned."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.cleaning.clean import REASONS, clean
from pipeline.ingest.partition import ChunkSpool, open_sources
from pipeline.ingest.row_hash import hash_rows
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.lineage import ROWS
from pipeline.schemas.mining import MOVIES, REJECTS, RELEASED_MOVIES
from pipeline.settings import CleanSettings, SourceSettings

__all__ = ["FACTS", "Changes", "find_changes"]

# What a release says of a film that comes from the catalogue, and what of it places the film.
FACTS = tuple(name for name in RELEASED_MOVIES.names if name in MOVIES.names and name != "movie_id")
_PLACING = ("overview", "tagline", "keywords")
_KEPT = re.compile(r"kept: row (\d+) of (.*)", flags=re.DOTALL)
_ORDER = [(name, "ascending") for name in ROWS.names]


@dataclass(frozen=True)
class Changes:
    """A catalogue as it stands now, and what sets it apart from a release.

    Attributes
    ----------
    films : CLEAN_MOVIES of the films that are new, or of which a released fact changed, by id.
    added, changed, withdrawn : ids, sorted.
    placed : of `added` and `changed` those that need a place, their text or keywords being others.
    rows : ROWS of the catalogue now. rejects : REJECTS of it. rows_in : rows of both sorts.
    sources : {"name", "sha256", "rows"} of what was read.
    same : whether nothing changed that a release would show.
    """

    films: pa.Table
    added: list[str]
    changed: list[str]
    withdrawn: list[str]
    placed: list[str]
    rows: pa.Table
    rejects: pa.Table
    rows_in: int
    sources: tuple[dict[str, object], ...]
    same: bool


def find_changes(
    before: ReleasedTables,
    specs: Sequence[str],
    settings: tuple[SourceSettings, CleanSettings],
    folder: Path,
    *,
    only_changes: bool,
) -> Changes:
    """Read catalogues and compare them with a release.

    Parameters
    ----------
    settings : those with which the release was mined.
    folder : an empty one for what is read, so that memory does not grow with the catalogue.
    only_changes : the catalogues hold just the films that changed; without it, films that are not
        in them are withdrawn. A film that a catalogue says to be gone, or of which no row can be
        used any more, is withdrawn either way.

    Raises
    ------
    SourceError
        naming the file and the cause.
    """
    spool = ChunkSpool(folder)
    gone: set[str] = set()
    for source in open_sources(specs, settings[0]):
        spool.read(source, source.content_hash())
        gone |= source.gone()
    read = [hash_rows(pq.read_table(path, schema=MOVIES))["rows"] for path in spool.chunks]
    now = pa.concat_tables([ROWS.empty_table(), *read])
    rows_before = before.table("rows", ROWS)
    if only_changes:
        told = pa.array(sorted({*now["movie_id"].to_pylist(), *gone}), pa.string())
        others = pc.invert(pc.is_in(rows_before["movie_id"], value_set=told))
        now = pa.concat_tables([rows_before.filter(others), now])
    now = now.combine_chunks().sort_by(_ORDER)
    touched = _differing(rows_before, now)
    ids = pa.array(sorted(touched), pa.string())
    parts = [MOVIES.empty_table()]
    for path in spool.chunks:
        chunk = pq.read_table(path, schema=MOVIES)
        parts.append(chunk.filter(pc.is_in(chunk["movie_id"], value_set=ids)))
    made = clean(pa.concat_tables(parts).combine_chunks(), settings[1])
    rejects = _rejects(before, rows_before, now, spool, made["rejects"], ids, only_changes)
    return _told(before, made["movies"], touched, now, rejects, tuple(spool.sources))


def _told(
    before: ReleasedTables,
    cleaned: pa.Table,
    touched: set[str],
    rows: pa.Table,
    rejects: pa.Table,
    sources: tuple[dict[str, object], ...],
) -> Changes:
    """Sort the films whose rows changed: a row may change and its film stay as it was."""
    columns = ["movie_id", *FACTS]
    held = before.movies.select(columns)
    held = held.filter(pc.is_in(held["movie_id"], value_set=pa.array(sorted(touched), pa.string())))
    old = {row["movie_id"]: row for row in held.to_pylist()}
    new = {row["movie_id"]: row for row in cleaned.select(columns).to_pylist()}
    added = sorted(new.keys() - old.keys())
    changed = sorted(i for i in new.keys() & old.keys() if new[i] != old[i])
    withdrawn = sorted(old.keys() - new.keys())
    placed = [i for i in changed if any(new[i][name] != old[i][name] for name in _PLACING)]
    shown = pa.array([*added, *changed], pa.string())
    source_rows = len(rejects) - sum(r in REASONS for r in rejects["reason"].to_pylist())
    said = ["movie_id", "reason"]
    order = [(name, "ascending") for name in said]
    same_rejects = (
        rejects.select(said).sort_by(order).equals(before.rejects.select(said).sort_by(order))
    )
    return Changes(
        films=cleaned.filter(pc.is_in(cleaned["movie_id"], value_set=shown)),
        added=added,
        changed=changed,
        withdrawn=withdrawn,
        placed=sorted([*added, *placed]),
        rows=rows,
        rejects=rejects,
        rows_in=len(rows) + source_rows,
        sources=sources,
        same=not (added or changed or withdrawn) and same_rejects,
    )


def _differing(before: pa.Table, now: pa.Table) -> set[str]:
    """Ids whose rows are not the same in both, whatever their order."""
    sums = []
    for table, when in ((before, "before"), (now, "now")):
        frame = table.select(["movie_id", "row_hash"]).to_pandas()
        # uint64 sums wrap, and a sum does not depend on the order
        summed = frame.groupby("movie_id")["row_hash"].agg(["sum", "count"])
        sums.append(summed.add_suffix(f"_{when}"))
    joined = sums[0].join(sums[1], how="outer")
    alike = (joined["count_before"] == joined["count_now"]) & (
        joined["sum_before"] == joined["sum_now"]
    )
    return set(joined.index[~alike.to_numpy(dtype=bool, na_value=False)])


def _rejects(
    before: ReleasedTables,
    rows_before: pa.Table,
    now: pa.Table,
    spool: ChunkSpool,
    fresh: pa.Table,
    touched: pa.Array,
    only_changes: bool,
) -> pa.Table:
    """All rejects of the catalogue now, by source and row."""
    old = before.rejects
    by_clean = pc.is_in(old["reason"], value_set=pa.array(list(REASONS)))
    stays = old.filter(pc.and_(by_clean, pc.invert(pc.is_in(old["movie_id"], value_set=touched))))
    by_source = pa.concat_tables(spool.rejects)
    if only_changes:  # those that an earlier catalogue had stay, each once
        both = pa.concat_tables([old.filter(pc.invert(by_clean)), by_source]).to_pylist()
        once = {tuple(row.values()): row for row in both}
        by_source = pa.Table.from_pylist(list(once.values()), REJECTS)
    whole = pa.concat_tables([_moved(stays, rows_before, now), fresh, by_source])
    return whole.sort_by([("source", "ascending"), ("row", "ascending")]).cast(REJECTS)


def _moved(rejects: pa.Table, before: pa.Table, now: pa.Table) -> pa.Table:
    """The same rejects under the numbers that their rows have now."""
    if not len(rejects) or before.equals(now):
        return rejects
    keys = ["movie_id", "row_hash"]
    frames = []
    for table in (before, now):
        frame = table.sort_by(_ORDER).to_pandas()
        frame["place"] = frame.groupby(keys).cumcount()
        frames.append(frame)
    joined = frames[0].merge(frames[1], on=[*keys, "place"], suffixes=("_before", "_now"))
    columns = ["source_before", "row_before", "source_now", "row_now"]
    where = {
        (source, row): (source_now, row_now)
        for source, row, source_now, row_now in joined[columns].itertuples(index=False)
    }
    moved = []
    for reject in rejects.to_pylist():
        here = (reject["source"], reject["row"])
        reject["source"], reject["row"] = where.get(here, here)
        kept = _KEPT.fullmatch(reject["detail"] or "")
        if kept is not None:
            there = (kept[2], int(kept[1]))
            source, row = where.get(there, there)
            reject["detail"] = f"kept: row {row} of {source}"
        moved.append(reject)
    return pa.Table.from_pylist(moved, REJECTS)
