"""Genre labels as catalogues write them, and the genres that they mean.

The released column `genres` keeps the labels of the catalogue. Wherever genres are compared or
printed as the noun of a name, labels are folded: "Horror Movies", "Horrorfilm" and "恐怖片" are the
genre Horror of TMDB. The words are data: `config/lexicon/genres.toml`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from pipeline.schemas.words.lexicon_file import read_lexicon

__all__ = ["GenreWords", "fold_genre", "fold_genres", "genre_words"]

_SEPARATOR = re.compile(r"[&/+|,;\u3001\u30fb\u00b7\u2022\uff0f]|\s[-\u2013\u2014]\s")
_MARKS = re.compile("[\u0300-\u036f]")
_POSSESSIVE = re.compile(r"['\u2019\u02bc`\u00b4](?:s\b|(?=\s|$))")
_COMPOUND = ("filmen", "filme", "films", "film", "serien", "serie")  # of one word with a genre
_LONGEST = 4  # words of a phrase of the lexicon
_SHORTEST_PART = 4  # letters of each part of a compound; two in scripts without spaces


@dataclass(frozen=True)
class GenreWords:
    """The lexicon of genre labels.

    Attributes
    ----------
    nouns : dict of str to str
        The noun at the end of a name, by genre.
    forms : frozenset of str
        Genres that say how films are made or for whom, such as Animation.
    meanings : dict of str to tuple of str
        The genres that a word or phrase means, by its folded words joined with spaces.
    filler : frozenset of str
        Folded words that say nothing about the genre in a label, such as "movies".
    endings : tuple of str
        Such words in scripts without spaces, written at the end of a word.
    heads : tuple of str
        Folded genres that stand at the end of longer words, such as "thriller".
    generic : frozenset of str
        Folded labels that name no genre, such as "international".
    """

    nouns: dict[str, str]
    forms: frozenset[str]
    meanings: dict[str, tuple[str, ...]]
    filler: frozenset[str]
    endings: tuple[str, ...]
    heads: tuple[str, ...]
    generic: frozenset[str]


@cache
def genre_words() -> GenreWords:
    """Return the lexicon of `config/lexicon/genres.toml`, read once."""
    data = read_lexicon("genres")
    meanings: dict[str, tuple[str, ...]] = {}
    for genre in data["nouns"]:
        meanings[" ".join(_words(genre))] = (genre,)
    for language in data["words"].values():
        for genre, words in language.items():
            for word in words:
                key = " ".join(_words(word))
                known = meanings.get(key, ())
                meanings[key] = known if genre in known else (*known, genre)
    return GenreWords(
        dict(data["nouns"]),
        frozenset(data["form"]["genres"]),
        meanings,
        frozenset(word for item in data["filler"]["words"] for word in _words(item)),
        tuple(_fold(ending) for ending in data["filler"]["endings"]),
        tuple(_fold(head) for head in data["filler"]["heads"]),
        frozenset(" ".join(_words(label)) for label in data["generic"]["labels"]),
    )


@lru_cache(maxsize=20_000)
def fold_genre(label: str) -> tuple[str, ...]:
    """Return the genres that a label means.

    Parameters
    ----------
    label : str
        A genre as a catalogue writes it, in one of the languages of the lexicon.

    Returns
    -------
    tuple of str
        Genres as TMDB writes them in English (and "Biography", "Film-Noir", "Musical", "Short" and
        "Sport" of IMDb), distinct, in the order of the label. The label itself, with capitals, if
        it means none of them; nothing if it only says that a film is a film, or where it is from.

    Examples
    --------
    >>> fold_genre("Horror Movies"), fold_genre("Sci-Fi & Fantasy"), fold_genre("Liebesfilm")
    (('Horror',), ('Science Fiction', 'Fantasy'), ('Romance',))
    >>> fold_genre("kung fu"), fold_genre("International Movies")
    (('Kung Fu',), ())
    """
    found: dict[str, None] = {}
    parts = [_words(part) for part in _SEPARATOR.split(label)]
    for part in parts:
        found.update(dict.fromkeys(_genres_of(part)))
    if found:
        return tuple(found)
    if _is_generic(_words(label)) or all(map(_is_generic, parts)):
        return ()
    tidy = " ".join(label.split())
    written_with_capitals = any(c.isupper() for c in tidy[1:]) and not tidy.isupper()
    return (tidy if written_with_capitals else _titled(tidy),)


def fold_genres(labels: Iterable[str] | None) -> list[str]:
    """Return the distinct genres that the labels of a film mean, in their order.

    Examples
    --------
    >>> fold_genres(["Crime TV Shows", "krimi", "TV Dramas"])
    ['Crime', 'Drama']
    """
    return list(dict.fromkeys(genre for label in labels or () for genre in fold_genre(label)))


def _is_generic(words: Sequence[str]) -> bool:
    """Whether a part of a label names no genre: filler, or where a film is from."""
    lexicon = genre_words()
    plain = [word for word in words if word not in lexicon.filler]
    if not any(c.isalpha() for word in plain for c in word):
        return True
    return {" ".join(plain), " ".join(words)} & lexicon.generic != set() or all(
        word in lexicon.generic for word in plain
    )


def _genres_of(words: Sequence[str]) -> list[str]:
    """The genres of one part of a label, whose first or last word of meaning names a genre.

    The head of a label is its last word in English ("Psychological Thriller"), its first one in
    French ("Drame historique"); a genre in the middle of a longer label is no genre of the film.
    """
    meanings: list[tuple[str, ...]] = list(_meanings(words))
    if not meanings or not (meanings[0] or meanings[-1]):
        return []
    return [genre for own in meanings for genre in own]


def _meanings(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The genres of each word or phrase in turn; none for an unknown word, filler left out."""
    lexicon = genre_words()
    start = 0
    while start < len(words):
        for end in range(min(start + _LONGEST, len(words)), start, -1):
            own = _look_up(" ".join(words[start:end]))
            if own:
                yield own
                start = end
                break
        else:
            word = words[start]
            if word not in lexicon.filler:
                yield _compound(word)
            start += 1


def _look_up(phrase: str) -> tuple[str, ...]:
    """The genres of a phrase, or of its singular."""
    meanings = genre_words().meanings
    if phrase in meanings:
        return meanings[phrase]
    if phrase.endswith("ies") and f"{phrase[:-3]}y" in meanings:
        return meanings[f"{phrase[:-3]}y"]
    for ending in ("s", "es"):
        if phrase.endswith(ending) and phrase[: -len(ending)] in meanings:
            return meanings[phrase[: -len(ending)]]
    return ()


def _compound(word: str) -> tuple[str, ...]:
    """The genres of a word made of several, such as "Kriegsfilm", "Liebesdrama" or "爱情喜剧片"."""
    lexicon = genre_words()
    for ending in (*_COMPOUND, *lexicon.endings):
        stem = word.removesuffix(ending)
        if stem and stem != word:
            own = _look_up(stem) or _halves(stem)
            if own:
                return own
    halves = _halves(word)
    if halves:
        return halves
    return next((_look_up(head) for head in lexicon.heads if word.endswith(head)), ())


def _halves(word: str) -> tuple[str, ...]:
    least = _SHORTEST_PART if word[0] < "\u2e80" else 2
    for cut in range(least, len(word) - least + 1):
        first, second = _look_up(word[:cut]), _look_up(word[cut:])
        if first and second:
            return tuple(dict.fromkeys(first + second))
    return ()


def _words(text: str) -> list[str]:
    """Folded words; the parts of a hyphenated word are words, a possessive ending is left out."""
    plain = _POSSESSIVE.sub("", _fold(text))
    return [word for word in re.split(r"[\s\-\u2010-\u2015.()\[\]\"'\u2019:!?]+", plain) if word]


def _fold(text: str) -> str:
    """Text without case, accents and widths: "Épouvante" as "epouvante"."""
    wide = unicodedata.normalize("NFKC", text).casefold()
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", wide))
    return unicodedata.normalize("NFC", plain)


def _titled(label: str) -> str:
    return " ".join(word[:1].upper() + word[1:].lower() for word in label.split())
