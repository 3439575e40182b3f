"""Join rows to films: by ids of one numbering, then by title and year.

Two rows of one id are of one film unless titles differ, and years or texts differ too. An id that
one file gives to such rows is no identity there, such as the number of a box of films: its rows
join by title and year, as rows without an id do. Two films of one title and year are one unless
ids, directors or texts say otherwise; see `pipeline.ingest.evidence`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np

from pipeline.ingest.evidence import Description, agrees_strongly, contradicts, unlike
from pipeline.ingest.numbering import Numberings
from pipeline.ingest.spool import Hashes, Numbers, RowValues

__all__ = ["FilmJoins"]

Describe = Callable[[Numbers], dict[int, Description]]

_SAME_YEAR, _NEXT_YEAR, _NO_YEAR = 0, 1, 2
_YEARS_APART = 1  # IMDb and TMDB often differ by a year
_BATCH = 50_000  # rows whose texts are in memory at once
_TITLES_OF_ID = 40  # titles of one id in a file; an id of more is that of no film
_ROWS_OF_ID = 200  # rows of one id in several files that are compared with one another
_ROWS_OF_TITLE = 60  # films of one title that are compared with one another


class FilmJoins:
    """Sets of rows that are one film each.

    Parameters
    ----------
    values : RowValues
        Numbers of the rows.
    titles : ndarray of shape (n_rows,), uint64
        Hashes of comparable titles; 0 if there is none, or it is not needed.
    entries : Numberings
        The ids of the rows.
    order : ndarray of shape (n_rows,), uint64
        A number of each row that does not depend on the order of rows and files.
    describe : callable
        Gives descriptions of rows.
    """

    def __init__(
        self,
        values: RowValues,
        titles: Hashes,
        entries: Numberings,
        order: Hashes,
        describe: Describe,
    ) -> None:
        self._values, self._titles, self._entries = values, titles, entries
        self._order, self._describe = order, describe
        self._parent = np.arange(len(titles), dtype=np.int64)
        self._keyless = (values.own == 0) & (values.imdb == 0) & (values.tmdb == 0)
        self.parted: list[int] = []

    def films(self) -> Numbers:
        """Return the number of a row of the same film, one for each row."""
        parent = self._parent
        while not np.array_equal(parent, above := parent[parent]):
            parent = above
        self._parent = parent
        return parent

    def join_ids(self) -> None:
        """Join rows with the same id in one numbering, unless they are of different films."""
        entries = self._entries
        order = np.lexsort((self._order[entries.row], entries.key, entries.numbering))
        row, key = entries.row[order], entries.key[order]
        numbering = entries.numbering[order]
        new = np.ones(len(row), bool)
        new[1:] = (key[1:] != key[:-1]) | (numbering[1:] != numbering[:-1])
        starts = np.flatnonzero(new)
        sizes = np.diff(np.r_[starts, len(row)])
        group = np.cumsum(new) - 1
        # rows with the title of the first row of their id, the usual case, are joined at once
        first = row[starts][group]
        mixed = np.zeros(len(starts), bool)
        mixed[group[self._titles[row] != self._titles[first]]] = True
        joined = ~mixed[group] & (row != first)
        self._join_all(row[joined], first[joined])
        groups = [row[s : s + n] for s, n in zip(starts[mixed], sizes[mixed], strict=True)]
        shown = [self._one_of_each_title(rows) for rows in groups]
        false = np.zeros(len(row), bool)  # entries whose id is no identity in their file
        at = 0
        for batch in _batches(shown):
            found = self._describe(np.unique(np.concatenate(batch)))
            for n, titles in enumerate(batch, start=at):
                rows = groups[n]
                wrong = np.isin(self._values.file[rows], self._files_of_unlike(titles, found))
                self._join_same_id(rows[~wrong], titles, found)
                start = starts[mixed][n]
                false[start : start + len(rows)] = wrong
                if wrong.any():
                    self.parted.append(int(rows[0]))
            at += len(batch)
        self._drop(order[false])

    def _one_of_each_title(self, rows: Numbers) -> Numbers:
        """A row of each title of an id in each file, as many as decide, in the order of rows."""
        pairs = np.stack([self._values.file[rows].astype(np.uint64), self._titles[rows]], axis=1)
        _, first = np.unique(pairs, axis=0, return_index=True)
        rows = rows[np.sort(first)]
        if len(rows) <= _TITLES_OF_ID:
            return rows
        file = self._values.file[rows]
        enough = [np.flatnonzero(file == n)[: _TITLES_OF_ID + 1] for n in np.unique(file)]
        return rows[np.sort(np.concatenate(enough))]

    def _files_of_unlike(self, rows: Numbers, found: dict[int, Description]) -> list[int]:
        """Files in which an id, given by a row of each title, is that of unlike films."""
        files = []
        for file in np.unique(self._values.file[rows]).tolist():
            here = rows[self._values.file[rows] == file]
            if len(here) > _TITLES_OF_ID or any(
                unlike(found[one], found[two], years_apart=self._years_apart(one, two))
                for one, two in combinations(here[self._titles[here] != 0].tolist(), 2)
            ):
                files.append(file)
        return files

    def _drop(self, positions: Numbers) -> None:
        """Remove entries of ids that are no identity; a row without any other joins by title."""
        if not len(positions):
            return
        entries = self._entries
        stays = np.ones(len(entries.row), bool)
        stays[positions] = False
        self._keyless[np.setdiff1d(entries.row[~stays], entries.row[stays])] = True
        self._entries = replace(
            entries,
            row=entries.row[stays],
            numbering=entries.numbering[stays],
            key=entries.key[stays],
        )

    @property
    def entries(self) -> Numberings:
        """The ids of the rows, without those that are no identity."""
        return self._entries

    def _join_all(self, one: Numbers, two: Numbers) -> None:
        """Join many pairs of rows that have not been joined before."""
        if not len(one):
            return
        from scipy.sparse import coo_matrix  # slow to import
        from scipy.sparse.csgraph import connected_components

        rows = len(self._parent)
        edges = coo_matrix((np.ones(len(one), np.int8), (one, two)), shape=(rows, rows))
        _, label = connected_components(edges, directed=False)
        _, first = np.unique(label, return_index=True)
        self._parent = first[label].astype(np.int64)

    def _join_same_id(self, rows: Numbers, shown: Numbers, found: dict[int, Description]) -> None:
        """Join the rows of an id; of those with one title in a file, `found` describes one."""
        if not len(rows):
            return
        shown = shown[np.isin(shown, rows)]
        files, titles = self._values.file, self._titles
        of_title = {(files[row], titles[row]): int(row) for row in shown}
        for row in rows.tolist():
            self._union(row, of_title[files[row], titles[row]])
        apart = False
        for one, two in combinations(shown[:_ROWS_OF_ID].tolist(), 2):
            if self._is_one_film(one, two, found):
                self._union(one, two)
            else:
                apart = True
        if apart and len({self._find(int(row)) for row in rows}) > 1:
            self.parted.append(int(rows[0]))

    def _is_one_film(self, one: int, two: int, found: dict[int, Description]) -> bool:
        """Whether two rows of one id are of one film."""
        titles = self._titles
        if titles[one] == titles[two] or not (titles[one] and titles[two]):
            return True
        if self._values.file[one] == self._values.file[two]:
            return True  # otherwise the id would be none in this file
        if agrees_strongly(found[one], found[two]):
            return True
        if self._years_apart(one, two):
            return False
        # ids of IMDb and TMDB are those of the whole world: texts say nothing against them
        if any(ids[one] == ids[two] != 0 for ids in (self._values.imdb, self._values.tmdb)):
            return True
        return not contradicts(found[one], found[two])

    def _years_apart(self, one: int, two: int) -> bool:
        first, second = int(self._values.year[one]), int(self._values.year[two])
        return bool(first and second) and abs(first - second) > _YEARS_APART

    def join_titles(self) -> None:
        """Join films of one title and year, if no id, director or text contradicts."""
        films = self.films()
        groups = self._rows_of_titles(films)
        if not groups:
            return
        keys = _Keys(self._entries, np.concatenate(groups), films)
        pairs = [found for rows in groups if (found := self._pairs(rows, films, keys))]
        wanted = [np.unique([row for _, *two in found for row in two]) for found in pairs]
        at = 0
        for batch in _batches(wanted):
            described = self._describe(np.unique(np.concatenate(batch)))
            for found in pairs[at : at + len(batch)]:
                self._join_same_title(found, described, keys)
            at += len(batch)

    def _rows_of_titles(self, films: Numbers) -> list[Numbers]:
        """Rows of each title that several films have, in an order that files do not decide."""
        order = np.lexsort((self._order, self._titles))
        order = order[self._titles[order] != 0]
        titles = self._titles[order]
        new = np.ones(len(order), bool)
        new[1:] = titles[1:] != titles[:-1]
        starts = np.flatnonzero(new)
        group = np.cumsum(new) - 1
        several = np.zeros(len(starts), bool)
        several[group[films[order] != films[order[starts]][group]]] = True
        ends = np.r_[starts[1:], len(order)]
        return [order[a:b] for a, b in zip(starts[several], ends[several], strict=True)]

    def _pairs(self, rows: Numbers, films: Numbers, keys: _Keys) -> list[tuple[int, int, int]]:
        """Pairs of rows that may be one film, the same year first, then the next, then none."""
        years, files, keyless = self._values.year, self._values.file, self._keyless
        pairs = []
        for one, two in combinations(rows[:_ROWS_OF_TITLE].tolist(), 2):
            if files[one] == files[two] and not (keyless[one] or keyless[two]):
                continue  # a file gives two films two ids
            first, second = int(years[one]), int(years[two])
            if first and second and abs(first - second) > _YEARS_APART:
                continue
            if films[one] == films[two] or keys.conflict(int(films[one]), int(films[two])):
                continue
            rank = _SAME_YEAR if first and first == second else _NEXT_YEAR
            pairs.append((rank if first and second else _NO_YEAR, one, two))
        return sorted(pairs, key=lambda pair: pair[0])

    def _join_same_title(
        self, pairs: list[tuple[int, int, int]], found: dict[int, Description], keys: _Keys
    ) -> None:
        files = self._values.file
        strong = {(one, two): agrees_strongly(found[one], found[two]) for _, one, two in pairs}
        # of two films of one title and year, a third row joins the one that it agrees with
        for rank, one, two in sorted(pairs, key=lambda pair: (pair[0], not strong[pair[1:]])):
            a, b = self._find(one), self._find(two)
            if a == b or keys.conflict(a, b):
                continue
            left, right = found[one], found[two]
            if rank == _SAME_YEAR:
                joined = not contradicts(left, right)
            elif rank == _NEXT_YEAR:
                joined = files[one] != files[two] and strong[one, two]
            else:  # only the same text is evidence enough
                joined = left.text == right.text and not contradicts(left, right)
            if joined:
                self._union(a, b)
                keys.merge(a, b, self._find(a))

    def _find(self, row: int) -> int:
        parent = self._parent
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = int(parent[row])
        return row

    def _union(self, one: int, two: int) -> None:
        a, b = self._find(one), self._find(two)
        if a != b:
            low, high = (a, b) if a < b else (b, a)
            self._parent[high] = low


class _Keys:
    """The ids of films in each numbering: films with two ids in one numbering are two films."""

    def __init__(self, entries: Numberings, rows: Numbers, films: Numbers) -> None:
        self._ids: dict[int, dict[int, set[int]]] = {}
        wanted = np.isin(films[entries.row], films[rows])
        for film, numbering, key in zip(
            films[entries.row[wanted]].tolist(),
            entries.numbering[wanted].tolist(),
            entries.key[wanted].tolist(),
            strict=True,
        ):
            self._ids.setdefault(film, {}).setdefault(numbering, set()).add(key)

    def conflict(self, one: int, two: int) -> bool:
        """Whether both have an id in one numbering, and none is the same."""
        first, second = self._ids.get(one, {}), self._ids.get(two, {})
        return any(not first[n] & second[n] for n in first.keys() & second.keys())

    def merge(self, one: int, two: int, film: int) -> None:
        """Give the ids of two films to `film`, one of them."""
        merged: dict[int, set[int]] = {}
        for ids in (self._ids.pop(one, {}), self._ids.pop(two, {})):
            for numbering, keys in ids.items():
                merged.setdefault(numbering, set()).update(keys)
        self._ids[film] = merged


def _batches(groups: list[Numbers]) -> Iterator[list[Numbers]]:
    batch: list[Numbers] = []
    rows = 0
    for group in groups:
        batch.append(group)
        rows += len(group)
        if rows >= _BATCH:
            yield batch
            batch, rows = [], 0
    if batch:
        yield batch
