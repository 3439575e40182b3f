"""Decide which rows of a catalogue are one film, and the id of each film in the release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.ingest.evidence import Description, describe
from pipeline.ingest.film_ids import FinalIds, choose_ids, rank_rows
from pipeline.ingest.film_joins import FilmJoins
from pipeline.ingest.numbering import Numberings, find_numberings
from pipeline.ingest.spool import Hashes, Numbers, RowSpool, RowValues

__all__ = ["Identity", "identify"]

_DESCRIBED = ("title", "overview", "directors", "cast")
_SHOWN = 20  # pairs of files that notes name


@dataclass(frozen=True)
class Identity:
    """The film of each row.

    Attributes
    ----------
    films : ndarray of shape (n_rows,), int64
        Number of a row of the same film.
    ids : FinalIds
        Ids of films where they are not those of the row.
    entries : Numberings
        The ids of the rows in numberings, without those that are no identity.
    notes : tuple of str
        Files that number their films independently, and ids of several films.
    """

    films: Numbers
    ids: FinalIds
    entries: Numberings
    notes: tuple[str, ...]

    def final_ids(self, spool: RowSpool) -> list[pa.Array]:
        """Return the ids of the films of all rows, an array for each chunk of the spool."""
        final = []
        start = 0
        for ids in spool.ids:
            low, high = np.searchsorted(self.ids.rows, [start, start + len(ids)])
            if low < high:
                values = ids.to_pylist()
                for row, new in zip(
                    self.ids.rows[low:high].tolist(), self.ids.ids[low:high], strict=True
                ):
                    values[row - start] = new
                final.append(pa.array(values, pa.string()))
            else:
                final.append(ids)
            start += len(ids)
        return final


def identify(spool: RowSpool, values: RowValues, known_sources: Sequence[str] = ()) -> Identity:
    """Decide which rows are one film.

    Parameters
    ----------
    spool : RowSpool
        The rows of films.
    values : RowValues
        Their numbers, with ids from side tables.
    known_sources : sequence of str
        Names of the sources of the previous release, in order.
    """

    def describe_rows(rows: Numbers) -> dict[int, Description]:
        return _describe(spool, rows)

    order = spool.order()
    entries = find_numberings(spool, values, order, describe_rows)
    titles = _needed_titles(spool, values, entries)
    joins = FilmJoins(values, titles, entries, order, describe_rows)
    joins.join_ids()
    joins.join_titles()
    films = joins.films()
    rank = rank_rows(spool.files, values, known_sources)
    ids = choose_ids(spool, values, films, rank, order, describe_rows)
    notes = _notes(spool, values, entries, joins.parted, order)
    return Identity(films, ids, joins.entries, notes)


def _describe(spool: RowSpool, rows: Numbers) -> dict[int, Description]:
    found: dict[int, Description] = {}
    for numbers, table in spool.parts(rows, _DESCRIBED):
        columns = [table.column(name).to_pylist() for name in _DESCRIBED]
        for row, *cells in zip(numbers.tolist(), *columns, strict=True):
            found[row] = describe(*cells)
    return found


def _needed_titles(spool: RowSpool, values: RowValues, entries: Numberings) -> Hashes:
    """Hashes of the titles that are compared: with one file, only those of repeated ids."""
    titles = np.zeros(len(values.own), np.uint64)
    keyless = (values.own == 0) & (values.imdb == 0) & (values.tmdb == 0)
    if len(spool.files) > 1 or keyless.any():
        wanted = np.arange(len(titles))
    else:
        import pandas as pd  # slow to import

        frame = pd.DataFrame({"numbering": entries.numbering, "key": entries.key})
        wanted = np.unique(entries.row[frame.duplicated(keep=False).to_numpy()])
    titles[wanted] = spool.titles(wanted)
    return titles


def _notes(
    spool: RowSpool,
    values: RowValues,
    entries: Numberings,
    parted: Sequence[int],
    order: Hashes,
) -> tuple[str, ...]:
    notes = []
    for (one, two), ids in entries.independent.items():
        names = sorted(_short_name(spool, n) for n in (one, two))
        notes.append(
            f"{names[0]} and {names[1]} number their films independently: "
            f"{ids:,} id{'s stand' if ids > 1 else ' stands'} for different films"
        )
    if len(notes) > _SHOWN:
        rest = len(notes) - _SHOWN
        notes = [*sorted(notes)[:_SHOWN], f"{rest:,} more pairs of files number independently"]
    if parted:
        example = min(
            parted, key=lambda row: (_short_name(spool, int(values.file[row])), order[row])
        )
        ids = len(parted)
        notes.append(
            f"{ids:,} id{'s stand' if ids > 1 else ' stands'} for several films, since titles and "
            f"years or texts differ, such as {spool.take_ids(np.asarray([example]))[0]!r} of "
            f"{_short_name(spool, int(values.file[example]))}"
        )
    return tuple(sorted(notes))


def _short_name(spool: RowSpool, file: int) -> str:
    """Column `source` of the rows of a file, with its folder if two files have this name."""
    label = spool.files[file].label
    once = sum(other.label == label for other in spool.files) == 1
    return label if once else spool.files[file].name
