"""Find overviews that only say that there is none, in any language of the lexicon.

The words are data: `config/lexicon/placeholders.toml`. A sentence is a placeholder if it has only
words of such sentences, so "No plot is available for this film yet" is one, and "No plot against
the king is safe" is not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Flag
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.schemas.words.lexicon_file import read_lexicon

__all__ = ["find_placeholders", "is_placeholder"]

_MOST_WORDS = 30  # of a placeholder; two sentences have about 25
_MOST_CHARS = 250  # of as many words
_FEW_CHARS = 60  # texts that are examined even without a noun
_SHORT = 8  # words of a text in which one may be unknown
_LEAST_REPEATED = 3  # equal characters that are no text: "xxx"
_SHORTEST_STEM = 2
_SENTENCE = re.compile(r"[.!?:;]\s+\S")  # between two
_WORD = re.compile(r"[^\W\d_]+")


class _Role(Flag):
    """What a word may be in a sentence that says there is no overview."""

    FILLER = 1
    NOUN = 2
    WEAK = 4
    NONE = 8
    AVAILABLE = 16
    INVITE = 32


_KEYS = {
    "nouns": _Role.NOUN,
    "weak": _Role.WEAK,
    "none": _Role.NONE,
    "available": _Role.AVAILABLE,
    "invite": _Role.INVITE,
    "filler": _Role.FILLER,
}
_NOTHING = _Role(0)
_ABOUT = _Role.NOUN | _Role.WEAK
_DENIED = _Role.NONE | _Role.INVITE
_EITHER = _Role.NONE | _Role.AVAILABLE


@dataclass(frozen=True)
class _Language:
    """The words of a language; those with an open end are in `stems`."""

    words: dict[str, _Role]
    stems: dict[str, _Role]
    joined: re.Pattern[str] | None  # its words, the longest first; None if spaces separate them

    def role(self, word: str) -> _Role:
        role = self.words.get(word, _NOTHING)
        for end in range(_SHORTEST_STEM, len(word) + 1):
            role |= self.stems.get(word[:end], _NOTHING)
        return role

    def split(self, words: list[str]) -> list[str]:
        """Return the words of a text; where nothing separates them, the longest that are known."""
        if self.joined is None:
            return words
        parts, rest = [], "".join(words)
        while rest:
            match = self.joined.match(rest)
            parts.append(rest[:1] if match is None else match[0])
            rest = rest[len(parts[-1]) :]
        return parts


@dataclass(frozen=True)
class _Lexicon:
    exact: frozenset[str]
    starts: tuple[str, ...]
    languages: tuple[_Language, ...]


def find_placeholders(texts: pa.Array, titles: pa.Array | None = None) -> np.ndarray:
    """Return the positions of the texts that are placeholders.

    Parameters
    ----------
    texts : pa.Array
        Repaired texts, or null.
    titles : pa.Array, optional
        The titles of their films, or null. Without them only sentences with a noun of the lexicon
        are found, as is right for taglines.

    Examples
    --------
    >>> find_placeholders(pa.array(["No overview.", "A thief hides."]), pa.array(["Heat", None]))
    array([0])
    """
    lengths = pc.utf8_length(texts).fill_null(_MOST_CHARS + 1).to_numpy()
    short = np.flatnonzero(lengths <= _MOST_CHARS)
    # The pattern of nouns is slow, so it is not applied to long texts, which are most overviews.
    rows: np.ndarray = short[_matches(texts.take(pa.array(short)), _nouns())]
    if titles is not None:
        few, starts = np.flatnonzero(lengths <= _FEW_CHARS), _matches(texts, _starts())
        rows = np.union1d(np.union1d(rows, few), starts)
    candidates = texts.take(pa.array(rows)).to_pylist()
    named = [None] * len(rows) if titles is None else titles.take(pa.array(rows)).to_pylist()
    found = [is_placeholder(text, title) for text, title in zip(candidates, named, strict=True)]
    return np.compress(found, rows)


def _matches(texts: pa.Array, pattern: str) -> np.ndarray:
    found = pc.match_substring_regex(texts, pattern).fill_null(False)
    return np.flatnonzero(found.to_numpy(zero_copy_only=False))


def is_placeholder(text: str, title: str | None = None) -> bool:
    """Return whether a text is no overview, but says that there is none, or says nothing.

    Parameters
    ----------
    text : str
        A repaired overview.
    title : str, optional
        Title of the film: a text that only repeats it is a placeholder, and its words do not count.

    Examples
    --------
    >>> is_placeholder("Für diesen Film liegt noch keine Beschreibung vor.")
    True
    >>> is_placeholder("No description can prepare a mother for this war.")
    False
    >>> is_placeholder("nan nan nan"), is_placeholder("Heat.", "Heat"), is_placeholder("暂无简介")
    (True, True, True)
    """
    lexicon = _lexicon()
    words = text.split(maxsplit=_MOST_WORDS)
    if len(words) > _MOST_WORDS:
        return _plain_words(text[:99]).startswith(lexicon.starts)
    folded = _WORD.findall(_fold(text))
    plain = " ".join(folded)
    if len(plain) < 2 or plain in lexicon.exact or plain.startswith(lexicon.starts):
        return True
    if len(set(folded)) == 1 and (len(folded) > 1 or _is_repeated(folded[0])):
        return True
    of_title = frozenset(_WORD.findall(_fold(title))) if title else frozenset()
    if of_title and plain == _plain_words(title or ""):
        return True
    named = {number for word in folded for number in _languages_with_noun(word)}
    if not plain.isascii() and any(map(_is_unspaced, folded)):
        named |= _joined_languages()
    sentences = 1 + len(_SENTENCE.findall(text))
    return any(_says_none(lexicon.languages[n], folded, of_title, sentences) for n in named)


def _says_none(
    language: _Language, words: list[str], of_title: frozenset[str], sentences: int
) -> bool:
    parts = language.split(words)
    may_lack = 1 if len(parts) <= _SHORT and sentences == 1 and language.joined is None else 0
    roles = []
    unknown = 0
    for word in parts:
        role = language.role(word)
        roles.append(role)
        if not role and word not in of_title:
            unknown += 1
            if unknown > may_lack:
                return False
    found = _NOTHING
    for role in roles:
        found |= role
    if unknown:  # "No Spanish plot available", but not "The plot of an unknown woman"
        alone = {role & _EITHER for role in roles}
        return bool(found & _Role.NOUN) and {_Role.NONE, _Role.AVAILABLE} <= alone
    if not found & _DENIED:
        return False
    return bool(found & _Role.NOUN or (found & _Role.WEAK and found & _EITHER == _EITHER))


def _is_repeated(word: str) -> bool:
    return len(set(word)) == 1 and len(word) >= _LEAST_REPEATED


def _is_unspaced(word: str) -> bool:
    return any("\u0e00" <= c <= "\u0e7f" or "\u3040" <= c <= "\u9fff" for c in word)


def _languages_with_noun(word: str) -> Iterable[int]:
    whole, starts = _noun_index()
    yield from whole.get(word, ())
    for end in range(_SHORTEST_STEM, len(word) + 1):
        yield from starts.get(word[:end], ())


@cache
def _noun_index() -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """Return the languages in which a word is a noun, by whole word and by stem."""
    index: tuple[dict[str, list[int]], dict[str, list[int]]] = ({}, {})
    for number, language in enumerate(_lexicon().languages):
        for group, words in zip(index, (language.words, language.stems), strict=True):
            for word, role in words.items():
                if role & _ABOUT:
                    group.setdefault(word, []).append(number)
    return index


@cache
def _joined_languages() -> frozenset[int]:
    languages = enumerate(_lexicon().languages)
    return frozenset(n for n, language in languages if language.joined is not None)


def _fold(text: str) -> str:
    """Return the text without case and accents."""
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("\u0131", "i"))
    return "".join(c for c in decomposed if not unicodedata.combining(c) and c != "\u200c")


def _plain_words(text: str) -> str:
    return " ".join(_WORD.findall(_fold(text)))


@cache
def _nouns() -> str:
    """Pattern of RE2 for the texts that contain a noun of the lexicon."""
    words, stems, joined = set[str](), set[str](), set[str]()
    for table in _tables().values():
        for entry in (*table["nouns"], *table["weak"]):
            group = joined if table.get("joined") else stems if entry.endswith("*") else words
            for word in (entry, _fold(entry)):
                group |= {re.escape(part) for part in word.rstrip("*").split()}
    whole, start, anywhere = ("|".join(sorted(group)) for group in (words, stems, joined))
    return rf"(?i)(?:^|\PL)(?:(?:{whole})(?:\PL|$)|{start})|{anywhere}"


@cache
def _starts() -> str:
    """Pattern of RE2 for texts that start like a placeholder, and for those without a letter."""
    starts = "|".join(_lexicon().starts).replace(" ", r"\W+")
    return rf"(?i)^\W*(?:{starts})|^\PL*$"


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=lambda w: -len(w))))


@cache
def _data() -> dict[str, Any]:
    return read_lexicon("placeholders")


def _tables() -> dict[str, dict[str, Any]]:
    """Return the words of each language."""
    tables: dict[str, dict[str, Any]] = _data()["languages"]
    return tables


@cache
def _lexicon() -> _Lexicon:
    data = _data()
    languages = []
    for table in _tables().values():
        joined = bool(table.get("joined"))
        words: dict[str, _Role] = {}
        stems: dict[str, _Role] = {}
        for key, role in _KEYS.items():
            for entry in table[key]:
                group = stems if entry.endswith("*") else words
                parts = _WORD.findall(_fold(entry))
                for word in ["".join(parts)] if joined else parts:
                    group[word] = group.get(word, _NOTHING) | role
        languages.append(_Language(words, stems, _pattern(words) if joined else None))
    return _Lexicon(
        frozenset(map(_plain_words, data["exact"])),
        tuple(map(_plain_words, data["starts"])),
        tuple(languages),
    )
