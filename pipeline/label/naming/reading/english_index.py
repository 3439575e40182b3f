"""The phrases of English names, by their lemmas: forms, facets and subjects."""

from __future__ import annotations

import re
from itertools import permutations

from pipeline.label.naming.attributives import attributive
from pipeline.label.naming.facet_words import facet_word
from pipeline.label.naming.forms import form_of
from pipeline.label.naming.vocabulary import PartVocabulary
from pipeline.label.words.genre_nouns import head_genre
from pipeline.label.words.lexicon import lemma
from pipeline.schemas.words.genre_words import genre_words

__all__ = ["NameIndex", "name_tokens"]

_Words = tuple[str, ...]
_WORD = re.compile(r"&|[^\W_]+(?:['\u2019.][^\W_]+)*")
_HYPHEN = re.compile(r"[^\W_]-$")
_FILMS = ("film", "movie", "story", "tale", "picture", "cinema")


def name_tokens(name: str) -> tuple[list[str], list[bool]]:
    """Return the lemmas of a name, and for each whether a hyphen stands before it.

    Examples
    --------
    >>> name_tokens("Ghosts and Haunted-House Horror")
    (['ghost', '&', 'haunt', 'house', 'horror'], [False, False, False, True, False])
    """
    found = list(_WORD.finditer(name))
    inside = [bool(_HYPHEN.search(name[: match.start()])) for match in found]
    words = (match.group().lower() for match in found)
    return ["&" if word == "and" else _plain(word) for word in words], inside


class NameIndex:
    """Phrases of a vocabulary as the keys of dictionaries; each key is a tuple of lemmas.

    Parameters
    ----------
    vocabulary : PartVocabulary
        The parts.
    extra : str
        Text of a user's file of words.

    Attributes
    ----------
    forms : dict of tuple of str to (tuple of int, bool)
        Genres and `every_genre`.
    other_forms : frozenset of tuple of str
        Forms that no name prints: "Western Films", "Crime Story".
    facets : dict of tuple of str to int
        Number of the facet; a country precedes its language.
    subjects : dict of tuple of str to (int, int)
        Number of the subject, and of the word that a name prints for it.
    printed : frozenset of tuple of str
        The subjects in the words in which names print them.
    longest_form : int
        Words of the longest form.
    """

    def __init__(self, vocabulary: PartVocabulary, extra: str = "") -> None:
        self.forms, self.other_forms = _forms(vocabulary, extra)
        self.facets: dict[_Words, int] = {}
        for part in sorted(vocabulary.facets, key=lambda part: part.key):  # country, language
            word = facet_word(part.key, "en", extra)
            if word:
                self.facets.setdefault(_key(word), part.number)
        self.subjects: dict[_Words, tuple[int, int]] = {}
        own = [*vocabulary.subjects, *vocabulary.words]
        for part in own:
            self._add(attributive(part.printed), part.same_as, part.number)
        for part in own:
            for text in (part.printed, part.key):
                self._add(text, part.same_as, part.number)
        self.printed = frozenset(self.subjects)
        for part in own:
            for text in part.terms:
                self._add(text, part.same_as, part.same_as)
        self.longest_form = max(map(len, self.forms), default=0)

    def _add(self, text: str, subject: int, word: int) -> None:
        key = _key(text)
        if key:
            self.subjects.setdefault(key, (subject, word))


def _forms(
    vocabulary: PartVocabulary, extra: str
) -> tuple[dict[_Words, tuple[tuple[int, ...], bool]], frozenset[_Words]]:
    numbers = {part.key: part.number for part in vocabulary.genres}
    forms: dict[_Words, tuple[tuple[int, ...], bool]] = {}
    for genre, number in numbers.items():
        forms.setdefault(_key(form_of((genre,), False, "en", extra)), ((number,), False))
    for pair in permutations(numbers, 2):
        both = tuple(numbers[genre] for genre in pair)
        forms.setdefault(_key(form_of(pair, False, "en", extra)), (both, False))
        if head_genre(pair, extra) == pair[1]:
            forms.setdefault(_key(form_of(pair, True, "en", extra)), (both, True))
    printed = frozenset(forms)
    for genre, number in numbers.items():  # nouns of older releases, and plain labels
        for text in (genre, genre_words().nouns.get(genre, genre)):
            forms.setdefault(_key(text), ((number,), False))
    for key, form in list(forms.items()):
        forms.update({(*key, word): form for word in _FILMS[:2] if (*key, word) not in forms})
        if key[-1] == "film":
            forms.setdefault((*key[:-1], "movie"), form)
    other = frozenset(forms) - printed
    forms.update({(word,): ((), False) for word in _FILMS})
    return forms, other


def _key(text: str) -> _Words:
    return tuple(name_tokens(text)[0])


def _plain(word: str) -> str:
    return lemma(word.replace("\u2019", "'"))
