# ruff: noqa: RUF001  # quotes and dashes of many scripts are meant
"""Guess the encoding of text that is not UTF-8: the one in which it reads best."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from functools import cache

from charset_normalizer import from_bytes

from pipeline.sources.forms.text.alphabets import letter_scores

__all__ = ["guess_encoding", "text_score"]

_WESTERN = (
    "French",
    "German",
    "Spanish",
    "Portuguese",
    "Italian",
    "Swedish",
    "Danish",
    "Icelandic",
)
_CENTRAL = ("Polish", "Czech", "Slovak", "Hungarian", "Romanian", "Croatian", "German")
_CYRILLIC = ("Russian", "Ukrainian", "Serbian", "Bulgarian")

# Encodings, the languages written in them, and how much rarer they are than others, in nats.
_SINGLE_BYTE: dict[str, tuple[tuple[str, ...], float]] = {
    "cp1252": (_WESTERN, 1.5),
    "cp1250": (_CENTRAL, 0.5),
    "iso8859-2": (_CENTRAL, 0.0),
    "cp1251": (_CYRILLIC, 0.5),
    "koi8-r": (("Russian",), 0.0),
    "koi8-u": (("Ukrainian",), -1.0),
    "iso8859-5": (_CYRILLIC, -2.0),
    "cp866": (_CYRILLIC, -1.0),
    "mac-cyrillic": (_CYRILLIC, -4.0),
    "cp1253": (("Greek",), 0.0),
    "iso8859-7": (("Greek",), -1.0),
    "cp1254": (("Turkish",), 0.0),
    "cp1255": (("Hebrew",), 0.0),
    "cp1256": (("Arabic",), 0.0),
    "cp1257": (("Lithuanian", "Latvian"), -1.0),
    "cp874": (("Thai",), 0.0),
    "mac-roman": (_WESTERN, -4.0),
    "cp850": (_WESTERN, -4.0),
    "cp852": (_CENTRAL, -4.0),
}
_DOUBLE_BYTE = ("gb18030", "big5", "cp932", "euc_jp", "cp949")

_FOREIGN = -3.0  # a letter that the language does not have
_CONTROL = -5.0
_SYMBOL = -2.5
_ODD_WORD = -2.5  # for each letter
_NEXT_TO_LATIN = -3.0
_WORD = re.compile(r"[^\W\d_]+")
_LATIN_RUN = re.compile("[\u00c0-\u024f]{3,}")
_PUNCTUATION = "’‘“”„–—…«»‹›•·°€£©®™№¡¿½¼¾×´§\xa0†²³"
_BEFORE_LETTER = "“‘„«‹¡¿’–—…•·\xa0"
_AFTER_LETTER = "”’»›“‘…™®©°–—•·\xa0"
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_BESIDE_LATIN = re.compile(f"[A-Za-z][{_CJK}]|[{_CJK}][a-z]")


def guess_encoding(data: bytes) -> tuple[str, float]:
    """Return the encoding in which some text reads best, and a confidence from 0 to 1.

    Every encoding is tried. Letters count by their frequencies in the languages that are written
    in it; symbols inside words, upper case after lower case, mixed scripts, rare ideographs and
    control characters count against it. If it reads badly in all, `charset_normalizer` decides.

    Parameters
    ----------
    data : bytes
        Lines with bytes beyond ASCII.
    """
    scores: dict[str, tuple[float, str]] = {}  # text -> its score and encoding
    for name in (*_SINGLE_BYTE, *_DOUBLE_BYTE):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            text = data.decode(name, "replace")
            if text.count("\ufffd") * 200 > sum(byte > 127 for byte in data):
                continue
        score = text_score(text, name)
        if text not in scores or score > scores[text][0]:
            scores[text] = (score, name)
    ranked = sorted(scores.values(), key=lambda item: (-item[0], item[1]))
    beyond = max(sum(byte > 127 for byte in data), 1)
    if not ranked or ranked[0][0] / beyond < -1.5:
        found = from_bytes(data).best()
        if found is not None:
            return found.encoding, round(0.5 * (1 - found.chaos), 2)
    if not ranked:
        return "cp1252", 0.0
    margin = ranked[0][0] - ranked[1][0] if len(ranked) > 1 else 10.0
    return ranked[0][1], round(min(0.99, 1 / (1 + math.exp(-min(margin, 50) / 2))), 2)


def text_score(text: str, encoding: str) -> float:
    """Return how well a text reads that was decoded from `encoding`; higher is better."""
    beyond = Counter(char for char in text if char > "\x7f")
    if encoding in _DOUBLE_BYTE:
        score = 2 * sum(number * _ideograph(char, encoding) for char, number in beyond.items())
        score += _NEXT_TO_LATIN * len(_BESIDE_LATIN.findall(text))
        return score + _without_kana(beyond, encoding)
    languages, prior = _SINGLE_BYTE[encoding]
    letters = {
        char: number
        for char, number in beyond.items()
        if char.isalpha() or "\u0e30" <= char <= "\u0e4e"
    }
    best = max(_letters(letters, _scores(language)) for language in languages)
    return prior + best + _symbols(text, beyond, letters) + _words(text)


@cache
def _scores(language: str) -> dict[str, float]:
    return letter_scores(language)


def _letters(letters: dict[str, int], scores: dict[str, float]) -> float:
    total = 0.0
    for char, number in letters.items():
        found = scores.get(char)
        if found is None:
            found = scores.get(char.lower(), _FOREIGN) - 0.3
        total += number * found
    return total


def _symbols(text: str, beyond: Counter[str], letters: dict[str, int]) -> float:
    total = 0.0
    for char, number in beyond.items():
        if char in letters:
            continue
        if char < "\xa0" or char == "\ufffd":
            total += number * _CONTROL
        elif char not in _PUNCTUATION:
            total += number * _SYMBOL
        else:
            shown = re.escape(char)
            if char not in _BEFORE_LETTER:
                total += _SYMBOL * len(re.findall(rf"{shown}(?=[^\W\d_])", text))
            if char not in _AFTER_LETTER:
                total += _SYMBOL * len(re.findall(rf"(?<=[^\W\d_]){shown}", text))
    return total


def _words(text: str) -> float:
    total = 0.0
    for word, number in Counter(_WORD.findall(text)).items():
        if word.isascii():
            continue
        letters = sum(char > "\x7f" for char in word)
        rest = word[1:]
        if not (rest == rest.lower() or word == word.upper()) or _is_mixed(word):
            total += number * letters * _ODD_WORD
        elif run := _LATIN_RUN.search(word):
            total += number * len(run[0]) * _ODD_WORD
    return total


def _is_mixed(word: str) -> bool:
    """Return whether a word has letters of two scripts."""
    return len({_script(char) for char in word}) > 1


def _script(char: str) -> int:
    code = ord(char)
    # Latin, Greek, Cyrillic, Hebrew, Arabic, Thai and later ones.
    return sum(code >= start for start in (0x370, 0x400, 0x590, 0x600, 0xE00))


def _ideograph(char: str, encoding: str) -> float:
    """Return how likely a character is in a text of this encoding."""
    code = ord(char)
    if char == "\ufffd" or code < 0xA0 or 0xE000 <= code <= 0xF8FF:
        return _CONTROL
    if 0x3000 <= code <= 0x303F or 0xFF01 <= code <= 0xFF5E or char in "“”‘’…—·":
        return 0.3
    if 0x3040 <= code <= 0x30FF:
        return 1.5 if encoding in ("cp932", "euc_jp") else -1.0
    if 0xAC00 <= code <= 0xD7A3:
        return 1.2 if encoding == "cp949" and _lead(char, "euc_kr") else -1.5
    if 0x3400 <= code <= 0x9FFF:
        return _frequent[encoding](char)
    return -1.5


def _lead(char: str, codec: str) -> int:
    """Return the first byte of a character, 0 if the standard does not have it."""
    try:
        data = char.encode(codec)
    except UnicodeEncodeError:
        return 0
    return data[0] if len(data) == 2 else 0


def _range_score(codec: str, first: int, last: int) -> Callable[[str], float]:
    """Return a score of ideographs: those of the first level of a standard are frequent."""

    @cache
    def score(char: str) -> float:
        lead = _lead(char, codec)
        return 1.0 if first <= lead <= last else -1.0 if lead else -2.5

    return score


_frequent: dict[str, Callable[[str], float]] = {
    "gb18030": _range_score("gb2312", 0xB0, 0xD7),
    "big5": _range_score("big5", 0xA4, 0xC6),
    "cp932": _range_score("euc_jp", 0xB0, 0xCF),
    "euc_jp": _range_score("euc_jp", 0xB0, 0xCF),
    "cp949": lambda _: -1.0,  # Korean has few ideographs
}


def _without_kana(beyond: Counter[str], encoding: str) -> float:
    """Return what speaks against Japanese: many ideographs without a syllable sign."""
    if encoding not in ("cp932", "euc_jp"):
        return 0.0
    kana = sum(number for char, number in beyond.items() if "\u3040" <= char <= "\u30ff")
    ideographs = sum(number for char, number in beyond.items() if "\u3400" <= char <= "\u9fff")
    return -1.0 * ideographs if ideographs > max(5 * kana, 2) else 0.0
