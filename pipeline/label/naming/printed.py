"""What the printed name of some parts says: its parts without repetitions, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations

from pipeline.label.naming.attributives import attributive, genre_roots, is_compound
from pipeline.label.naming.facet_words import facet_word, facets_in_name
from pipeline.label.naming.forms import form_of
from pipeline.label.naming.other_languages import subject_word
from pipeline.label.naming.vocabulary import PartVocabulary
from pipeline.label.words.genre_nouns import head_genre
from pipeline.label.words.lexicon import lemma
from pipeline.label.words.tokens import words_of
from pipeline.label.words.unspaced import UNSPACED_LANGUAGES
from pipeline.schemas.name_parts import NameParts

__all__ = ["ends_in_form", "fewer_parts", "said_words", "without_repetition"]

_LEAST_SAID = 4  # letters of a subject that the noun of a genre says


def said_words(phrase: str) -> tuple[str, ...]:
    """Return the lemmas of a subject as it stands before a noun.

    Examples
    --------
    >>> said_words("haunted houses"), said_words("father son relationship")
    (('haunt', 'house'), ('father', 'son'))
    """
    return tuple(map(lemma, attributive(phrase).lower().replace("-", " ").split()))


def without_repetition(
    parts: NameParts, vocabulary: PartVocabulary, language: str = "en", extra: str = ""
) -> NameParts:
    """Return the parts that a name states when no word stands there twice.

    What is left out only makes the name more general, so it is true of more films. A subject that a
    genre or facet says already is left out ("war" in "War Films"), and so is a genre that stands
    inside a subject ("World War II Films"). Where one of two subjects contains the other, the
    more general one stays.

    Parameters
    ----------
    parts : NameParts
        Any parts of the vocabulary.
    vocabulary : PartVocabulary
        The parts.
    language : str
        ISO 639-1 of the name.
    extra : str
        Text of a user's file of words.
    """
    facets = facets_in_name(parts.facets, vocabulary, language, extra)
    genres = tuple(dict.fromkeys(parts.genres))[:2]
    every = parts.every_genre and len(genres) == 2
    keys = [vocabulary[number].key for number in genres]
    roots = frozenset().union(*map(genre_roots, keys))
    printed = dict(zip(parts.subjects, parts.words or parts.subjects, strict=True))
    # other languages print the word of the lexicon, whose meaning the English one compares
    shown = printed if language == "en" else {number: number for number in printed}
    texts = {number: vocabulary[word].printed for number, word in shown.items()}
    words = {number: said_words(text) for number, text in texts.items()}
    facet_texts = [facet_word(vocabulary[number].key, "en", extra) or "" for number in facets]
    taken = {tuple(text.lower().split()) for text in facet_texts}
    if any(not own or set(own) <= roots or own in taken for own in words.values()) or any(
        _is_in_form(subject_word(vocabulary[n].key, texts[n], language, extra)[0], key, language)
        for n in words
        for key in keys
        if language != "en"
    ):
        words = {}  # one of the joined subjects is true of all films of the name
    subjects = _distinct(words)
    if every and form_of(tuple(keys), True, language, extra) in (
        form_of((key,), False, language, extra) for key in keys
    ):  # the language has no word for both genres
        genres, every = (_head(genres, vocabulary, extra),), False
        keys = [vocabulary[number].key for number in genres]
    if any(_repeats(words[number], key, every) for number in subjects for key in keys):
        if every or len(genres) == 1:
            repeated = [
                any(_repeats(words[number], key, every) for number in subjects) for key in keys
            ]
            genres = tuple(g for g, own in zip(genres, repeated, strict=True) if not own)
        else:
            genres = ()  # one of two is true; without one of them the other need not be
        every = every and len(genres) == 2
        keys = [vocabulary[number].key for number in genres]
    if every:  # "Crime Dramas": the genre of the noun comes last
        genres = tuple(sorted(genres, key=lambda n: n == _head(genres, vocabulary, extra)))
    form = form_of(tuple(keys), every, "en", extra)
    ordered = sorted(
        subjects,
        key=lambda n: (ends_in_form(words[n], form), is_compound(attributive(texts[n]))),
    )
    return NameParts(tuple(ordered), genres, every, facets, tuple(printed[n] for n in ordered))


def _is_in_form(subject: str, genre: str, language: str) -> bool:
    """Whether the noun of a genre in a language says a subject: "Krieg" in "Kriegsfilme"."""
    noun, word = form_of((genre,), False, language).lower(), subject.lower()
    if language in UNSPACED_LANGUAGES:
        return word in noun
    return len(word) >= _LEAST_SAID and any(own.startswith(word) for own in words_of(noun))


def _head(genres: Sequence[int], vocabulary: PartVocabulary, extra: str) -> int:
    """The genre that takes the end of the name."""
    keys = {vocabulary[number].key: number for number in genres}
    return keys[head_genre(sorted(keys), extra)]


def ends_in_form(words: Sequence[str], form: str) -> bool:
    """Return whether the last of several words is the first one of a form.

    Examples
    --------
    >>> ends_in_form(("civil", "war"), "War Films"), ends_in_form(("war",), "War Films")
    (True, False)
    """
    return len(words) > 1 and words[-1] == lemma(form.replace("-", " ").split()[0])


def _repeats(words: Sequence[str], genre: str, every: bool) -> bool:
    """Whether a genre stands inside a subject, or at its end before another genre.

    At the end before the noun of this genre alone it is one word: "Civil War Films".
    """
    roots = genre_roots(genre)
    return any(word in roots for word in (words if every else words[:-1]))


def _distinct(words: dict[int, tuple[str, ...]]) -> list[int]:
    """The subjects whose words contain those of no other one; of equal ones the first."""
    gone: set[int] = set()
    for one, other in combinations(words, 2):
        if set(words[one]) <= set(words[other]):
            gone.add(other)
        elif set(words[other]) < set(words[one]):
            gone.add(one)
    return [number for number in words if number not in gone]


def fewer_parts(parts: NameParts) -> Iterable[NameParts]:
    """Yield parts of shorter names that are true of the same films, the longest first."""
    for count in range(len(parts.facets) - 1, -1, -1):
        yield replace(parts, facets=parts.facets[:count])
    bare = replace(parts, facets=())
    if parts.every_genre and len(parts.genres) == 2:
        yield replace(bare, genres=parts.genres[1:], every_genre=False)
    elif len(parts.genres) == 2:
        yield replace(bare, genres=())
    yield replace(bare, subjects=(), words=())
    yield NameParts()
