"""Read a name back into parts: a person's, that of a language model or of an older release."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.label.naming.capitals import SMALL_WORDS
from pipeline.label.naming.facet_words import in_order
from pipeline.label.naming.forms import known_language
from pipeline.label.naming.reading.english_index import NameIndex, name_tokens
from pipeline.label.naming.reading.text_scan import scan_name
from pipeline.label.naming.vocabulary import PartVocabulary
from pipeline.schemas.name_parts import NameParts

__all__ = ["parse_name"]

_AND, _STORY = "&", "story"
_NUMBER = re.compile(r" \d{1,2}$")  # the last resort of a name that is taken


def parse_name(
    name: str, vocabulary: PartVocabulary, language: str = "en", extra: str = ""
) -> NameParts | None:
    """Return the parts that a name states.

    The form is read from the end of an English name, in the plural or singular; the rest are facets
    and subjects, the longest phrases first, in any inflection and with or without hyphens.

    Parameters
    ----------
    name : str
        A name.
    vocabulary : PartVocabulary
        The parts of the catalogue.
    language : str
        ISO 639-1 of the name.
    extra : str
        Text of a user's file of words.

    Returns
    -------
    NameParts or None
        None if a word of the name, function words aside, is in no part: such a name cannot be
        checked against films.

    Notes
    -----
    ``parse_name(print_name(p)) == printed_parts(p)`` unless two parts are printed alike: a subject
    and a genre ("Family Dramas"), a country and its language ("Japanese"), or
    phrases that are cut apart in two ways ("Ghost Ship", a ghost and a ship).

    Examples
    --------
    >>> import pyarrow as pa
    >>> keys = ["ghost", "haunted house", "Horror", "decade:1970"]
    >>> kinds = ["subject", "subject", "genre", "facet"]
    >>> table = {"number": [0, 1, 2, 3], "kind": kinds, "key": keys, "printed": keys}
    >>> vocabulary = PartVocabulary(pa.table({**table, "terms": [["spirit"], [], [], []]}))
    >>> parse_name("1970s Haunted House Horror Movies", vocabulary)
    NameParts(subjects=(1,), genres=(2,), every_genre=False, facets=(3,), words=(1,))
    >>> parse_name("Spirits & Haunted Houses", vocabulary).subjects
    (0, 1)
    >>> parse_name("Tender Horror", vocabulary) is None
    True
    """
    name = _NUMBER.sub("", name)
    language = known_language(language, extra)
    if language != "en":
        return scan_name(name, vocabulary, language, extra)
    index = _index(vocabulary, extra)
    tokens, inside = name_tokens(name)
    if not tokens:
        return None
    for whole_words in (True, False):
        for length in range(min(index.longest_form, len(tokens)), -1, -1):
            start = len(tokens) - length
            if length and whole_words and inside[start]:
                continue
            form = index.forms.get(tuple(tokens[start:])) if length else ((), False)
            if form is None:
                continue
            shares = not form[1] and tokens[-1] != _STORY
            other = form[1] or tuple(tokens[start:]) in index.other_forms
            if other and _cuts_subject(tokens, start, index):
                continue  # "Civil War Dramas" are dramas, "Folk Horror Films" films
            own_word = tokens[start : start + 1] if shares else []
            glued = inside[:start] if whole_words else [False] * start
            rest = _read(tokens[:start], glued, own_word, index)
            if rest is not None and (length or rest.subjects):
                return NameParts(
                    tuple(rest.subjects),
                    *form,
                    in_order(rest.facets, vocabulary),
                    tuple(rest.words),
                )
    return None


@dataclass
class _Rest:
    """Parts before the form of a name."""

    subjects: list[int]
    words: list[int]
    facets: list[int]


def _cuts_subject(tokens: Sequence[str], start: int, index: NameIndex) -> bool:
    """Whether a subject begins before the form and ends with the first word of the form."""
    return any(tuple(tokens[first : start + 1]) in index.printed for first in range(start))


def _read(
    tokens: Sequence[str], glued: Sequence[bool], shared: Sequence[str], index: NameIndex
) -> _Rest | None:
    """Facets and subjects in the words before the form, or None if one word is in neither.

    The last subject may share the first word of the form: "Civil War Films". No subject ends before
    a word that is glued to it by a hyphen ("French-Italian" are two facets).
    """
    found = _Rest([], [], [])
    position = 0
    while position < len(tokens):
        rest = tuple(tokens[position:])
        ends = [n for n in range(len(rest), 0, -1) if n == len(rest) or not glued[position + n]]
        facet = next((n for n in range(len(rest), 0, -1) if rest[:n] in index.facets), 0)
        subject = next((n for n in ends if rest[:n] in index.subjects), 0)
        longer = (*rest, *shared)
        if not subject and rest[0] != _AND and longer in index.printed:
            subject = len(longer)
        if facet and facet >= subject:
            found.facets.append(index.facets[rest[:facet]])
            position += facet
            continue
        if not subject and rest[0] not in (_AND, *SMALL_WORDS):
            return None
        if subject:
            number, word = index.subjects[longer[:subject]]
            if number not in found.subjects:
                found.subjects.append(number)
                found.words.append(word)
        position += subject or 1
    return found


@lru_cache(maxsize=4)
def _index(vocabulary: PartVocabulary, extra: str) -> NameIndex:
    return NameIndex(vocabulary, extra)
