"""Nouns in Japanese and Chinese texts, which have no spaces between words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from pipeline.label.words.stop_words import stop_words_of
from pipeline.schemas.words.lexicon_file import read_lexicon

__all__ = ["UNSPACED_LANGUAGES", "nouns_inside"]

UNSPACED_LANGUAGES = frozenset(("ja", "zh"))

_HAN = "\u3005\u3400-\u9fff"
_KATAKANA = "\u30a1-\u30fa\u30fc"
_RUN = re.compile(f"[{_KATAKANA}]+|[{_HAN}]+")
_LONGEST = 6  # letters of a compound that is one term
_OF_VERB = re.compile(
    f"([{_HAN}]{{1,3}}[\u3044\u308a\u307f\u304d\u3073])(?=[\u304c\u3092\u306e\u306f])"
)
_COUNTED = re.compile(
    "^[\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341\u767e\u5343]+[\u5e74\u6708\u65e5\u6b73\u4eba\u5ea6\u56de\u4ee3\u756a\u500b\u672c\u676f]"
)
_NOUNS = frozenset(("n", "nz", "vn"))  # tags of jieba: no names of persons, places, companies


@lru_cache(maxsize=50_000)
def nouns_inside(text: str, language: str) -> tuple[str, ...]:
    """Return the nouns of a text without spaces, and the compounds and parts of compounds there.

    Parameters
    ----------
    text : str
        A text, or a part of it between signs.
    language : str
        "ja" or "zh"; nothing is found in other languages.

    Returns
    -------
    tuple of str
        Without function words.

    Notes
    -----
    Japanese writes nouns in Chinese characters or Katakana and what is between them in Hiragana. A
    compound of two-letter words is cut into them, a suffix such as "person" is cut off, and a
    single character counts before a particle, as does the noun of a verb ("noroi", curse). Chinese
    texts are cut and tagged by jieba.

    Examples
    --------
    >>> nouns_inside("\u4f8d\u304c\u602a\u7363\u3068\u6226\u3046", "ja")  # samurai, monster
    ('\u4f8d', '\u602a\u7363')
    >>> nouns_inside("\u5438\u8840\u9b3c\u5728\u57ce\u91cc", "zh")  # vampire
    ('\u5438\u8840\u9b3c',)
    """
    if language not in UNSPACED_LANGUAGES:
        return ()
    found = [*_japanese(text), *_OF_VERB.findall(text)] if language == "ja" else _chinese(text)
    stops = stop_words_of(language)
    return tuple(dict.fromkeys(word for word in found if stops.isdisjoint((word, word[-2:]))))


def _japanese(text: str) -> Iterator[str]:
    particles = _lists()["particles"]
    for run in _RUN.finditer(text):
        word, following = run[0], text[run.end() : run.end() + 1]
        if not following or following in particles:
            whole = True
        else:  # the stem of a verb or adjective, unless it is a compound and a verb
            whole = len(word) > 1 and not _is_hiragana(following)
        if "\u30a0" < word[0] < "\u3100":
            if len(word) > 1:
                yield word
        elif whole and not _COUNTED.match(word):  # "twenty years ago"
            yield from _compound(word)


def _compound(word: str) -> Iterator[str]:
    """A word in Chinese characters and the words in it."""
    if len(word) <= _LONGEST:
        yield word
    if len(word) < 3:
        return
    if word[-1] in _lists()["suffixes"]:
        yield from _compound(word[:-1])
    elif len(word) % 2 == 0:
        for start in range(0, len(word), 2):
            yield word[start : start + 2]
        for start in range(0, len(word) - 4 + 2, 2):
            yield word[start : start + 4]
    elif len(word) > 3:
        yield from (word[:2], word[-3:])


def _chinese(text: str) -> Iterator[str]:
    import rjieba

    before = ""
    for word, tag in rjieba.tag(text):
        if tag not in _NOUNS or len(word) < 2:
            before = ""
            continue
        yield word
        if before and tag != "vn" and len(before) + len(word) <= _LONGEST:
            yield before + word
        before = word


def _is_hiragana(letter: str) -> bool:
    return "\u3041" <= letter <= "\u309f"


@cache
def _lists() -> dict[str, str]:
    return {name: "".join(own) for name, own in read_lexicon("noun_markers")["japanese"].items()}
