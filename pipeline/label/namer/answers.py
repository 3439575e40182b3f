"""Clean names from what a language model writes: JSON, lists, prose, with thoughts before it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["clean_name", "names_in_answer"]

_LONGEST = 60  # characters of a name
_FEWEST_WORDS, _MOST_WORDS = 2, 8
_GOOD_WORDS = range(3, 6)
_READ = 100_000  # last characters of an answer that are read; thoughts come first
_READ_LINE = 200  # first characters of a line that are read
_MOST_STARTS = 50  # brackets at which JSON may begin
_DEEPEST = 3  # lists and objects within one another

_THOUGHT = r"(?:think|thinking|thought|thoughts|reasoning|reflection)"
_THOUGHT_BEGINS = re.compile(rf"<{_THOUGHT}\s*>", re.IGNORECASE)
_THOUGHT_ENDS = re.compile(rf"</{_THOUGHT}\s*>", re.IGNORECASE)
_CONTROL_TOKEN = re.compile(r"<\|[^|<>]{0,40}\|>")  # of a chat template that is not applied
_FENCE = re.compile(r"^[ \t]*(```|~~~).*$", re.MULTILINE)
_IN_QUOTES = re.compile(r'"([^"\n]{3,80})"')
_KEYS = ("names", "name", "titles", "title", "suggestions", "labels", "label", "answers")

_DASHES = "\\-\u2013\u2014"  # as part of a character class
_MARK = re.compile(rf"^(?:[*+\u2022\u00b7>#{_DASHES}]+\s*)+")  # of an entry of a list, or a heading
_NUMBER = re.compile(r"^\(?(?:\d{1,2}|[A-Za-z])[.):]\s*")
_LABEL = re.compile(r"^(?:name|title|suggestion|option)\s*\d*\s*:\s*", re.IGNORECASE)
_EXPLANATION = re.compile(rf"\s+[{_DASHES}]+\s+|:\s|;|\s[(\[]|\s*(?:=>|->|\u2192)\s*|\t")
# Straight and typographic quotation marks, guillemets, corner brackets.
_QUOTES = "\"'\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019\u201a\u2039\u203a\u300c\u300d\u300e\u300f"
_SENTENCE = re.compile(
    r"^(?:i|i'm|i've|we|you|sure|sorry|certainly|okay|ok|here|these|this|as an|note|please|"
    r"unfortunately|the following)\b",
    re.IGNORECASE,
)
# Scripts that put no spaces between words.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_SMALL = {"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "vs"}
_SMALL |= {"with"}


def names_in_answer(
    text: str,
    *,
    count: int,
    language: str = "en",
    persons: Iterable[str] = (),
    titles: Iterable[str] = (),
    words: Iterable[str] = (),
) -> list[str]:
    """Return the usable names in an answer.

    Parameters
    ----------
    text : str
        What the model wrote.
    count : int
        Most names to return.
    language : str
        ISO 639 code; English names are put in title case, of others only the first letter.
    persons : iterable of str
        Names of persons; a name with a full name or a surname of them is left out.
    titles : iterable of str
        Titles of films; a name that is one of them is left out.
    words : iterable of str
        Subjects, genres and facts of the micro-genre; a surname that is one of their words, such as
        "love", is not taken for a person.

    Returns
    -------
    list of str
        Different names of 2 to 8 words (each part of a hyphenated word is one) and at most 60
        characters, those of 3 to 5 words first, otherwise in the order of the answer. Empty if
        there are none.

    Examples
    --------
    >>> names_in_answer('<think>Sharks!</think> Sure: ["killer-shark horror"]', count=5)
    ['Killer-Shark Horror']
    >>> names_in_answer("1. **Prison-Escape Thrillers** - they all flee", count=5)
    ['Prison-Escape Thrillers']
    >>> names_in_answer("I am sorry, but I cannot name these films.", count=5)
    []
    """
    answer = _after_thoughts(text[-_READ:])
    listed = list(_json_texts(answer))
    lines = listed or _FENCE.sub("", answer).splitlines()
    cleaned = (clean_name(line, language) for line in lines)
    forbidden = _Forbidden(persons, titles, words)
    distinct = {name.casefold(): name for name in reversed([n for n in cleaned if n])}
    names = [name for name in reversed(distinct.values()) if not forbidden.matches(name)]
    names.sort(key=lambda name: _length(name) not in _GOOD_WORDS and not _unspaced(name))
    return names[:count]


def clean_name(line: str, language: str = "en") -> str:
    """Return the name in a line, without mark, number, quotation marks and explanation; else "".

    Examples
    --------
    >>> clean_name("2) “classic hindi family melodramas” (about families)")
    'Classic Hindi Family Melodramas'
    >>> clean_name("Here are five names:"), clean_name("<b>Prison Films</b>")
    ('', '')
    """
    # the typographic apostrophe within a word becomes a plain one, as in the names of a release
    line = unicodedata.normalize("NFC", line[:_READ_LINE]).replace("\u2019", "'")
    line = " ".join("".join(c if c.isprintable() or c == "\t" else " " for c in line).split(" "))
    line = re.sub(r"\*\*|__|`", "", _MARK.sub("", line.strip())).strip()
    line = _LABEL.sub("", _NUMBER.sub("", line)).strip().strip("*_")
    if not line or line.endswith(":") or _SENTENCE.match(line):
        return ""
    if line[0] in _QUOTES:
        inner = re.match(rf"[{_QUOTES}]+(.+?)[{_QUOTES}]+(?!\w)", line)
        line = inner[1] if inner else line
    line = _EXPLANATION.split(line, maxsplit=1)[0]
    line = " ".join(line.strip(f"{_QUOTES} \t.,*_").split())
    words = line.split()
    fewest = 1 if _unspaced(line) else _FEWEST_WORDS
    fits = fewest <= len(words) and _length(line) <= _MOST_WORDS and len(line) <= _LONGEST
    written = all(c.isalnum() or c in " -'&" or unicodedata.category(c)[0] == "M" for c in line)
    if not (fits and written and any(c.isalpha() for c in line)):
        return ""
    return _cased(words, language)


def _after_thoughts(text: str) -> str:
    """Return what a model wrote after its thoughts; nothing if they were cut off."""
    ends = [found.end() for found in _THOUGHT_ENDS.finditer(text)]
    text = text[ends[-1] :] if ends else text
    begins = _THOUGHT_BEGINS.search(text)
    text = text[: begins.start()] if begins else text
    return _CONTROL_TOKEN.sub("\n", text.rpartition("<|message|>")[2])


def _json_texts(text: str) -> Iterator[str]:
    """Yield the texts of the first JSON array or object with any, even if its end is missing."""
    decoder = json.JSONDecoder()
    starts = [found.start() for found in re.finditer(r"[\[{]", text)][:_MOST_STARTS]
    for start in starts:
        try:
            value, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        found = list(_texts(value))
        if found:
            yield from found
            return
    if starts:  # an array that was cut off
        yield from _IN_QUOTES.findall(text, starts[0])


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < _DEEPEST and isinstance(value, list):
        for entry in value:
            yield from _texts(entry, depth + 1)
    elif depth < _DEEPEST and isinstance(value, dict):
        named = [value[key] for key in _KEYS if key in value]
        for entry in named or value.values():
            yield from _texts(entry, depth + 1)


def _length(name: str) -> int:
    """Return the number of words; each part of a hyphenated word is one."""
    return len(name.replace("-", " ").split())


def _unspaced(text: str) -> bool:
    return _UNSPACED.search(text) is not None


def _cased(words: list[str], language: str) -> str:
    """Return the words in title case, if they are English; words such as CIA stay as they are."""
    if len(words) > 1 and all(word.isupper() for word in words):
        words = [word.lower() for word in words]
    if not language.startswith("en"):
        return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])
    parts = [
        "-".join(
            part.lower()
            if part.lower() in _SMALL and (place or number)
            else part[:1].upper() + part[1:]
            for number, part in enumerate(word.split("-"))
        )
        for place, word in enumerate(words)
    ]
    return " ".join(parts)


class _Forbidden:
    """Names that a micro-genre must not have: persons and titles."""

    def __init__(self, persons: Iterable[str], titles: Iterable[str], words: Iterable[str]) -> None:
        known = {word for text in words for word in _words(text)}
        names = [_words(person) for person in persons]
        self._phrases = {f" {' '.join(name)} " for name in names if len(name) > 1}
        self._surnames = {name[-1] for name in names if name and len(name[-1]) > 2} - known
        self._titles = {tuple(_words(title)) for title in titles}

    def matches(self, name: str) -> bool:
        """Return whether a name is a title or contains a person."""
        words = _words(name)
        spaced = f" {' '.join(words)} "
        return (
            tuple(words) in self._titles
            or not self._surnames.isdisjoint(words)
            or any(phrase in spaced for phrase in self._phrases)
        )


def _words(text: str | None) -> list[str]:
    found = re.findall(r"[^\W_]+", (text or "").casefold().replace("'s ", " "))
    return [str(word) for word in found]
