"""What a text says about a film as a film: leads of encyclopaedias, credits, releases, reviews.

"Title is a 1994 horror film directed by ..." stands in nearly every text of some catalogues; it is
form, not the story. The words and patterns are data: `config/lexicon/boilerplate.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from pipeline.label.words.lexicon import is_boilerplate
from pipeline.label.words.stop_words import english_stop_words
from pipeline.schemas.words.genre_words import fold_genre, genre_words
from pipeline.schemas.words.lexicon_file import read_lexicon

__all__ = ["is_form", "story_parts"]

_ENGLISH = frozenset(("is", "was", "are", "were"))
_LEAD = 14  # words between the verb and the noun of a lead at most
_POSSESSIVE = re.compile("['\u2019]s?$")
_YEAR = re.compile(r"(?:18|19|20)\d\d")


@dataclass(frozen=True)
class _Lexicon:
    """The words of `boilerplate.toml`, in lower case."""

    words: frozenset[str]
    alone: frozenset[str]
    copulas: frozenset[str]
    articles: frozenset[str]
    genres: frozenset[str]
    nouns: frozenset[str]
    endings: tuple[str, ...]
    followers: frozenset[str]
    plain: frozenset[str]
    breaks: frozenset[str]
    after_lead: frozenset[str]
    anywhere: tuple[tuple[str, ...], ...]
    credits: re.Pattern[str]


def is_form(term: str) -> bool:
    """Return whether a term is about films as films: it names no theme.

    Parameters
    ----------
    term : str
        A word or phrase in lower case.

    Examples
    --------
    >>> is_form("horror film directed"), is_form("stars"), is_form("rock stars")
    (True, True, False)
    """
    words = [_POSSESSIVE.sub("", word) for word in term.split()]
    lexicon = _lexicon()
    if any(part in lexicon.words for word in words for part in (word, *word.split("-"))):
        return True
    return all(word in lexicon.alone or word in english_stop_words() for word in words)


def story_parts(clause: Sequence[str]) -> Iterator[list[str]]:
    """Yield the parts of a clause that tell the story of a film.

    Parameters
    ----------
    clause : sequence of str
        Words as written.

    Examples
    --------
    >>> lead = "Rust is a 1994 horror film directed by Ina Volk in which a nun hunts ghosts"
    >>> list(story_parts(lead.split()))
    [['a', 'nun', 'hunts', 'ghosts']]
    >>> list(story_parts("Rust is a 2008 American superhero film".split()))
    [['superhero']]
    >>> list(story_parts("A nun hunts ghosts".split()))
    [['A', 'nun', 'hunts', 'ghosts']]
    """
    words = list(clause)
    lead = _find_lead(words)
    if lead is not None:
        yield from _themes_of_lead(words[lead])
        words = words[lead.stop :]
        start = _start_of_story(words, _lexicon().after_lead)
        credit = _credit_in(" ".join(words))
        if credit and start and len(" ".join(words[: start - 1])) >= credit.start():
            start = _start_of_story(words)  # "directed by X, who ..." goes on about the credit
        words = [] if start is None else words[start:]
    while words:
        text = " ".join(words)
        credit = _credit_in(text)
        if credit is None:
            yield words
            return
        before = text[: credit.start()].split()
        if before:
            yield before
        rest = text[credit.end() :].split()
        start = _start_of_story(rest)
        words = [] if start is None else rest[start:]


def _find_lead(words: Sequence[str]) -> slice | None:
    """The words "is a ... film", or None if the clause has no such words."""
    lexicon = _lexicon()
    lower = [word.lower() for word in words]
    for verb, copula in enumerate(lower[:-2]):
        if copula not in lexicon.copulas or lower[verb + 1] not in lexicon.articles:
            continue
        last = min(verb + 2 + _LEAD, len(words))
        dated = False
        found: int | None = None
        for position in range(verb + 2, last):
            dated = dated or words[position][0].isupper() or bool(_YEAR.fullmatch(words[position]))
            word = lower[position]
            if word in lexicon.breaks or word in lexicon.after_lead or (word,) in lexicon.anywhere:
                break
            if _names_films(word, dated=dated) and _ends_there(words, position):
                found = position + 1
        if found is not None:
            return slice(verb, found)
    return None


def _themes_of_lead(lead: Sequence[str]) -> Iterator[list[str]]:
    """The parts of "is a 2008 American superhero film" that are a theme, in English.

    Names, numbers, genres and the words of most leads are none; other languages write the
    adjectives of nations in lower case too.
    """
    if lead[0] not in _ENGLISH:
        return
    part: list[str] = []
    for word in lead[2:]:
        if word[0].islower() and not _is_plain(word):
            part.append(word)
            continue
        if part:
            yield part
        part = []
    if part:
        yield part


def _names_films(word: str, *, dated: bool) -> bool:
    """Whether a word is a noun for films, or a genre after a year or a nationality."""
    lexicon = _lexicon()
    if word.rpartition("-")[2] in lexicon.nouns or word in lexicon.nouns:
        return True
    return word.endswith(lexicon.endings) or (dated and _is_genre(word))


def _ends_there(words: Sequence[str], position: int) -> bool:
    """Whether the noun is not part of a longer one, as in "a film student"."""
    if position + 1 == len(words):
        return True
    following = words[position + 1]
    plain = following.lower()
    lexicon = _lexicon()
    if plain == "of" and not words[position].lower().startswith(("film", "movie")):
        return False  # "a series of murders"
    return (
        not following[0].islower()
        or plain in english_stop_words()
        or plain in lexicon.followers
        or plain in lexicon.nouns
        or any(plain == marker[0] for marker in lexicon.anywhere)
    )


@lru_cache(maxsize=10_000)
def _is_plain(word: str) -> bool:
    """Whether a word of a lead says nothing about a theme: a genre, or what any film may be."""
    lexicon = _lexicon()
    parts = (word, *word.split("-"))
    return (
        any(genre in genre_words().nouns for part in parts for genre in fold_genre(part))
        or any(part in lexicon.plain or part in lexicon.nouns for part in parts)
        or is_form(word)
        or is_boilerplate(word)
    )


@lru_cache(maxsize=10_000)
def _is_genre(word: str) -> bool:
    return any(genre in _lexicon().genres for genre in fold_genre(word))


def _start_of_story(words: Sequence[str], more: frozenset[str] = frozenset()) -> int | None:
    """Position after the first word that begins a story, or None."""
    lower = [word.lower() for word in words]
    for position, word in enumerate(lower):
        if word in more:
            return position + 1
        for marker in _lexicon().anywhere:
            if tuple(lower[position : position + len(marker)]) == marker:
                return position + len(marker)
    return None


def _credit_in(text: str) -> re.Match[str] | None:
    """The first credit in a clause, whose first word may have the capital of a sentence."""
    first = text[:1].lower()
    return _lexicon().credits.search(first + text[1:] if len(first) == 1 else text)


@cache
def _lexicon() -> _Lexicon:
    data = read_lexicon("boilerplate")
    lead, story = data["lead"], data["story"]
    patterns = "|".join(data["credits"]["patterns"])
    return _Lexicon(
        words=frozenset(word for words in data["words"].values() for word in words),
        alone=frozenset(data["alone"]["words"]),
        copulas=frozenset(lead["copulas"]),
        articles=frozenset(lead["articles"]),
        genres=frozenset(lead["genres"]),
        nouns=frozenset(lead["nouns"]),
        endings=tuple(lead["endings"]),
        followers=frozenset(lead["followers"]),
        plain=frozenset(lead["plain"]),
        breaks=frozenset(lead["breaks"]),
        after_lead=frozenset(story["after_lead"]),
        anywhere=tuple(tuple(marker.split()) for marker in story["anywhere"]),
        credits=re.compile(rf"(?<![\w-])(?:{patterns})(?!\w)"),
    )
