"""English subjects in a sentence: "films about haunted houses", "about kung fu"."""

from __future__ import annotations

from functools import lru_cache

from pipeline.label.naming.attributives import attributive, nations
from pipeline.label.naming.capitals import SMALL_WORDS, title_case
from pipeline.label.naming.patterns import english_rules
from pipeline.label.words.lexicon import lemma

__all__ = ["in_sentence"]


@lru_cache(maxsize=10_000)
def in_sentence(phrase: str) -> str:
    """Return a subject as it stands after "films about": plural where it can be counted.

    Parameters
    ----------
    phrase : str
        A keyword, or the printed form of a subject.

    Examples
    --------
    >>> [in_sentence(phrase) for phrase in ("haunted house", "kung fu", "spy", "boxing", "wolves")]
    ['haunted houses', 'kung fu', 'spies', 'boxing', 'wolves']
    >>> [in_sentence(phrase) for phrase in ("father son relationship", "world war ii", "gay theme")]
    ['fathers and sons', 'World War II', 'gay life']
    >>> in_sentence("future"), in_sentence("post-apocalyptic future")
    ('the future', 'the post-apocalyptic future')
    """
    plurals = english_rules().plurals
    text = attributive(phrase)
    if text.lower() in plurals:
        return plurals[text.lower()]
    if phrase.lower().endswith(("relationship", "relationships")):
        return _of_relationship(phrase, text)
    if text.lower() in _LIVES:
        return f"{_with_names(text)} life"
    if text.count("-") > 1:  # "rags-to-riches"
        return text.replace("-", " ")
    return _counted(text.split())


def _of_relationship(phrase: str, persons: str) -> str:
    """The two persons, or the phrase itself if it names no two."""
    words = persons.split("-")
    if len(words) == 2 and all(word in english_rules().relatives for word in words):
        return " and ".join(_plural(word) for word in words)
    return _with_names(f"{phrase.removesuffix('s')}s")


def _counted(words: list[str]) -> str:
    """Words with the last one in the plural, where it has one."""
    text = " ".join(words)
    if words[1:] and words[-1].lower() == "war" and _names(words):
        return f"the {title_case(text)}"
    if words and not any(word in SMALL_WORDS for word in words) and _counts(text):
        last = _plural(words[-1])
        article = "the " if last.startswith("the ") else ""  # "the post-apocalyptic future"
        text = article + " ".join([*words[:-1], last.removeprefix(article)])
    return _with_names(text)


_LAST_PARTS = ("man", "wife", "wolf", "child")  # of words that are written together
# Adjectives that stand for a way of life.
_LIVES = frozenset(("gay", "lesbian", "lgbt", "lgbtq", "queer"))


def _counts(text: str) -> bool:
    """Whether a subject can be counted, as far as its last word says."""
    rules = english_rules()
    lower = text.lower()
    last = lower.split()[-1]
    if lower not in rules.uncountable and _irregular(last):
        return True
    return not (
        lower in rules.uncountable
        or last in rules.uncountable
        or last.endswith(rules.endings)
        or last in rules.proper
        or last in nations()
        or last in rules.plural
        or last != last.strip("0123456789")
        or text[:1].isupper()
        or (last.endswith("s") and not last.endswith(("ss", "us", "is")))
        or not _is_noun_like(last)
    )


def _is_noun_like(word: str) -> bool:
    """Whether a dictionary of lemmas knows a plural of the word."""
    return lemma(_plural(word)) == word


def _plural(word: str) -> str:
    lower = word.lower()
    if (found := _irregular(lower)) is not None:
        return found
    if lower.endswith("y") and lower[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    if lower.endswith(("s", "x", "z", "ch", "sh")):
        return f"{word}es"
    return f"{word}s"


def _irregular(word: str) -> str | None:
    """An irregular plural, of the word or of its last part: "housewives", "gunmen"."""
    plurals = english_rules().plurals
    if word in plurals:
        return plurals[word]
    last = next((end for end in _LAST_PARTS if word.endswith(end)), None)
    return None if last is None else word.removesuffix(last) + plurals[last]


def _names(words: list[str]) -> bool:
    """Whether one of the words is part of a name."""
    return any(word.lower() in english_rules().proper | nations() for word in words)


def _with_names(text: str) -> str:
    """A phrase with capitals for names and acronyms only."""
    cased = title_case(text).split()
    proper = english_rules().proper | nations()
    return " ".join(
        own if own.isupper() or word.lower() in proper else word
        for word, own in zip(text.split(), cased, strict=True)
    )
