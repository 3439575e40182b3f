"""Find words and phrases of a lexicon in the words of a text: the index of one language.

A word of a text stands for itself, its lemma and its plain singular, so "boxers" is "boxer", while
"boxing" is never the container "box". The longest phrase that begins at a word counts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from pipeline.label.words.tables import Sense, Tables
from pipeline.label.words.tokens import fold, lemma, words_of

__all__ = ["Matcher", "Phrase"]

_BREAKS = frozenset(
    '.!?\u2026\u0964\u3002\uff01\uff1f:\n"\u201c\u201d\u00ab\u00bb'
)  # a capital may follow
_SPACELESS = frozenset(("ja", "zh"))
_CAPITAL_NOUNS = frozenset(("de",))  # a capital says nothing about names
_PLURALS = {"en": ("s", "es"), "fr": ("s", "x"), "es": ("s", "es"), "pt": ("s", "es")}
_VERB_ENDINGS = ("ed", "ing")  # of English verbs
_TITLES = frozenset(("mr", "mrs", "ms", "dr", "st", "prof", "sr", "jr", "sra", "mme", "m"))
_TITLED = 0.6  # share of capitals from which a text is written like a title
_MOST_CACHED = 200_000  # distinct words of texts
_KATAKANA = "\u30a1-\u30fa\u30fc"


@dataclass(frozen=True)
class _Sense:
    """A subject, its contexts, and whether it is that of a keyword of this word only."""

    subject: str
    contexts: tuple[tuple[str, ...], ...]
    alone: bool


@dataclass(frozen=True)
class Phrase:
    """What a phrase of the lexicon means.

    Attributes
    ----------
    subjects : tuple of str
        English identities.
    senses : tuple of Sense
        Further identities; the text decides about them.
    proper : bool
        Whether it is written with a capital, as "Christmas" is.
    """

    subjects: tuple[str, ...]
    senses: tuple[_Sense, ...]
    proper: bool


class Matcher:
    """The words of one language, indexed.

    Parameters
    ----------
    tables : Tables
        Words by language.
    language : str
        ISO 639-1.
    """

    def __init__(self, tables: Tables, language: str) -> None:
        self.language = language
        self._nouns = frozenset(tables.no_verbs.get(language, ()))
        self._persons = frozenset(tables.kinds.persons)
        own = tables.subjects.get(language, {})
        senses = tables.senses.get(language, {})
        self._phrases = _phrases_of(own, senses, language)
        self._letters = _letters_of(tables.variants.get(language, {}))
        self._pattern = _pattern_of(self._phrases) if language in _SPACELESS else None
        # by the first and the second word; "" for a phrase of one word
        self._index: dict[str, dict[str, list[tuple[str, ...]]]] = {}
        for words in sorted(self._phrases, key=lambda words: (-len(words), words)):
            second = words[1] if len(words) > 1 else ""
            self._index.setdefault(words[0], {}).setdefault(second, []).append(words)
        self._ambiguous = frozenset(
            chain.from_iterable(words for words, own in self._phrases.items() if own.senses)
        )
        contexts = (c for p in self._phrases.values() for own in p.senses for c in own.contexts)
        self._vocabulary = frozenset(chain.from_iterable((*self._phrases, *contexts)))
        self._cache: dict[str, tuple[str, ...]] = {}

    def find(
        self, words: Sequence[str], context: Iterable[str] = (), names: bool = True
    ) -> set[str]:
        """Return the subjects that have a word or phrase in a text.

        Parameters
        ----------
        words : sequence of str
            Words as written, with the signs between them, as `tokens` returns.
        context : iterable of str
            Further words that decide between the senses of ambiguous words.
        names : bool
            Whether words with a capital inside a sentence are taken for names, which mean nothing.
        """
        if self._pattern is not None:
            return self._find_inside(" ".join(words), " ".join(context))
        known = [self._known(word) for word in words]
        hits = [position for position, own in enumerate(known) if own]
        if not hits:
            return set()
        check = names and not _is_titled(words)
        found: set[str] = set()
        after = 0
        for position in hits:
            if position < after:
                continue
            phrase, end = self._longest(known, position)
            if phrase is None:
                continue
            meaning = self._phrases[phrase]
            if check and end - position == 1 and self._is_other(meaning, words, position):
                continue
            after = end
            found.update(meaning.subjects)
            if meaning.senses:
                forms = [*known, (), *map(self._known, context)]
                found.update(
                    _sense_of(meaning, forms, alone=not names and end - position == len(words))
                )
        return found

    def is_plain(self, words: Sequence[str]) -> bool:
        """Return whether a phrase means the same in any context: no word of it has senses."""
        if self._pattern is not None:
            return False
        return all(self._ambiguous.isdisjoint(self._known(word)) for word in words)

    def whole(self, words: Sequence[str]) -> str | None:
        """Return the one subject that all words together mean, or None."""
        if self._pattern is not None:
            text = fold("".join(words)).translate(self._letters)
            meaning = self._phrases.get((text,))
        else:
            known = [self._known(word) for word in words]
            phrase, end = self._longest(known, 0) if known else (None, 0)
            meaning = self._phrases[phrase] if phrase and end == len(words) else None
        if meaning is None or len(meaning.subjects) != 1:
            return None
        return meaning.subjects[0]

    def _find_inside(self, text: str, context: str) -> set[str]:
        """The same in a script without spaces between words."""
        assert self._pattern is not None
        text = fold(text).translate(self._letters)
        found: set[str] = set()
        for match in self._pattern.findall(text):
            meaning = self._phrases[(match,)]
            found.update(meaning.subjects)
            if meaning.senses:
                whole = f"{text} {fold(context).translate(self._letters)}"
                there = {c[0] for own in meaning.senses for c in own.contexts if c[0] in whole}
                found.update(_sense_of(meaning, [tuple(there)], alone=match == text))
        return found

    def _longest(
        self, known: Sequence[tuple[str, ...]], position: int
    ) -> tuple[tuple[str, ...] | None, int]:
        best: tuple[str, ...] | None = None
        following = known[position + 1] if position + 1 < len(known) else ()
        for first in known[position]:
            phrases = self._index.get(first)
            if phrases is None:
                continue
            for second in following:
                for phrase in phrases.get(second, ()):
                    if best is not None and len(phrase) <= len(best):
                        break
                    if len(phrase) == 2 or _stands_at(phrase, known, position):
                        best = phrase
                        break
            if best is None and "" in phrases:
                best = (first,)
        return best, position + len(best or ())

    def _known(self, word: str) -> tuple[str, ...]:
        """The words of the lexicon that a word of a text stands for: itself first."""
        found = self._cache.get(word)
        if found is None:
            plain = fold(word)
            forms = dict.fromkeys((plain, *_singulars(plain, self.language)))
            own = lemma(word, self.language) if plain[:1].isalpha() else plain
            if own not in self._nouns or not plain.endswith(_VERB_ENDINGS):
                forms[own] = None
            if self.language != "en":  # the lemma of a participle may be another one
                forms[lemma(own, self.language)] = None
            found = tuple(form for form in forms if form in self._vocabulary)
            if len(self._cache) >= _MOST_CACHED:
                self._cache.clear()
            self._cache[word] = found
        return found

    def _is_other(self, meaning: Phrase, words: Sequence[str], position: int) -> bool:
        """Whether the first letter shows that a word is a name, or in German that it is no noun."""
        is_capital = words[position][0].isupper()
        if self.language in _CAPITAL_NOUNS:
            return meaning.proper and not is_capital
        if not is_capital or meaning.proper or _begins_sentence(words, position):
            return False
        following = words[position + 1] if position + 1 < len(words) else ""
        is_role = not self._persons.isdisjoint(meaning.subjects)
        return not (is_role and following[:1].isupper())  # "Detective Ada Quill" is one


def _phrases_of(
    subjects: Mapping[str, Collection[str]], senses: Mapping[str, Sequence[Sense]], language: str
) -> dict[tuple[str, ...], Phrase]:
    """All phrases of a language, and those of their dictionary forms that mean nothing else."""
    meant: dict[tuple[str, ...], dict[str, None]] = {}
    proper: set[tuple[str, ...]] = set()
    for subject, words in subjects.items():
        for phrase in (subject, *words) if language == "en" else words:
            parts = _parts(phrase, language)
            if not parts or phrase in senses:
                continue
            meant.setdefault(parts, {})[subject] = None
            if phrase != phrase.lower():
                proper.add(parts)
    found = {parts: Phrase(tuple(own), (), parts in proper) for parts, own in meant.items()}
    for word, own in senses.items():
        choices = tuple(
            _Sense(
                sense.subject,
                tuple(_parts(phrase, language) for phrase in sense.context),
                sense.alone or sense.subject == word,
            )
            for sense in own
        )
        found[_parts(word, language)] = Phrase((), choices, word != word.lower())
    if language == "en" or language in _SPACELESS:
        return found
    for phrase in (*(word for words in subjects.values() for word in words), *senses):
        parts = _parts(phrase, language)
        if parts in found:  # two words of one form, such as a noun and a verb: the first one counts
            found.setdefault(
                tuple(lemma(part, language) for part in words_of(phrase)), found[parts]
            )
    return found


def _letters_of(variants: Mapping[str, str]) -> dict[int, str]:
    """The letter of the lexicon, by the number of another one that stands for it."""
    return {
        ord(letter): own
        for letters, others in variants.items()
        for letter, own in zip(letters, others, strict=True)
    }


def _parts(phrase: str, language: str) -> tuple[str, ...]:
    if language in _SPACELESS:
        return (fold(phrase),)
    return tuple(fold(word) for word in words_of(phrase))


def _pattern_of(phrases: Iterable[tuple[str, ...]]) -> re.Pattern[str]:
    """All phrases, the longest first; one in Katakana is a whole run of such letters."""
    texts = sorted((text for (text,) in phrases), key=lambda text: (-len(text), text))
    kana = re.compile(f"[{_KATAKANA}]+")
    return re.compile(
        "|".join(
            f"(?<![{_KATAKANA}]){text}(?![{_KATAKANA}])"
            if kana.fullmatch(text)
            else rf"\b{text}\b"
            if text.isascii()
            else text
            for text in map(re.escape, texts)
        )
        or "(?!)"
    )


def _singulars(word: str, language: str) -> list[str]:
    endings = _PLURALS.get(language, ())
    return [word[: -len(end)] for end in endings if word.endswith(end) and len(word) > len(end) + 2]


def _stands_at(phrase: Sequence[str], known: Sequence[tuple[str, ...]], position: int) -> bool:
    """Whether a phrase begins at a word of a text; `known` has the forms of each word."""
    return position + len(phrase) <= len(known) and all(
        part in known[position + offset] for offset, part in enumerate(phrase)
    )


def _sense_of(meaning: Phrase, known: Sequence[tuple[str, ...]], *, alone: bool) -> list[str]:
    """The senses whose context is there; else that of a keyword; else those without any."""
    there = {form for forms in known for form in forms}
    fitting = [
        sense.subject
        for sense in meaning.senses
        if any(
            there.issuperset(context)
            and (len(context) == 1 or any(_stands_at(context, known, n) for n in range(len(known))))
            for context in sense.contexts
        )
    ]
    if not fitting and alone:
        fitting = [sense.subject for sense in meaning.senses if sense.alone]
    return fitting or [sense.subject for sense in meaning.senses if not sense.contexts]


def _begins_sentence(words: Sequence[str], position: int) -> bool:
    """Whether a word begins a sentence or phrase; the dot of "Mr." or "J." does not end one."""
    if position == 0:
        return True
    if words[position - 1] not in _BREAKS:
        return False
    before = words[position - 2] if position > 1 else ""
    is_short = before.lower() in _TITLES or (len(before) == 1 and before.isupper())
    return not (words[position - 1] == "." and is_short)


def _is_titled(words: Sequence[str]) -> bool:
    """Whether most words of a text have a capital, which then says nothing."""
    letters = [word for word in words if word[:1].isalpha()]
    return sum(word[0].isupper() for word in letters) > _TITLED * len(letters)
