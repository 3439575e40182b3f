"""Read names in other languages than English: their phrases as they are printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

from pipeline.label.naming.facet_words import facet_word, in_order
from pipeline.label.naming.forms import form_of
from pipeline.label.naming.other_languages import subject_word
from pipeline.label.naming.patterns import naming_data
from pipeline.label.naming.vocabulary import PartVocabulary
from pipeline.label.words.genre_nouns import generic_noun, head_genre
from pipeline.label.words.stop_words import stop_words_of
from pipeline.label.words.tables import read_tables
from pipeline.label.words.tokens import fold
from pipeline.schemas.name_parts import NameParts

__all__ = ["scan_name"]

_SPACELESS = ("ja", "zh")
_SMALL_SIGNS = frozenset("\u306e\u306a\u4e0e\u548c\u7684")  # of, and


@dataclass(frozen=True)
class _Phrases:
    """Folded phrases of the names of one language."""

    forms: dict[str, tuple[tuple[int, ...], bool]]
    facets: dict[str, int]
    subjects: dict[str, tuple[int, int]]


def scan_name(
    name: str, vocabulary: PartVocabulary, language: str, extra: str = ""
) -> NameParts | None:
    """Return the parts that a name in another language than English states.

    Parameters and result are those of `parse_name`. Words are read in the inflection in which names
    print them.
    """
    phrases = _phrases(vocabulary, language, extra)
    text = fold(name).replace("& -", "& ")
    for form in sorted(phrases.forms, key=lambda form: (-len(form), form)):
        for start in _places(text, form, language):
            rest = f"{text[:start]}\n{text[start + len(form) :]}"
            found = _read(rest, phrases, language)
            if found is not None:
                subjects, words, facets = found
                return NameParts(
                    tuple(subjects),
                    *phrases.forms[form],
                    in_order(facets, vocabulary),
                    tuple(words),
                )
    return None


def _places(text: str, form: str, language: str) -> Iterator[int]:
    """Where a form stands in a name, as whole words."""
    start = text.find(form)
    while start >= 0:
        if language in _SPACELESS or (_ends(text, start + len(form)) and _begins(text, start)):
            yield start
        start = text.find(form, start + 1)


def _read(
    text: str, phrases: _Phrases, language: str
) -> tuple[list[int], list[int], list[int]] | None:
    subjects: dict[int, int] = {}
    facets: list[int] = []
    position = 0
    while position < len(text):
        if not _is_letter(text[position]):
            position += 1
            continue
        phrase = _longest(text, position, phrases, language)
        if phrase in phrases.facets:
            facets.append(phrases.facets[phrase])
        elif phrase:
            subjects.setdefault(*phrases.subjects[phrase])
        else:
            phrase = _small_word(text, position, language)
            if not phrase:
                return None
        position += len(phrase)
    return list(subjects), list(subjects.values()), facets


def _longest(text: str, position: int, phrases: _Phrases, language: str) -> str:
    whole = language not in _SPACELESS
    for length in range(min(len(text) - position, 60), 0, -1):
        phrase = text[position : position + length]
        known = phrase in phrases.facets or phrase in phrases.subjects
        if known and (not whole or _ends(text, position + length)):
            return phrase
    return ""


def _small_word(text: str, position: int, language: str) -> str:
    """A function word at a position, or ""."""
    if language in _SPACELESS:
        return text[position] if text[position] in _SMALL_SIGNS else ""
    end = position
    while not _ends(text, end):
        end += 1
    word = text[position:end]
    return word if word in stop_words_of(language) or len(word) == 1 else ""


def _is_letter(letter: str) -> bool:
    return letter.isalnum() or "\u0900" <= letter <= "\u0963"  # signs of vowels in Devanagari


def _begins(text: str, start: int) -> bool:
    return start == 0 or not _is_letter(text[start - 1])


def _ends(text: str, end: int) -> bool:
    return end >= len(text) or not _is_letter(text[end])


@lru_cache(maxsize=4)
def _phrases(vocabulary: PartVocabulary, language: str, extra: str) -> _Phrases:
    forms: dict[str, tuple[tuple[int, ...], bool]] = {}
    numbers = {part.key: part.number for part in vocabulary.genres}
    for genre, number in numbers.items():
        forms.setdefault(fold(form_of((genre,), False, language, extra)), ((number,), False))
    for pair in permutations(numbers, 2):
        both = tuple(numbers[genre] for genre in pair)
        forms.setdefault(fold(form_of(pair, False, language, extra)), (both, False))
        if head_genre(pair, extra) == pair[1]:
            forms.setdefault(fold(form_of(pair, True, language, extra)), (both, True))
    forms.setdefault(fold(generic_noun("films", language, extra)), ((), False))
    forms.setdefault(fold(generic_noun("stories", language, extra)), ((), False))
    facets: dict[str, int] = {}
    decade = naming_data()["decades"].get(language)
    for part in sorted(vocabulary.facets, key=lambda part: part.key):
        if decade and part.key.startswith("decade:"):
            words = [decade.format(form="", year=part.key[7:])]
        else:
            words = (facet_word(part.key, language, extra) or "").split("|")
        for word in words:
            if word:
                facets.setdefault(fold(word).strip("- "), part.number)
    subjects: dict[str, tuple[int, int]] = {}
    linking = read_tables(extra).linking.get(language, {})
    for part in (*vocabulary.subjects, *vocabulary.words):
        key = vocabulary[part.same_as].key
        word = subject_word(key, part.printed, language, extra)[0]
        for text in (word, linking.get(word, word), part.printed):
            subjects.setdefault(fold(text), (part.same_as, part.number))
    return _Phrases(forms, facets, subjects)
