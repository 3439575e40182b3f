"""Fill films from side tables: tables of keywords, credits, titles or plots, joined by id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.ingest.numbering import Numberings, agreement, hash_numbers
from pipeline.ingest.spool import CatalogueFile, Hashes, Numbers, RowSpool, RowValues
from pipeline.schemas.mining import MOVIES

__all__ = ["Matches", "SideCounts", "add_keys", "count_matches", "fill", "match_rows"]

_FILLED = tuple(name for name in MOVIES.names if name not in ("movie_id", "source", "row"))
_MOST = 0.5
_SHOWN_PAIRS = 2_000  # pairs of rows whose titles are compared
_NONE = -1


@dataclass(frozen=True)
class Matches:
    """The films of the rows of side tables.

    Attributes
    ----------
    row : ndarray of shape (n_side_rows,), int64
        Number of a row of the film; -1 if there is none.
    numbering : dict of int to int
        File of side tables -> numbering that its ids are of.
    """

    row: Numbers
    numbering: dict[int, int]


@dataclass(frozen=True)
class SideCounts:
    """Numbers of a side table: its rows, films that have a row in it, rows without a film."""

    file: CatalogueFile
    rows: int
    films: int
    rows_without_film: int


class _Index:
    """Rows by numbering and id."""

    def __init__(self, numbering: npt.NDArray[np.int32], key: Hashes, row: Numbers) -> None:
        mixed = _mix(key, numbering)
        order = np.lexsort((row, mixed))
        self._keys, self._rows = mixed[order], row[order]

    def find(self, numbering: int, key: Hashes) -> Numbers:
        """Return the first row of each id; -1 if there is none."""
        if not len(self._keys):
            return np.full(len(key), _NONE, np.int64)
        mixed = _mix(key, np.full(len(key), numbering, np.int32))
        at = np.minimum(np.searchsorted(self._keys, mixed), len(self._keys) - 1)
        return np.where((self._keys[at] == mixed) & (key != 0), self._rows[at], _NONE)


def _mix(key: Hashes, numbering: npt.NDArray[np.int32]) -> Hashes:
    return key ^ ((numbering.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15))


def match_rows(
    sides: RowSpool,
    side_values: RowValues,
    spool: RowSpool,
    values: RowValues,
    entries: Numberings,
) -> Matches:
    """Find the film of each row of the side tables.

    The ids of a side table are those of films of the same source, or of another whose ids are
    mostly the same; where both have titles, most of them must agree. Ids of IMDb and TMDB are the
    same everywhere.

    Parameters
    ----------
    sides, side_values
        Rows of side tables, and their numbers.
    spool, values
        Rows of films, and their numbers.
    entries : Numberings
        The ids of the rows of films.
    """
    index = _Index(entries.numbering, entries.key, entries.row)
    tmdb, imdb = (int(code) for code in entries.of_code[-2:])
    found = np.full(len(sides), _NONE, np.int64)
    chosen: dict[int, int] = {}
    order = np.argsort(side_values.file, kind="stable")
    bounds = np.searchsorted(side_values.file[order], np.arange(len(sides.files) + 1))
    for file in range(len(sides.files)):
        rows = order[bounds[file] : bounds[file + 1]]
        numbering = _choose_numbering(sides, side_values, spool, values, entries, index, rows, file)
        if numbering is not None:
            chosen[file] = numbering
            found[rows] = index.find(numbering, side_values.own[rows])
        for authority, ids in ((imdb, side_values.imdb[rows]), (tmdb, side_values.tmdb[rows])):
            open_rows = np.flatnonzero((found[rows] == _NONE) & (ids != 0))
            if len(open_rows):
                keys = hash_numbers(ids[open_rows])
                found[rows[open_rows]] = index.find(authority, keys)
    return Matches(found, chosen)


def _choose_numbering(
    sides: RowSpool,
    side_values: RowValues,
    spool: RowSpool,
    values: RowValues,
    entries: Numberings,
    index: _Index,
    rows: Numbers,
    file: int,
) -> int | None:
    """The numbering that the ids of a side table are of; None if they are of no films."""
    own = side_values.own[rows]
    _, first = np.unique(own, return_index=True)
    rows = rows[first][own[first] != 0]
    own = side_values.own[rows]
    if not len(own):
        return None
    side = sides.files[file]
    candidates = []
    for numbering in np.unique(entries.numbering).tolist():
        matched = index.find(numbering, own)
        count = int((matched != _NONE).sum())
        if not count or not _agree(sides, side_values, spool, values, rows, matched):
            continue
        at = entries.numbering == numbering
        of_films = [spool.files[n] for n in np.unique(values.file[entries.row[at]])]
        near = any(other.position == side.position for other in of_films)
        share = max(count / len(own), count / len(np.unique(entries.key[at])))
        if near or share >= _MOST:
            likeness = max(_likeness(side.label, other.label) for other in of_films)
            candidates.append((near, share >= _MOST, likeness, count, -numbering))
    return -max(candidates)[-1] if candidates else None


def _likeness(one: str, two: str) -> int:
    """Number of characters with which both names begin: "hulu_credits.csv", "hulu_titles.csv"."""
    pairs = enumerate(zip(one.casefold(), two.casefold(), strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(two)))


def _agree(
    sides: RowSpool,
    side_values: RowValues,
    spool: RowSpool,
    values: RowValues,
    rows: Numbers,
    matched: Numbers,
) -> bool:
    """Whether nothing says that rows of one id in a side table and in a film are different."""
    at = np.flatnonzero(matched != _NONE)
    if len(at) > _SHOWN_PAIRS:
        at = at[np.linspace(0, len(at) - 1, _SHOWN_PAIRS).astype(np.int64)]
    one, two = rows[at], matched[at]
    for name in ("imdb", "tmdb"):
        share = agreement(getattr(side_values, name)[one], getattr(values, name)[two])
        if share is not None:
            return share >= _MOST
    shares = [
        agreement(_titles(sides, one), _titles(spool, two)),
        agreement(side_values.year[one], values.year[two]),
    ]
    known = [share for share in shares if share is not None]
    return not known or max(known) >= _MOST


def _titles(spool: RowSpool, rows: Numbers) -> Hashes:
    distinct, at = np.unique(rows, return_inverse=True)
    return spool.titles(distinct)[at]


def add_keys(
    values: RowValues, entries: Numberings, matches: Matches, side_values: RowValues
) -> RowValues:
    """Return the numbers of films, with ids of IMDb and TMDB that side tables such as links have.

    Parameters
    ----------
    values, entries
        Numbers and ids of films.
    matches : Matches
        The numberings of the side tables.
    side_values : RowValues
        Numbers of the rows of side tables.
    """
    imdb, tmdb = values.imdb.copy(), values.tmdb.copy()
    for file, numbering in sorted(matches.numbering.items()):
        rows = np.flatnonzero(side_values.file == file)
        if not (side_values.imdb[rows].any() or side_values.tmdb[rows].any()):
            continue
        numbers = np.full(len(rows), numbering, np.int32)
        index = _Index(numbers, side_values.own[rows], rows)
        at = entries.numbering == numbering
        films, keys = entries.row[at], entries.key[at]
        side = index.find(numbering, keys)
        films, side = films[side != _NONE], side[side != _NONE]
        for target, source in ((imdb, side_values.imdb), (tmdb, side_values.tmdb)):
            target[films] = np.where(target[films] == 0, source[side], target[films])
    return replace(values, imdb=imdb, tmdb=tmdb)


def count_matches(sides: RowSpool, side_values: RowValues, films: Numbers) -> list[SideCounts]:
    """Return the numbers of each side table.

    Parameters
    ----------
    sides, side_values
        Rows of side tables, and their numbers.
    films : ndarray of shape (n_side_rows,), int64
        Number of the film of each row; -1 if there is none.
    """
    counts = []
    for n, file in enumerate(sides.files):
        here = films[side_values.file == n]
        matched = here[here != _NONE]
        counts.append(
            SideCounts(file, len(here), len(np.unique(matched)), len(here) - len(matched))
        )
    return counts


def fill(movies: pa.Table, rows: pa.Table) -> pa.Table:
    """Fill the empty cells of films from rows of side tables of the same `movie_id`.

    Lists of several rows are gathered in order without duplicates; of other values the first is
    used.

    Parameters
    ----------
    movies : pa.Table
        Table of MOVIES.
    rows : pa.Table
        Table of MOVIES: rows of side tables, with the ids of the films.

    Examples
    --------
    >>> film = pa.Table.from_pylist([{"movie_id": "1", "title": "Heat"}], MOVIES)
    >>> rows = [{"movie_id": "1", "keywords": ["heist"]}, {"movie_id": "1", "keywords": ["bank"]}]
    >>> fill(film, pa.Table.from_pylist(rows, MOVIES))["keywords"].to_pylist()
    [['heist', 'bank']]
    """
    ids = movies.column("movie_id").to_pylist()
    side_ids = rows.column("movie_id").to_pylist()
    for name in _FILLED:
        column, side = movies.column(name), rows.column(name)
        if side.null_count == len(side):
            continue
        is_list = pa.types.is_list(column.type)
        if not is_list and not column.null_count:
            continue
        values = _gather(side_ids, side.to_pylist(), is_list=is_list)
        cells = [
            values.get(movie_id) if cell is None or cell == [] else cell
            for movie_id, cell in zip(ids, column.to_pylist(), strict=True)
        ]
        position = movies.schema.get_field_index(name)
        movies = movies.set_column(position, MOVIES.field(name), pa.array(cells, column.type))
    return movies


def _gather(ids: Iterable[str], cells: Iterable[object], *, is_list: bool) -> dict[str, object]:
    """Id -> the first value, or all items of the lists."""
    values: dict[str, object] = {}
    lists: dict[str, dict[object, None]] = {}
    for movie_id, cell in zip(ids, cells, strict=True):
        if cell is None:
            continue
        if is_list:
            assert isinstance(cell, list)
            lists.setdefault(movie_id, {}).update(dict.fromkeys(cell))
        else:
            values.setdefault(movie_id, cell)
    return values | {movie_id: list(items) for movie_id, items in lists.items()}
