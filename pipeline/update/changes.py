"""What changed in a catalogue since a release: rows are compared by hash before cleaning."""

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

__all__ = ["FACTS", "Changes", "films_to_place", "find_changes"]

# Released columns that come from the catalogue, and those that decide where a film is placed.
FACTS = tuple(name for name in RELEASED_MOVIES.names if name in MOVIES.names and name != "movie_id")
_PLACING = ("overview", "tagline", "keywords")
_KEPT = re.compile(r"kept: row (\d+) of (.*)", flags=re.DOTALL)
_ORDER = [(name, "ascending") for name in ROWS.names]


@dataclass(frozen=True)
class Changes:
    """The state of a catalogue, and its differences from a release.

    Attributes
    ----------
    films : pa.Table
        CLEAN_MOVIES of the films that are new or have another value in FACTS, by id.
    added, changed, withdrawn : list of str
        Ids of the films, sorted.
    placed : list of str
        Ids of `added` and of those `changed` whose text or keywords changed, sorted.
    rows : pa.Table
        ROWS of the catalogue now.
    rejects : pa.Table
        REJECTS of the catalogue now.
    rows_in : int
        Number of rows of the catalogue, accepted and rejected.
    sources : tuple of dict
        "name", "sha256" and "rows" of each source that was read.
    same : bool
        Whether nothing changed that a release would show.
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


def films_to_place(changes: Changes) -> pa.Table:
    """Return CLEAN_MOVIES of the films that are new, or whose text or keywords changed."""
    ids = pa.array(changes.placed, pa.string())
    return changes.films.filter(pc.is_in(changes.films["movie_id"], value_set=ids))


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
    before : ReleasedTables
        The release.
    specs : sequence of str
        Catalogues as on the command line, such as `files:PATH`.
    settings : (SourceSettings, CleanSettings)
        The settings of the mining.
    folder : Path
        An empty folder for the rows that are read: they do not stay in memory.
    only_changes : bool
        Whether the catalogues contain only the films that changed. Otherwise films that they lack
        are withdrawn. A film is withdrawn in any case if a catalogue lists it as removed, or if
        none of its rows is usable any more.

    Returns
    -------
    Changes
        The differences, with the rows and rejects of the catalogue now.

    Raises
    ------
    SourceError
        If a catalogue cannot be read; the message names the file and the cause.
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
        listed = pa.array(sorted({*now["movie_id"].to_pylist(), *gone}), pa.string())
        others = pc.invert(pc.is_in(rows_before["movie_id"], value_set=listed))
        now = pa.concat_tables([rows_before.filter(others), now])
    now = now.combine_chunks().sort_by(_ORDER)
    touched = _ids_with_other_rows(rows_before, now)
    ids = pa.array(sorted(touched), pa.string())
    parts = [MOVIES.empty_table()]
    for path in spool.chunks:
        chunk = pq.read_table(path, schema=MOVIES)
        parts.append(chunk.filter(pc.is_in(chunk["movie_id"], value_set=ids)))
    cleaned = clean(pa.concat_tables(parts).combine_chunks(), settings[1])
    rejects = _all_rejects(before, rows_before, now, spool, cleaned["rejects"], ids, only_changes)
    return _compare(before, cleaned["movies"], touched, now, rejects, tuple(spool.sources))


def _compare(
    before: ReleasedTables,
    cleaned: pa.Table,
    touched: set[str],
    rows: pa.Table,
    rejects: pa.Table,
    sources: tuple[dict[str, object], ...],
) -> Changes:
    """Sort the films whose rows changed; a film may be the same although a row changed."""
    columns = ["movie_id", *FACTS]
    released = before.movies.select(columns)
    ids = pa.array(sorted(touched), pa.string())
    released = released.filter(pc.is_in(released["movie_id"], value_set=ids))
    old = {row["movie_id"]: row for row in released.to_pylist()}
    new = {row["movie_id"]: row for row in cleaned.select(columns).to_pylist()}
    added = sorted(new.keys() - old.keys())
    changed = sorted(i for i in new.keys() & old.keys() if new[i] != old[i])
    withdrawn = sorted(old.keys() - new.keys())
    placed = [i for i in changed if any(new[i][name] != old[i][name] for name in _PLACING)]
    shown = pa.array([*added, *changed], pa.string())
    source_rows = len(rejects) - sum(r in REASONS for r in rejects["reason"].to_pylist())
    compared = ["movie_id", "reason"]
    order = [(name, "ascending") for name in compared]
    same_rejects = (
        rejects.select(compared)
        .sort_by(order)
        .equals(before.rejects.select(compared).sort_by(order))
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


def _ids_with_other_rows(before: pa.Table, now: pa.Table) -> set[str]:
    """Ids whose rows differ between the two tables; the order of the rows does not matter."""
    sums = []
    for table, when in ((before, "before"), (now, "now")):
        frame = table.select(["movie_id", "row_hash"]).to_pandas()
        # uint64 sums wrap, and a sum does not depend on the order
        summed = frame.groupby("movie_id")["row_hash"].agg(["sum", "count"])
        sums.append(summed.add_suffix(f"_{when}"))
    joined = sums[0].join(sums[1], how="outer")
    equal = (joined["count_before"] == joined["count_now"]) & (
        joined["sum_before"] == joined["sum_now"]
    )
    return set(joined.index[~equal.to_numpy(dtype=bool, na_value=False)])


def _all_rejects(
    before: ReleasedTables,
    rows_before: pa.Table,
    now: pa.Table,
    spool: ChunkSpool,
    fresh: pa.Table,
    touched: pa.Array,
    only_changes: bool,
) -> pa.Table:
    """REJECTS of the catalogue now, by source and row."""
    old = before.rejects
    by_clean = pc.is_in(old["reason"], value_set=pa.array(list(REASONS)))
    stays = old.filter(pc.and_(by_clean, pc.invert(pc.is_in(old["movie_id"], value_set=touched))))
    by_source = pa.concat_tables(spool.rejects)
    if only_changes:  # rejects of earlier catalogues stay, without duplicates
        both = pa.concat_tables([old.filter(pc.invert(by_clean)), by_source]).to_pylist()
        once = {tuple(row.values()): row for row in both}
        by_source = pa.Table.from_pylist(list(once.values()), REJECTS)
    whole = pa.concat_tables([_renumber(stays, rows_before, now), fresh, by_source])
    return whole.sort_by([("source", "ascending"), ("row", "ascending")]).cast(REJECTS)


def _renumber(rejects: pa.Table, before: pa.Table, now: pa.Table) -> pa.Table:
    """The same rejects with the source and row number that their rows have now."""
    if not len(rejects) or before.equals(now):
        return rejects
    keys = ["movie_id", "row_hash"]
    frames = []
    for table in (before, now):
        frame = table.sort_by(_ORDER).to_pandas()
        frame["copy"] = frame.groupby(keys).cumcount()
        frames.append(frame)
    joined = frames[0].merge(frames[1], on=[*keys, "copy"], suffixes=("_before", "_now"))
    columns = ["source_before", "row_before", "source_now", "row_now"]
    where = {
        (source, row): (source_now, row_now)
        for source, row, source_now, row_now in joined[columns].itertuples(index=False)
    }
    renumbered = []
    for reject in rejects.to_pylist():
        here = (reject["source"], reject["row"])
        reject["source"], reject["row"] = where.get(here, here)
        kept = _KEPT.fullmatch(reject["detail"] or "")
        if kept is not None:
            there = (kept[2], int(kept[1]))
            source, row = where.get(there, there)
            reject["detail"] = f"kept: row {row} of {source}"
        renumbered.append(reject)
    return pa.Table.from_pylist(renumbered, REJECTS)
