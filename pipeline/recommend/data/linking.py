"""Which film of one list is which of another: by the ids of TMDB and IMDb, else by title and year.

A number that both lists have may mean different films, so ids count only where titles or years
agree with them. A title alone is not enough; nor is a title that several films of a year have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from pipeline.sources.parsing.titles import comparable_titles

__all__ = ["FilmList", "Linking", "link_lists"]

_NO_ROW = -1
_AGREEING = 0.5  # share of the links by id that titles or years must agree with
_FAR = 2  # years apart from which films of other titles are not the same
_LOW_SHARE = 0.2  # of the ratings


@dataclass(frozen=True)
class FilmList:
    """Films to be linked.

    Attributes
    ----------
    titles : sequence of (str or None)
        With or without other titles in brackets; the article may stand behind a comma.
    years : sequence of (int or None)
        Year of release.
    ids : Mapping of str to sequence of (str or None)
        "tmdb" and "imdb" -> id of each film, such as "862" and "tt0114709"; "own" -> other ids,
        which link nothing.
    """

    titles: Sequence[str | None]
    years: Sequence[int | None]
    ids: Mapping[str, Sequence[str | None]] = field(default_factory=dict)

    @cached_property
    def keys(self) -> list[tuple[str, ...]]:
        """The comparable titles of each film, the main one first."""
        return [
            tuple(key for key in dict.fromkeys(comparable_titles(title)) if key) if title else ()
            for title in self.titles
        ]


@dataclass(frozen=True)
class Linking:
    """How many films are linked, and by what.

    Attributes
    ----------
    films : int
        Number of films of the first list.
    by_id, by_title : int
        Number of films that are linked by an id, and by title and year.
    have_ids : bool
        Whether films of the first list have ids of TMDB or IMDb.
    other_ids : str or None
        An id of the second list, if its ids are of another kind.
    """

    films: int
    by_id: int
    by_title: int
    have_ids: bool
    other_ids: str | None

    @property
    def linked(self) -> int:
        """Number of linked films."""
        return self.by_id + self.by_title

    def warnings(self, share_of_ratings: float) -> list[str]:
        """Return what a user should know before trusting texts and micro-genres.

        Parameters
        ----------
        share_of_ratings : float
            Share of the ratings whose film is linked, 0 to 1.

        Returns
        -------
        list of str
            Empty if enough ratings have a linked film.

        Examples
        --------
        >>> Linking(8, 0, 0, have_ids=False, other_ids=None).warnings(0.0)[0][:58]
        'none of the 8 films is linked to the release: there is no '
        """
        if share_of_ratings >= _LOW_SHARE:
            return []
        if not self.have_ids:
            cause = "there is no links.csv with ids of TMDB or IMDb"
        elif self.other_ids is not None:
            cause = f"its ids are of another kind than those of links.csv, such as {self.other_ids}"
        else:
            cause = "few films of links.csv are in it"
        if not self.linked:
            return [
                f"none of the {self.films:,} films is linked to the release: {cause}, and no title "
                "agrees with year: recommendations know neither texts nor micro-genres; give a "
                "release of these films, or links.csv (movieId, imdbId, tmdbId)"
            ]
        return [
            f"only {self.linked:,} of {self.films:,} films, with {share_of_ratings:.0%} of the "
            f"ratings, are linked to the release: {cause}; texts and micro-genres of the others "
            "are unknown"
        ]


def link_lists(films: FilmList, others: FilmList) -> tuple[np.ndarray, Linking]:
    """Link the films of a list to those of another.

    Parameters
    ----------
    films, others : FilmList
        Several of `films` may be linked to one of `others` by id, but only one by title.

    Returns
    -------
    rows : ndarray of shape (n,), int64
        Row of each film in `others`; -1 if it is not linked.
    linking : Linking
        How many are linked, and by what.
    """
    rows = np.full(len(films.titles), _NO_ROW, np.int64)
    trusted: set[str] = set()
    known = (one for name in films.ids for one in others.ids.get(name, ()) if one)
    example = None
    if next(known, None) is None:  # ids of neither TMDB nor IMDb
        example = next((one for one in others.ids.get("own", ()) if one), None)
    for authority in ("tmdb", "imdb"):
        ids = films.ids.get(authority, ())
        row_of = {one: row for row, one in enumerate(others.ids.get(authority, ())) if one}
        pairs = [
            (row, row_of[one])
            for row, one in enumerate(ids)
            if one in row_of and rows[row] == _NO_ROW
        ]
        good = [pair for pair in pairs if _agree(films, others, *pair)]
        if len(good) > _AGREEING * len(pairs):
            trusted.add(authority)
            for row, other in good:
                rows[row] = other
        elif pairs:
            example = others.ids[authority][pairs[0][1]]
    by_id = int((rows >= 0).sum())
    _link_titles(films, others, rows, trusted)
    have_ids = any(one for ids in films.ids.values() for one in ids)
    linked = int((rows >= 0).sum())
    foreign = example if have_ids and not trusted else None
    return rows, Linking(len(rows), by_id, linked - by_id, have_ids, foreign)


def _agree(films: FilmList, others: FilmList, row: int, other: int) -> bool:
    """Return False if the titles differ and the years are far apart."""
    if not set(films.keys[row]).isdisjoint(others.keys[other]):
        return True
    year, other_year = films.years[row], others.years[other]
    return bool(year and other_year and abs(year - other_year) <= _FAR)


def _link_titles(films: FilmList, others: FilmList, rows: np.ndarray, trusted: set[str]) -> None:
    """Link what is not linked yet, by a title and a year that one film of each list has."""
    free = np.flatnonzero(rows == _NO_ROW).tolist()
    taken = set(rows[rows >= 0].tolist())
    own = _index(films, free)
    theirs = _index(others, (row for row in range(len(others.titles)) if row not in taken))

    def contradicts(row: int, other: int) -> bool:
        for authority in trusted:
            one, two = films.ids[authority][row], others.ids[authority][other]
            if one and two and one != two:
                return True
        return other in taken

    for apart in (0, 1):
        found: dict[int, set[int]] = defaultdict(set)
        for row in free:
            year = films.years[row]
            if rows[row] != _NO_ROW or not year:
                continue
            for key in films.keys[row]:
                match = _only_match(own[key], theirs.get(key, {}), year, apart)
                if match is not None and not contradicts(row, match):
                    found[match].add(row)
                    break
        for other, candidates in found.items():
            if len(candidates) == 1:  # two films with one match: neither is certain
                rows[candidates.pop()] = other
                taken.add(other)


def _index(films: FilmList, rows: Iterable[int]) -> dict[str, dict[int, list[int]]]:
    """Return comparable title -> year -> rows; year 0 is unknown."""
    index: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        for key in films.keys[row]:
            index[key][films.years[row] or 0].append(row)
    return index


def _only_match(
    own: Mapping[int, list[int]], theirs: Mapping[int, list[int]], year: int, apart: int
) -> int | None:
    """Return the only other film of a title and year; a year apart only if no film shares them."""
    if not apart:
        match = theirs.get(year, [])
        return match[0] if len(match) == 1 and len(own.get(year, [])) == 1 else None
    rows = [(other_year, row) for other_year, found in theirs.items() for row in found]
    if len(rows) != 1 or sum(map(len, own.values())) != 1:
        return None
    return rows[0][1] if abs(rows[0][0] - year) == 1 else None
