"""Decide which absent films are withdrawn: rejected is not gone, and many at once stop an update.

A film is withdrawn if a source lists it as removed, or if it is absent from a catalogue that was
read as a whole. It is retained, with its earlier values, if its row is there and was rejected, or
if its source has rows that cannot be read and have no id: one of them may be its row, and a damaged
line may hide many rows. Rows that could not be read at the last whole reading hide nothing new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import SourceError
from pipeline.ingest.losses import NOT_LOST
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.lineage import ROWS

__all__ = [
    "UNREADABLE",
    "Absences",
    "check_withdrawals",
    "count_unreadable",
    "retained_rows",
    "split_absent",
]

UNREADABLE = 0  # row_hash of a film whose row is there no more, or cannot be read
_SOURCES = 3  # most sources to name


@dataclass(frozen=True)
class Absences:
    """What becomes of the films without a usable row.

    Attributes
    ----------
    withdrawn : list of str
        Ids, sorted.
    retained : dict of str to str
        Id -> why its row cannot be read.
    sources : dict of str to str
        Id -> source of its rows, of the retained films that have none now.
    unreadable : dict of str to int
        Source -> rows without an id that could not be read when it was last read as a whole.
    """

    withdrawn: list[str]
    retained: dict[str, str]
    sources: dict[str, str]
    unreadable: dict[str, int]


def count_unreadable(rejects: pa.Table) -> dict[str, int]:
    """Return the number of rejected rows without an id by source.

    Examples
    --------
    >>> count_unreadable(pa.table({"source": ["a", "a", "b"], "movie_id": [None, "1", None]}))
    {'a': 1, 'b': 1}
    """
    unknown = rejects.filter(pc.is_null(rejects["movie_id"]))
    return dict(Counter(str(name) for name in unknown["source"].to_pylist()))


def split_absent(
    before: ReleasedTables,
    absent: Collection[str],
    removed: Collection[str],
    rows_before: pa.Table,
    rows: pa.Table,
    rejects: pa.Table,
    *,
    only_changes: bool,
    withdraw_unseen: bool,
) -> Absences:
    """Divide the films without a usable row into withdrawn and retained ones.

    Parameters
    ----------
    before : ReleasedTables
        The release that is updated.
    absent : collection of str
        Ids of its films that the catalogue gives no film for.
    removed : collection of str
        Ids that a source lists as removed.
    rows_before, rows : pa.Table
        ROWS of the release and of the catalogue now.
    rejects : pa.Table
        REJECTS of the rows that were read now.
    only_changes : bool
        Whether the catalogue contains only the films that changed.
    withdraw_unseen : bool
        Withdraw films without a row, even if rows of their source cannot be read.
    """
    known, now = _last_whole(before), count_unreadable(rejects)
    doubtful = {} if only_changes else _doubtful(known, now, _names(rows_before), _names(rows))
    why = _reasons(rejects)
    own = rows_before.filter(pc.is_in(rows_before["movie_id"], value_set=_ids(absent)))
    places: dict[str, tuple[str, int]] = {
        row["movie_id"]: doubtful[row["source"]]
        for row in own.select(["movie_id", "source"]).to_pylist()
        if row["source"] in doubtful
    }
    withdrawn: list[str] = []
    retained: dict[str, str] = {}
    sources: dict[str, str] = {}
    for movie_id in sorted(absent):
        if movie_id in removed:
            withdrawn.append(movie_id)
        elif movie_id in why:
            retained[movie_id] = why[movie_id]
        elif movie_id in places and not withdraw_unseen:
            name, count = places[movie_id]
            noun = "1 unreadable row" if count == 1 else f"{count:,} unreadable rows"
            retained[movie_id] = f"absent from {name}, which has {noun}"
            sources[movie_id] = name
        else:
            withdrawn.append(movie_id)
    if not only_changes:
        lossless = (_names(rows) | now.keys()) - set(sources.values())
        known = known | {name: now.get(name, 0) for name in lossless}
    return Absences(withdrawn, retained, sources, {n: c for n, c in known.items() if c})


def retained_rows(rows_before: pa.Table, absences: Absences) -> pa.Table:
    """Return ROWS of the retained films: one row each, whose hash is that of no row.

    So a later catalogue in which the row can be read differs from it, and is read again.

    Parameters
    ----------
    rows_before : pa.Table
        ROWS of the release.
    absences : Absences
        What becomes of the films without a usable row.
    """
    own = rows_before.filter(pc.is_in(rows_before["movie_id"], value_set=_ids(absences.retained)))
    first = {row["movie_id"]: row for row in reversed(own.to_pylist())}
    for movie_id, row in first.items():
        row["row_hash"] = UNREADABLE
        row["source"] = absences.sources.get(movie_id, row["source"])
    return pa.Table.from_pylist([first[movie_id] for movie_id in sorted(first)], ROWS)


def check_withdrawals(
    before: ReleasedTables,
    withdrawn: Collection[str],
    removed: Collection[str],
    rows_before: pa.Table,
    rows: pa.Table,
    max_share: float,
) -> None:
    """Stop an update that would withdraw too many films.

    Films that a source lists as removed do not count.

    Parameters
    ----------
    before : ReleasedTables
        The release that is updated.
    withdrawn, removed : collection of str
        Ids of the films to withdraw, and of those that a source lists as removed.
    rows_before, rows : pa.Table
        ROWS of the release and of the catalogue now.
    max_share : float
        Greatest share of the films that may be withdrawn, 0 to 1: `update.max_withdrawn_share`.

    Raises
    ------
    SourceError
        If more would be withdrawn; the message says how many, and which sources lost rows.
    """
    unlisted, films = len(set(withdrawn) - set(removed)), before.counts["released"]
    if unlisted <= max_share * films:
        return
    raise SourceError(
        f"{unlisted:,} of the {films:,} films of release {before.id} are no longer in the "
        f"catalogue ({unlisted / films:.0%}; an update may withdraw {max_share:.0%}): "
        f"{_shrunk(rows_before, rows)}. Nothing is published: if the films are gone, go on with "
        "--allow-withdrawals; if the sources contain only what changed, with --only-changes"
    )


def _last_whole(before: ReleasedTables) -> dict[str, int]:
    """Return the unreadable rows by source at the last whole reading."""
    manifest = before.manifest
    if manifest.kind == "updated" and "unreadable_rows" in manifest.model_fields_set:
        return dict(manifest.unreadable_rows)
    return count_unreadable(before.rejects)


def _doubtful(
    known: Mapping[str, int], now: Mapping[str, int], names_before: set[str], names: set[str]
) -> dict[str, tuple[str, int]]:
    """Return the sources whose absent films may be hidden in unreadable rows.

    A source is compared with that of the same name. The others are compared as a whole, because a
    file may have been renamed.

    Returns
    -------
    dict
        Source of the release -> the source now, and its unreadable rows.
    """
    names = names | now.keys()
    found = {
        name: (name, now[name])
        for name in names_before & now.keys()
        if now[name] > known.get(name, 0)
    }
    lost, new = names_before - names, sorted((names - names_before) & now.keys())
    if new and sum(now[name] for name in new) > sum(known.get(name, 0) for name in lost):
        found |= dict.fromkeys(lost, (new[0], now[new[0]]))
    return found


def _reasons(rejects: pa.Table) -> dict[str, str]:
    """Id -> where and why the first row of the film was rejected."""
    return {
        row["movie_id"]: f"{row['source']} row {row['row']}: {row['reason']}, {row['detail']}"
        for row in reversed(rejects.to_pylist())
        if row["movie_id"] is not None and row["reason"] not in NOT_LOST
    }


def _shrunk(rows_before: pa.Table, rows: pa.Table) -> str:
    """Which sources lost rows, the largest loss first."""
    now = Counter(map(str, rows["source"].to_pylist()))
    then = Counter(map(str, rows_before["source"].to_pylist()))
    losses = sorted((now[name] - then[name], name) for name in then if now[name] < then[name])
    shown = [f"{name} has {now[name]:,} rows, {then[name]:,} before" for _, name in losses]
    more = [f"and {len(shown) - _SOURCES:,} more sources"] if len(shown) > _SOURCES else []
    return "; ".join([*shown[:_SOURCES], *more]) or "its rows have other ids"


def _names(rows: pa.Table) -> set[str]:
    return {str(name) for name in rows["source"].unique().to_pylist()}


def _ids(ids: Collection[str]) -> pa.Array:
    return pa.array(sorted(ids), pa.string())
