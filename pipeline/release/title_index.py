"""Finds titles and names by typed text: "Title (Year)", without accents, or misspelt."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property

__all__ = ["TitleIndex", "plain", "split_year", "titled"]

_WITH_YEAR = re.compile(r"(?P<title>.*\S)\s*\(\s*(?P<year>\d{4})\s*\)")
_ARTICLE_FIRST = re.compile(r"(?:the|an|a) (?=.)")
_ARTICLE_LAST = re.compile(r"(?<=.), ?(?:the|an|a)$")
_CLOSE = 0.6  # difflib's default threshold; suggestions below it are mostly wrong
_CLOSE_WORD = 0.8  # stricter, since words are short
_COMPARED = 50_000  # difflib compares this number of titles in about half a second


def titled(title: str | None, year: int | None) -> str:
    """Return `Title (Year)`, without the year if it is None.

    Examples
    --------
    >>> titled("Alien", 1979), titled("Alien", None), titled(None, 1979)
    ('Alien (1979)', 'Alien', '(no title) (1979)')
    """
    name = title or "(no title)"
    return name if year is None else f"{name} ({year})"


def split_year(text: str) -> tuple[str, int | None]:
    """Return title and year of a text such as "Alien (1979)"; the year is None if it is missing.

    Examples
    --------
    >>> split_year("Alien (1979)"), split_year("Alien")
    (('Alien', 1979), ('Alien', None))
    """
    found = _WITH_YEAR.fullmatch(text.strip())
    return (found["title"], int(found["year"])) if found else (text.strip(), None)


def plain(text: str) -> str:
    """Return `text` without case, accents, punctuation and a leading article, for comparison.

    A text of punctuation only, such as "???", is returned unchanged.

    Examples
    --------
    >>> plain("The Submarine: Amélie!"), plain("Piano, The"), plain("???")
    ('submarine amelie', 'piano', '???')
    """
    folded = unicodedata.normalize("NFKD", text).casefold().strip()
    folded = _ARTICLE_LAST.sub("", folded)
    letters = (c if c.isalnum() else " " for c in folded if not unicodedata.combining(c))
    words = " ".join("".join(letters).split())
    return _ARTICLE_FIRST.sub("", words, count=1) or folded


class TitleIndex:
    """Finds rows by their title and year.

    Parameters
    ----------
    titles : sequence of str or None
        Title of each row.
    years : sequence of int or None
        Year of each row, as long as `titles`.

    Examples
    --------
    >>> index = TitleIndex(["Alien", "Aliens"], [1979, 1986])
    >>> index.find("alien (1979)"), index.find("Alien (1986)"), index.suggest("Alein")
    ([0], [], [0, 1])
    """

    def __init__(self, titles: Sequence[str | None], years: Sequence[int | None]) -> None:
        self._titles, self._years = titles, years

    @cached_property
    def _rows(self) -> dict[str, list[int]]:
        rows: dict[str, list[int]] = {}
        for row, title in enumerate(self._titles):
            if title:
                rows.setdefault(plain(title), []).append(row)
        return rows

    def find(self, text: str) -> list[int]:
        """Return the rows that `text` names, ascending; several if it is ambiguous.

        A final "(1979)" is the year, unless only the whole text is a title. An exact title wins
        over a title that differs in case, accents or punctuation.
        """
        title, year = split_year(text)
        rows = self._rows.get(plain(title), [])
        if year is not None:
            rows = [row for row in rows if self._years[row] == year]
        if not rows:
            title, rows = text.strip(), self._rows.get(plain(text), [])
        return [row for row in rows if _same(self._titles[row], title)] or list(rows)

    def suggest(self, text: str, count: int = 5) -> list[int]:
        """Return at most `count` rows with a similar title, the most likely first.

        First the same title with another year, then titles with a similar spelling (difflib), then
        titles that contain all words of `text`, the shortest first. The words may be misspelt.
        """
        title, year = split_year(text)
        wanted = plain(title)
        same = [wanted] if wanted in self._rows else []
        near = difflib.get_close_matches(wanted, self._comparable(wanted), count, _CLOSE)
        words = {self._known_word(word) for word in wanted.split()}
        containing = [name for name in self._rows if words and words <= set(name.split())]
        containing.sort(key=lambda name: (len(name), name))
        rows = [
            row
            for name in dict.fromkeys([*same, *near, *containing[:count]])
            for row in sorted(self._rows[name], key=lambda row: _distance(self._years[row], year))
        ]
        return rows[:count]

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(word for name in self._rows for word in name.split())

    def _known_word(self, word: str) -> str:
        if word in self._words or len(word) < 4:
            return word
        same_start = [known for known in self._words if known[0] == word[0]]
        return next(iter(difflib.get_close_matches(word, sorted(same_start), 1, _CLOSE_WORD)), word)

    def _comparable(self, wanted: str) -> list[str]:
        if len(self._rows) <= _COMPARED:
            return list(self._rows)
        # A large catalogue: only titles with the same first letters or a common word.
        words = {word for word in wanted.split() if len(word) > 3}
        return [n for n in self._rows if n[:2] == wanted[:2] or not words.isdisjoint(n.split())]


def _same(title: str | None, wanted: str) -> bool:
    forms = (unicodedata.normalize("NFC", text).casefold() for text in (title or "", wanted))
    return len(set(forms)) == 1


def _distance(year: int | None, wanted: int | None) -> int:
    if wanted is None:
        return 0
    return 9999 if year is None else abs(year - wanted)
