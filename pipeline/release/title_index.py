"""Finds films and names by what people type: "Title (Year)", without accents, misspelt a little.

Nothing here reads a file; `release` hands it titles and gets row numbers back.
"""

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
_CLOSE = 0.6  # difflib's own threshold: below it a suggestion is noise
_CLOSE_WORD = 0.8  # stricter: words are short
_COMPARED = 50_000  # titles that difflib compares in about half a second


def titled(title: str | None, year: int | None) -> str:
    """`Title (Year)`, or what there is of it."""
    name = title or "(no title)"
    return name if year is None else f"{name} ({year})"


def split_year(text: str) -> tuple[str, int | None]:
    """`("Alien", 1979)` from "Alien (1979)"; the year is None where there is none."""
    found = _WITH_YEAR.fullmatch(text.strip())
    return (found["title"], int(found["year"])) if found else (text.strip(), None)


def plain(text: str) -> str:
    """`text` without case, accents, punctuation and a leading article, to compare it by.

    A text of punctuation alone ("???") keeps it, so that it still names something.
    """
    folded = unicodedata.normalize("NFKD", text).casefold().strip()
    folded = _ARTICLE_LAST.sub("", folded)
    kept = (c if c.isalnum() else " " for c in folded if not unicodedata.combining(c))
    words = " ".join("".join(kept).split())
    return _ARTICLE_FIRST.sub("", words, count=1) or folded


class TitleIndex:
    """Rows by title.

    Parameters
    ----------
    titles, years : of each row, equally long; both may be missing.
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
        """Rows that `text` names, in order; several where it does not tell them apart.

        A final "(1979)" is the year, unless only the whole text is a title. An exact title wins
        over one that differs by case, accents or punctuation.
        """
        title, year = split_year(text)
        rows = self._rows.get(plain(title), [])
        if year is not None:
            rows = [row for row in rows if self._years[row] == year]
        if not rows:
            title, rows = text.strip(), self._rows.get(plain(text), [])
        return [row for row in rows if _same(self._titles[row], title)] or list(rows)

    def suggest(self, text: str, count: int = 5) -> list[int]:
        """At most `count` rows that `text` may have meant, the likeliest first.

        The same title of another year; then titles spelt alike (difflib); then those that hold
        all its words, each of which may be misspelt too, the shortest first.
        """
        title, year = split_year(text)
        wanted = plain(title)
        same = [wanted] if wanted in self._rows else []
        near = difflib.get_close_matches(wanted, self._comparable(wanted), count, _CLOSE)
        words = {self._known_word(word) for word in wanted.split()}
        held = [name for name in self._rows if words and words <= set(name.split())]
        held.sort(key=lambda name: (len(name), name))
        rows = [
            row
            for name in dict.fromkeys([*same, *near, *held[:count]])
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
        # In a large catalogue only titles with the same beginning or a word in common.
        words = {word for word in wanted.split() if len(word) > 3}
        return [n for n in self._rows if n[:2] == wanted[:2] or not words.isdisjoint(n.split())]


def _same(title: str | None, wanted: str) -> bool:
    forms = (unicodedata.normalize("NFC", text).casefold() for text in (title or "", wanted))
    return len(set(forms)) == 1


def _distance(year: int | None, wanted: int | None) -> int:
    if wanted is None:
        return 0
    return 9999 if year is None else abs(year - wanted)
