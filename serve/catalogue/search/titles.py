"""Titles: exact ones, beginnings, other spellings and typing errors."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import process
from rapidfuzz.distance import OSA

from serve.catalogue.search.analysis import normal_form, normal_text, squeezed

__all__ = ["TitleHit", "TitleIndex"]

_YEAR = re.compile(r"^(?P<title>.*\S)[\s(\[,]+(?P<year>(?:18|19|20)\d\d)[)\]]?$")
_MIN_PREFIX = 5  # letters typed before longer titles count as meant
_MIN_TYPOS = 4  # letters of a title in which typing errors are looked for
_MIN_LIKENESS = 0.74
_MIN_PART = 4  # letters of the part of a title before a colon that counts as a title


@dataclass(frozen=True)
class TitleHit:
    """A film whose title a query is.

    Attributes
    ----------
    row : int
        Its row in movies.parquet, from 0.
    likeness : float
        1 for the same title; else the normalised similarity of both spellings, 0 to 1.
    """

    row: int
    likeness: float


class TitleIndex:
    """The titles of films, in memory.

    Parameters
    ----------
    films : pyarrow.Table
        A table of `RELEASED_MOVIES`.
    """

    def __init__(self, films: pa.Table) -> None:
        titles = films.column("title").combine_chunks().cast(pa.string())
        first_part = pc.list_element(
            pc.split_pattern_regex(pc.fill_null(titles, ""), ":| - | \u2013 "), 0
        )
        normal = normal_form(titles).to_pylist()
        whole = [squeezed(title) for title in normal]
        parts = [squeezed(title) for title in normal_form(first_part).to_pylist()]
        shorter = [
            row
            for row, (title, part) in enumerate(zip(whole, parts, strict=True))
            if len(part) >= _MIN_PART and part != title
        ]
        joined = [title.replace(" ", "") for title in normal]  # with its first article
        longer = [row for row, title in enumerate(whole) if joined[row] != title]
        self._spellings = [
            *whole,
            *(joined[row] for row in longer),
            *(parts[row] for row in shorter),
        ]
        self._rows = np.array([*range(len(whole)), *longer, *shorter], np.int32)
        self._whole = len(whole) + len(longer)
        self._years = pc.fill_null(films.column("year"), 0).to_numpy()
        known = pc.fill_null(films.column("vote_count"), 0).to_numpy()
        popular = pc.fill_null(films.column("popularity"), 0).to_numpy()
        order = np.lexsort((popular, known))
        self._fame = np.empty(len(order), np.int32)  # place by votes, the largest is best known
        self._fame[order] = np.arange(len(order))
        self._by_spelling: dict[str, list[int]] = {}
        for entry, spelling in enumerate(self._spellings):
            if spelling:
                self._by_spelling.setdefault(spelling, []).append(entry)
        self._sorted = sorted(self._by_spelling)

    def find(self, text: str, *, typos: bool = True, limit: int = 10) -> list[TitleHit]:
        """Return the films whose title a text is, the best first.

        Case, accents, punctuation, spaces and the first article do not matter. A year after the
        title selects among films of the same title.

        Parameters
        ----------
        text : str
            A title, or its beginning, such as "interstellar (2014)".
        typos : bool
            Whether titles that are spelt nearly so count.
        limit : int
            Maximum number of films.
        """
        hits = self._find(text, None, typos)
        dated = _YEAR.match(text.strip())
        if dated and not any(hit.likeness == 1 for hit in hits):
            hits = self._find(dated["title"], int(dated["year"]), typos) or hits
        return hits[:limit]

    def sequels(self, named: Sequence[int], rows: np.ndarray) -> np.ndarray:
        """Return whether the title of a film contains the title of a named film.

        Parameters
        ----------
        named : sequence of int
            Rows of movies.parquet.
        rows : ndarray of shape (n_films,), int
            Rows of movies.parquet.

        Returns
        -------
        ndarray of shape (n_films,), bool
        """
        titles = [self._spellings[row] for row in named if len(self._spellings[row]) >= _MIN_PART]
        found = [any(title in self._spellings[row] for title in titles) for row in rows]
        return np.array(found, bool)

    def _find(self, text: str, year: int | None, typos: bool) -> list[TitleHit]:
        wanted = squeezed(normal_text(text))
        if not wanted:
            return []
        entries = {entry: 1.0 for entry in self._by_spelling.get(wanted, ())}
        if len(wanted) >= _MIN_PREFIX:
            for spelling in self._beginning_with(wanted):
                for entry in self._by_spelling[spelling]:
                    entries.setdefault(entry, len(wanted) / len(spelling))
        if typos and len(wanted) >= _MIN_TYPOS and 1.0 not in entries.values():
            for spelling, likeness, _ in process.extract(
                wanted,
                self._sorted,
                scorer=OSA.normalized_similarity,
                score_cutoff=_MIN_LIKENESS,
                limit=10,
            ):
                for entry in self._by_spelling[spelling]:
                    entries[entry] = max(likeness, entries.get(entry, 0.0))
        return self._best(entries, year)

    def _best(self, entries: dict[int, float], year: int | None) -> list[TitleHit]:
        found: dict[int, tuple[float, bool]] = {}
        for entry, likeness in entries.items():
            row = int(self._rows[entry])
            if year is None or self._years[row] == year:
                value = (likeness, entry < self._whole)
                found[row] = max(value, found.get(row, value))
        order = sorted(
            found, key=lambda row: (-found[row][0], not found[row][1], -int(self._fame[row]))
        )
        # a part of a title is not the title
        return [
            TitleHit(row, found[row][0] if found[row][1] else 0.99 * found[row][0]) for row in order
        ]

    def _beginning_with(self, wanted: str) -> list[str]:
        """Return at most 50 spellings that begin with a text and are longer."""
        start = bisect_left(self._sorted, wanted)
        found = []
        for spelling in self._sorted[start : start + 50]:
            if not spelling.startswith(wanted):
                break
            if spelling != wanted:
                found.append(spelling)
        return found
