"""Whether a term of a text is a noun or a noun phrase."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from pipeline.schemas.words.lexicon_file import read_lexicon

__all__ = ["is_no_noun", "is_noun_phrase"]

_NOUNS = ("NN", "NNS")
_BEFORE_NOUNS = ("NN", "NNS", "JJ", "VBN", "VBG", "VBD")  # "haunted house" is tagged VBD
_UNSEEN = 0.3  # share of noun phrases from which a word that the tagger does not know is a noun
_SEEN = 0.1  # and from which one is that it takes for a noun: "lives" is rarely one
_PAIRS = 0.15  # the same of two words


def is_noun_phrase(words: Sequence[str], language: str, share: float) -> bool:
    """Return whether one or two words are probably a noun, or an adjective and a noun.

    Parameters
    ----------
    words : sequence of str
        Words in lower case.
    language : str
        ISO 639-1.
    share : float
        Share of the films with the words, 0 to 1, in whose texts they stand where a noun phrase
        stands: see `noun_phrases`.

    Notes
    -----
    English words are tagged with the lexicon of the Brill tagger in TextBlob (Brill 1992), which
    knows the most frequent part of speech of 94,000 words; their places in texts confirm it. Other
    languages rely on the places alone; where there are no articles, fewer places are enough, since
    verbs rarely stand behind a preposition.

    Examples
    --------
    >>> is_noun_phrase(["submarine"], "en", 0.4), is_noun_phrase(["marry"], "en", 0.1)
    (True, False)
    >>> is_noun_phrase(["nuclear", "submarine"], "en", 0.4), is_noun_phrase(["kills", "a"], "en", 0)
    (True, False)
    """
    least = _PAIRS if len(words) > 1 else _SEEN
    if language in _without_articles():  # a pair stands in a case that no name prints
        is_noun = len(words) == 1 and not words[0].endswith(_other_endings(language))
        return is_noun and share >= _SEEN
    if language != "en":
        return share >= (_PAIRS if len(words) > 1 else _UNSEEN)
    tags = [tag_of(word) for word in words]
    if tags[-1] is None:
        return share >= _UNSEEN
    if tags[-1] not in _NOUNS or share < least:
        return False
    return all(tag is None or tag in _BEFORE_NOUNS for tag in tags[:-1])


def is_no_noun(word: str) -> bool:
    """Return whether an English word is an adjective, an adverb or a verb, also in "-ing".

    Examples
    --------
    >>> [is_no_noun(word) for word in ("surreal", "disturbed", "crying", "robbery", "seance")]
    [True, True, True, False, False]
    """
    tag = tag_of(word) or ""
    return tag.startswith(("JJ", "RB", "VB", "IN"))


def tag_of(word: str) -> str | None:
    """Return the most frequent part of speech of an English word, as the Penn Treebank names it."""
    return _lexicon().get(word.rpartition("-")[2])


@cache
def _without_articles() -> frozenset[str]:
    return frozenset(read_lexicon("noun_markers")["order"]["no_articles"])


@cache
def _other_endings(language: str) -> tuple[str, ...]:
    return tuple(read_lexicon("noun_markers")["other_endings"].get(language, ()))


@cache
def _lexicon() -> dict[str, str]:
    found = find_spec("textblob")  # without its import, which takes a second
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("textblob is not installed; install the package again")
    path = Path(found.submodule_search_locations[0], "en", "en-lexicon.txt")
    lines = path.read_text(encoding="utf-8").splitlines()
    entries = (line.split(" ") for line in lines if line[:1].isalpha())
    return {entry[0]: entry[1] for entry in entries if len(entry) > 1}
