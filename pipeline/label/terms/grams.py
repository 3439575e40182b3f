"""Words and phrases of texts: what may be a term of a film."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from pipeline.label.words.lexicon import word_set
from pipeline.label.words.stop_words import (
    determiners_of,
    has_contraction,
    is_stop_word,
    split_elision,
    stop_words_of,
)
from pipeline.label.words.tokens import without_particle
from pipeline.label.words.unspaced import UNSPACED_LANGUAGES, nouns_inside
from pipeline.schemas.words.lexicon_file import read_lexicon

__all__ = [
    "clauses",
    "common_nouns_lowered",
    "grams",
    "is_unspaced",
    "noun_phrases",
    "padded",
    "words",
]

# Vowel signs of Indic scripts belong to a word, though they are no letters by themselves.
_LETTERS = r"(?:[^\W_]|[\u0900-\u0963\u0966-\u0dff])+"
_WORD = re.compile(rf"{_LETTERS}(?:['\u2019.-]{_LETTERS})*")
# Scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana, Chinese characters.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
# A full stop, comma or hyphen inside a word does not end a clause; the other marks always do.
_CLAUSE = re.compile(r"[.,]+(?:\W|$)|[;:!?()\[\]\"\u201c\u201d\u2026/\u2013\u2014]+|\s-\s|--+")
_LONGEST = 3  # words of a phrase
# English function words inside a sentence: "killer who steals" is no phrase, "prisoner of war" is.
_BREAKS = word_set(
    """
    although am are be because been being but can could did do does had has have he her hers him his
    how i if is it its me my nor not or our ours she should so than that their theirs them then
    these they this those though unless us was we were what when where which while who whom whose
    why will would you your yours
    """
)


def words(text: str) -> list[str]:
    """Return the words of a text, as written.

    Examples
    --------
    >>> words("The crew's K-19, off Iceland!")
    ['The', "crew's", 'K-19', 'off', 'Iceland']
    """
    return _WORD.findall(text)


def clauses(text: str) -> Iterator[list[str]]:
    """Yield the words of each clause of a text, as written.

    Examples
    --------
    >>> list(clauses("A crew dives; nobody returns."))
    [['A', 'crew', 'dives'], ['nobody', 'returns']]
    """
    for clause in _CLAUSE.split(text):
        tokens = words(clause)
        if tokens:
            yield tokens


def common_nouns_lowered(clause: Sequence[str], language: str) -> Sequence[str]:
    """Return a clause with its nouns in lower case, in a language that writes them with a capital.

    A capital word is a noun, not a name, if a determiner stands before it and its adjectives.

    Parameters
    ----------
    clause : sequence of str
        Words as written.
    language : str
        ISO 639-1.

    Examples
    --------
    >>> common_nouns_lowered("Der junge Polizist aus Kiel".split(), "de")
    ['Der', 'junge', 'polizist', 'aus', 'Kiel']
    """
    determiners = determiners_of(language)
    if not determiners:
        return clause
    lowered = list(clause)
    after_determiner = False
    for position, word in enumerate(clause):
        if word.lower() in determiners:
            after_determiner = True
        elif after_determiner and not word[0].islower():
            lowered[position] = word.lower()
            after_determiner = False
        elif word.lower() in stop_words_of(language):
            after_determiner = False
    return lowered


def grams(tokens: Sequence[str], language: str) -> Iterator[str]:
    """Yield phrases of one to three lower-case words that do not start or end with a stop word.

    In other languages than English no stop word stands inside either: the lemmas of names, which
    leave such words out, are English. In Japanese and Chinese the nouns inside the tokens are
    yielded: see `nouns_inside`. Korean words lose their particles.

    Examples
    --------
    >>> list(grams("a prisoner of war".split(), "en"))
    ['prisoner', 'prisoner of war', 'war']
    """
    if language in UNSPACED_LANGUAGES:
        for token in tokens:
            yield from nouns_inside(token, language)
        return
    if language == "ko":
        tokens = [without_particle(token) for token in tokens]
    if language != "en" and stop_words_of(language):
        tokens = [split_elision(token)[1] for token in tokens]
    roles = [_roles(token, language) for token in tokens]
    for start, (starts, _, _) in enumerate(roles):
        if not starts:
            continue
        for end in range(start + 1, min(start + _LONGEST, len(tokens)) + 1):
            _, continues, ends = roles[end - 1]
            if not continues:
                break
            if ends:
                yield " ".join(tokens[start:end])


def noun_phrases(clause: Sequence[str], lowered: Sequence[str], language: str) -> Iterator[str]:
    """Yield words and pairs of words of a clause that stand where a noun phrase stands.

    Parameters
    ----------
    clause, lowered : sequence of str
        Words as written, and as `common_nouns_lowered` returns them.
    language : str
        ISO 639-1. Where nouns have a capital, only they count; in Japanese and Chinese all terms,
        in Korean the words with a particle. Else a phrase stands between a determiner, or in
        languages without articles a preposition, and a function word or the end of the clause.
        Nothing in other languages.

    Examples
    --------
    >>> clause = "to marry the shy baker who is a spy".split()
    >>> list(noun_phrases(clause, clause, "en"))
    ['shy baker', 'baker', 'spy']
    >>> clause = "Der junge Polizist aus Kiel".split()
    >>> list(noun_phrases(clause, common_nouns_lowered(clause, "de"), "de"))
    ['polizist']
    """
    if determiners_of(language):
        for position, word in enumerate(lowered):
            if word != clause[position]:
                yield word
        return
    if language in UNSPACED_LANGUAGES:
        yield from grams(lowered, language)
        return
    if language == "ko":
        yield from (bare for word in clause if (bare := without_particle(word)) != word)
        return
    markers = _noun_markers().get(language)
    if markers is None:
        return
    stops = stop_words_of(language)
    last = len(clause) - 1
    for position, word in enumerate(clause):
        if word.lower() not in markers:
            continue
        for end in (position + 1, position + 2):
            if end > last or not clause[end][0].islower() or clause[end] in markers:
                break
            if end == last or clause[end + 1] in stops:
                yield " ".join(clause[position + 1 : end + 1])
                if end > position + 1 and language in _noun_last():
                    yield clause[end]


def padded(text: str) -> str:
    """Return lower-case words with one space around each, so that a phrase matches whole words."""
    plain = map(without_particle, words(text.lower()))
    separate = (part for word in plain for part in split_elision(word) if part)
    return f" {' '.join(separate)} "


def is_unspaced(term: str) -> bool:
    """Return whether a term has letters of a script without spaces between words.

    Examples
    --------
    >>> is_unspaced("\u602a\u7363"), is_unspaced("monster")
    (True, False)
    """
    return _UNSPACED.search(term) is not None


@lru_cache(maxsize=50_000)
def _roles(word: str, language: str) -> tuple[bool, bool, bool]:
    """Whether a word starts a phrase, stands inside one, and ends one."""
    foreign = frozenset() if language == "en" else stop_words_of(language)
    long = len(word) > 2 or _short_script(word)
    stops = is_stop_word(word)
    starts = _is_lower(word) and long and not stops and word not in foreign
    # "killer who", "ghost isn't": a pronoun, or a verb without meaning, stands in no phrase
    breaks = has_contraction(word) or word in _BREAKS or word in foreign
    return starts, (_is_lower(word) or word.isdigit()) and not breaks, long and not stops


def _is_lower(word: str) -> bool:
    """Whether a word has no capital: a name has one, in scripts that have capitals."""
    first = word[0]
    if first.islower():
        return True
    cased = first.isupper() or first.istitle()
    return first.isalpha() and not cased and _UNSPACED.match(first) is None


def _short_script(word: str) -> bool:
    """Whether two letters may be a word of meaning, as in Korean or Hindi."""
    return len(word) == 2 and word[0] > "\u0900"


@cache
def _noun_last() -> frozenset[str]:
    """Languages in which the last word of a noun phrase is the noun."""
    return frozenset(read_lexicon("noun_markers")["order"]["noun_last"])


@cache
def _noun_markers() -> dict[str, frozenset[str]]:
    return {
        code: frozenset(own) for code, own in read_lexicon("noun_markers")["determiners"].items()
    }
