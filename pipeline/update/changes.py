"""What changed in a catalogue since a release: rows are compared by hash before cleaning."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.cleaning.clean import REASONS
from pipeline.fileio.external_sort import StreamedTable
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.lineage import ROWS
from pipeline.schemas.mining import MOVIES, REJECTS, RELEASED_MOVIES
from pipeline.settings import SourceSettings
from pipeline.sources import open_source
from pipeline.update.edited_table import replace_rows
from pipeline.update.name_truth import NAMING_FACTS, no_longer_true
from pipeline.update.withdrawals import UNREADABLE, Absences, retained_rows, split_absent

__all__ = [
    "FACTS",
    "Changes",
    "RowChanges",
    "compare_films",
    "compare_rows",
    "films_to_place",
    "removed_films",
]

# Released columns that come from the catalogue, and those that decide where a film is placed.
FACTS = tuple(name for name in RELEASED_MOVIES.names if name in MOVIES.names and name != "movie_id")
_PLACING = ("overview", "tagline", "keywords", "language", "countries")
_DUPLICATE_OF = re.compile(r"kept: row (\d+) of (.*)", flags=re.DOTALL)
_ORDER = [(name, "ascending") for name in ROWS.names]
_SLICE_ROWS = 65_536


@dataclass(frozen=True)
class RowChanges:
    """The rows of a catalogue now, compared with those of a release.

    Attributes
    ----------
    rows : pa.Table
        ROWS of the catalogue now, sorted.
    rows_before : pa.Table
        ROWS of the release.
    touched : pa.Array
        Ids of the films whose rows differ, sorted.
    read : pa.Array
        Ids of the rows that the sources gave; `rows` has others too if they give only changes.
    removed : frozenset of str
        Ids of the films that a source lists as removed.
    """

    rows: pa.Table
    rows_before: pa.Table
    touched: pa.Array
    read: pa.Array
    removed: frozenset[str] = frozenset()

    def select(self, movies: pa.Table) -> pa.Table:
        """Return the rows of MOVIES that belong to touched films."""
        return movies.filter(pc.is_in(movies["movie_id"], value_set=self.touched))


@dataclass(frozen=True)
class Changes:
    """The state of a catalogue, and its differences from a release.

    Attributes
    ----------
    films : pa.Table
        CLEAN_MOVIES of the films that are new or have another value in FACTS, by id.
    added, changed, withdrawn : list of str
        Ids of the films, sorted.
    retained : dict of str to str
        Id -> why the row cannot be read, of films that are as they were; see
        `pipeline.update.withdrawals`.
    placed : list of str
        Ids of `added`, and of those `changed` whose text or keywords changed, or for which the name
        of their micro-genre is no longer true, sorted.
    rows : pa.Table
        ROWS of the catalogue now.
    rejects : pa.Table
        REJECTS of the catalogue now.
    fresh_rejects : pa.Table
        Those of them whose rows were read now; all, unless the sources give only changes.
    unreadable : dict of str to int
        Source -> rows without an id that could not be read when it was last read as a whole.
    rows_in : int
        Number of rows of the catalogue, accepted and rejected, and of the retained films.
    sources : tuple of dict
        "name", "sha256" and "rows" of each source that was read.
    same : bool
        Whether nothing changed that a release would show.
    """

    films: pa.Table
    added: list[str]
    changed: list[str]
    withdrawn: list[str]
    retained: dict[str, str]
    placed: list[str]
    rows: pa.Table
    rejects: pa.Table
    fresh_rejects: pa.Table
    unreadable: dict[str, int]
    rows_in: int
    sources: tuple[dict[str, object], ...]
    same: bool


def films_to_place(changes: Changes) -> pa.Table:
    """Return CLEAN_MOVIES of `changes.placed`."""
    ids = pa.array(changes.placed, pa.string())
    return changes.films.filter(pc.is_in(changes.films["movie_id"], value_set=ids))


def removed_films(specs: Sequence[str], settings: SourceSettings) -> set[str]:
    """Return the ids of the films that the sources list as removed.

    Raises
    ------
    SourceError
        If a source cannot be read.
    """
    return {movie_id for spec in specs for movie_id in open_source(spec, settings).gone()}


def compare_rows(
    before: ReleasedTables,
    hashed: Iterable[pa.Table],
    removed: Collection[str],
    *,
    only_changes: bool,
) -> RowChanges:
    """Compare the rows of a catalogue with those of a release, by their hashes.

    Parameters
    ----------
    before : ReleasedTables
        The release.
    hashed : iterable of pa.Table
        ROWS of each partition of the catalogue now.
    removed : collection of str
        Ids of films that a source lists as removed.
    only_changes : bool
        Whether the catalogue contains only the films that changed. Otherwise films that it lacks
        are withdrawn. A film in `removed` is withdrawn in any case.
    """
    now = pa.concat_tables([ROWS.empty_table(), *hashed])
    read = now["movie_id"].combine_chunks().unique()
    rows_before = before.table("rows", ROWS)
    if not only_changes:
        now = now.combine_chunks().sort_by(_ORDER)
        touched = _ids_with_other_rows(rows_before, now)
        return RowChanges(now, rows_before, touched, read, frozenset(removed))
    listed = pa.array(sorted({*now["movie_id"].to_pylist(), *removed}), pa.string())
    own = rows_before.filter(pc.is_in(rows_before["movie_id"], value_set=listed))
    touched = _ids_with_other_rows(own, now)
    edited = replace_rows(_slices(rows_before), tuple(ROWS.names), listed, now, len(own))
    return RowChanges(
        pa.concat_tables(edited).combine_chunks(), rows_before, touched, read, frozenset(removed)
    )


def compare_films(
    before: ReleasedTables,
    changed_rows: RowChanges,
    cleaned: pa.Table,
    clean_rejects: pa.Table,
    source_rejects: pa.Table,
    sources: tuple[dict[str, object], ...],
    *,
    only_changes: bool,
    withdraw_unseen: bool = False,
) -> Changes:
    """Compare the films whose rows changed with those of a release.

    A film may be the same although one of its rows changed. A film whose rows are there, but
    cannot be read, stays as it was.

    Parameters
    ----------
    before : ReleasedTables
        The release.
    changed_rows : RowChanges
        Result of `compare_rows`.
    cleaned, clean_rejects : pa.Table
        CLEAN_MOVIES and REJECTS of the rows of the touched films.
    source_rejects : pa.Table
        REJECTS: rows that no source could read.
    sources : tuple of dict
        "name", "sha256" and "rows" of each source.
    only_changes : bool
        Whether the catalogue contains only the films that changed.
    withdraw_unseen : bool
        Withdraw films without a row, even if rows of their source cannot be read.
    """
    touched = changed_rows.touched
    rejects = _all_rejects(before, changed_rows, source_rejects, clean_rejects, only_changes)
    fresh = _fresh_rejects(rejects, changed_rows, source_rejects) if only_changes else rejects
    columns = ["movie_id", *FACTS]
    old = {row["movie_id"]: row for row in before.films(touched).select(columns).to_pylist()}
    new = {row["movie_id"]: row for row in cleaned.select(columns).to_pylist()}
    added = sorted(new.keys() - old.keys())
    changed = sorted(i for i in new.keys() & old.keys() if new[i] != old[i])
    absences = split_absent(
        before,
        old.keys() - new.keys(),
        changed_rows.removed,
        changed_rows.rows_before,
        changed_rows.rows,
        fresh,
        only_changes=only_changes,
        withdraw_unseen=withdraw_unseen,
    )
    rows = _rows_with_retained(changed_rows, absences)
    placed = {i for i in changed if any(new[i][name] != old[i][name] for name in _PLACING)}
    about = [i for i in changed if any(new[i][name] != old[i][name] for name in NAMING_FACTS)]
    placed |= no_longer_true(before, cleaned, about)
    shown = pa.array([*added, *changed], pa.string())
    retained = _without_hash(rows)
    pairs = zip(rejects["reason"].to_pylist(), rejects["movie_id"].to_pylist(), strict=True)
    # rejected rows that are not in `rows`: no source could read them, or their film is retained
    rejected_rows = sum(reason not in REASONS or i in retained for reason, i in pairs)
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
        withdrawn=absences.withdrawn,
        retained=absences.retained,
        placed=sorted([*added, *placed]),
        rows=rows,
        rejects=rejects,
        fresh_rejects=fresh,
        unreadable=absences.unreadable,
        rows_in=len(rows) + rejected_rows,
        sources=sources,
        same=not (added or changed or absences.withdrawn)
        and same_rejects
        and retained == _without_hash(changed_rows.rows_before),
    )


def _rows_with_retained(changed_rows: RowChanges, absences: Absences) -> pa.Table:
    """ROWS of the catalogue now, with one row for each retained film."""
    if not absences.retained:
        return changed_rows.rows
    ids = pa.array([*absences.retained], pa.string())
    others = pc.invert(pc.is_in(changed_rows.rows["movie_id"], value_set=ids))
    own = retained_rows(changed_rows.rows_before, absences)
    return pa.concat_tables([changed_rows.rows.filter(others), own]).sort_by(_ORDER)


def _without_hash(rows: pa.Table) -> set[str]:
    """Ids of the retained films in ROWS."""
    return set(
        rows.filter(pc.equal(rows["row_hash"], pa.scalar(UNREADABLE, pa.uint64())))[
            "movie_id"
        ].to_pylist()
    )


def _fresh_rejects(rejects: pa.Table, changed_rows: RowChanges, by_source: pa.Table) -> pa.Table:
    """REJECTS of the rows that sources with only changes gave, without those of earlier ones."""
    by_clean = pc.is_in(rejects["reason"], value_set=pa.array(list(REASONS)))
    read = pc.is_in(rejects["movie_id"], value_set=changed_rows.read)
    return pa.concat_tables([rejects.filter(pc.and_(by_clean, read)), by_source]).sort_by(
        [("source", "ascending"), ("row", "ascending")]
    )


def _slices(rows: pa.Table) -> StreamedTable:
    """The same rows in slices, so that only those with changes are sorted again."""
    starts = range(0, len(rows), _SLICE_ROWS)
    return StreamedTable(
        rows.schema, len(rows), lambda: (rows.slice(n, _SLICE_ROWS) for n in starts)
    )


def _ids_with_other_rows(before: pa.Table, now: pa.Table) -> pa.Array:
    """Sorted ids whose rows differ between two tables; the order of the rows does not matter."""
    sums = [
        # uint64 sums wrap, and a sum does not depend on the order
        table.select(["movie_id", "row_hash"])
        .group_by("movie_id")
        .aggregate([("row_hash", "sum"), ("row_hash", "count")])
        for table in (before, now)
    ]
    joined = sums[0].join(
        sums[1], "movie_id", join_type="full outer", left_suffix="_before", right_suffix="_now"
    )
    equal = [
        pc.fill_null(pc.equal(joined[f"{name}_before"], joined[f"{name}_now"]), False)
        for name in ("row_hash_sum", "row_hash_count")
    ]
    ids = joined.filter(pc.invert(pc.and_(*equal)))["movie_id"].combine_chunks()
    return ids.take(pc.array_sort_indices(ids))


def _all_rejects(
    before: ReleasedTables,
    changed_rows: RowChanges,
    by_source: pa.Table,
    fresh: pa.Table,
    only_changes: bool,
) -> pa.Table:
    """REJECTS of the catalogue now, by source and row."""
    old = before.rejects
    by_clean = pc.is_in(old["reason"], value_set=pa.array(list(REASONS)))
    untouched = pc.invert(pc.is_in(old["movie_id"], value_set=changed_rows.touched))
    stays = old.filter(pc.and_(by_clean, untouched))
    if only_changes:  # rejects of earlier catalogues stay, without duplicates
        earlier = old.filter(pc.and_(pc.invert(by_clean), untouched))
        both = pa.concat_tables([earlier, by_source]).to_pylist()
        once = {tuple(row.values()): row for row in both}
        by_source = pa.Table.from_pylist(list(once.values()), REJECTS)
    whole = pa.concat_tables(
        [_renumber(stays, changed_rows.rows_before, changed_rows.rows), fresh, by_source]
    )
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
        original = _DUPLICATE_OF.fullmatch(reject["detail"] or "")
        if original is not None:
            there = (original[2], int(original[1]))
            source, row = where.get(there, there)
            reject["detail"] = f"kept: row {row} of {source}"
        renumbered.append(reject)
    return pa.Table.from_pylist(renumbered, REJECTS)
