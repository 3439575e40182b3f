"""Subjects beyond the lexicon: frequent keywords of the catalogue, or noun phrases of its texts."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.fileio.external_sort import StreamedTable, sort_streamed
from pipeline.label.terms.film_terms import FORMS
from pipeline.label.terms.normal_forms import normal_form, noun_lemma
from pipeline.label.terms.nouns import is_noun_phrase
from pipeline.label.terms.themes import themes_among
from pipeline.label.terms.usable import Unusable
from pipeline.label.words.subjects import SubjectLexicon
from pipeline.label.words.unspaced import UNSPACED_LANGUAGES
from pipeline.schemas.vectors import Parts, parts_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FurtherSubject", "SubjectWord", "find_further_subjects"]

_SHARE = 0.0008  # of all films, of a subject
_FEWEST = 3  # films of a subject
_TEXT_SHARE, _TEXT_FEWEST = 0.001, 15  # the same, without keywords: a word of texts proves less
_TEXT_SMALL, _TEXT_LEAST = 0.015, 6  # in catalogues of fewer than 1,000 films
_RANGE_ROWS = 32_768  # rows of counts sorted in memory at once
_CONTAINED = 0.7  # share of the films of a word that have a longer term: the word is dropped
_LIFT = 20.0  # times as likely together as apart: two words are one term
_SINGULAR = 0.2  # share of the films of the most used spelling from which a singular is printed
# Share of the films with a word, or a phrase, whose keywords have it: "plan" is in many texts, but
# nobody looks for films by it.
_TAGGED = (0.2, 0.1)
_KEYWORD, _TEXT = 0.8, 0.5  # weights
_WORDS, _MEANINGS = 2, 3  # most words of another word for a subject, and subjects that it means


@dataclass(frozen=True)
class FurtherSubject:
    """A subject that the lexicon does not know.

    Attributes
    ----------
    printed : str
        The spelling that most films use, in the singular where it is usual.
    terms : tuple of str
        All spellings and inflections, in alphabetical order.
    films, keyword_films : int
        Number of films with one of the terms, and with one as a keyword.
    weight : float
        How good a part of a name it is, 0 to 1.
    """

    printed: str
    terms: tuple[str, ...]
    films: int
    keyword_films: int
    weight: float


@dataclass(frozen=True, order=True)
class SubjectWord:
    """Another word for a subject of the lexicon, which a name may print: "cop", police officer.

    Attributes
    ----------
    subject : str
        Identity of the subject.
    printed : str
        The word, in the spelling that most films use.
    films, keyword_films : int
        Number of films with the word, and with the word as a keyword.
    """

    subject: str
    printed: str
    films: int
    keyword_films: int


def find_further_subjects(
    terms: pa.Table | Parts,
    forms: pa.Table | Parts,
    words: pa.Table | Parts,
    noun_genres: pa.Table | Parts,
    genres: Mapping[str, int],
    films: int,
    with_keywords: bool,
    lexicon: SubjectLexicon,
    unusable: Unusable,
    language: str = "en",
    own_language_only: bool = False,
) -> tuple[list[FurtherSubject], list[SubjectWord]]:
    """Find the subjects of a catalogue that the lexicon does not have, and words for those it has.

    Parameters
    ----------
    terms, forms, words : pa.Table or Parts
        TERMS, FORMS and WORD_COUNTS of all partitions, one after the other.
    noun_genres : pa.Table or Parts
        NOUN_GENRES of all partitions.
    genres : Mapping of str to int
        Number of films of each genre.
    films : int
        Number of films of the catalogue.
    with_keywords : bool
        Whether its films have keywords: then only whole keywords are subjects, else phrases of
        texts that are probably nouns.
    lexicon : SubjectLexicon
        The subjects that are known; their words are left out.
    unusable : Unusable
        What no name contains.
    language : str
        Language of the names, ISO 639-1: only words of it are printed for a known subject.
    own_language_only : bool
        Whether further subjects too are only those of films in this language.

    Returns
    -------
    subjects : list of FurtherSubject
        By `printed`, which is unique.
    subject_words : list of SubjectWord
        By subject and word.
    """
    share, fewest = (_SHARE, _FEWEST) if with_keywords else (_TEXT_SHARE, _TEXT_FEWEST)
    if not with_keywords:
        fewest = min(fewest, max(_TEXT_LEAST, int(_TEXT_SMALL * films)))
    least = max(fewest, share * films)
    counts = _frequent_forms(forms, least)
    wanted = counts["keyword_films"] >= least if with_keywords else counts["films"] >= least
    spellings = _spellings(terms, counts[wanted].index)
    foreign = counts[wanted].query("language != 'en'").index
    is_tagged = with_keywords and len(foreign) > 0
    tagged = _spellings(terms, foreign, "keyword_films") if is_tagged else {}
    names = unusable.names_among({word for own in spellings.values() for word in own}, words)
    number = {name: _by_form(counts, name) for name in counts.columns}
    single = number["films"]
    found: dict[tuple[str, str], tuple[str, Mapping[str, int]]] = {}
    other_words: set[SubjectWord] = set()
    for key, own in spellings.items():
        printed = _printed(own, key[1], tagged.get(key, {}))
        if unusable.is_unusable(printed, key[1], names):
            continue
        parts = printed.split()
        if not with_keywords:
            nouns = number["noun_films"][key] / max(number["text_films"][key], 1)
            if len(parts) > 2 or not is_noun_phrase(parts, key[1], nouns):
                continue
        meant = _known_subjects(lexicon, own, key[1])
        if not meant:
            if with_keywords:
                subject = number["keyword_films"][key] >= _TAGGED[len(parts) > 1] * single[key]
            else:
                subject = len(parts) == 1 or _lift(parts, key, single, films) >= _LIFT
            if subject and (key[1] == language or not own_language_only):
                found[key] = (printed, own)
        elif len(parts) <= _WORDS and len(meant) <= _MEANINGS:
            counted = (number["films"][key], number["keyword_films"][key])
            there = lexicon.subjects_of_keyword(printed, language) - {printed}
            other_words.update(SubjectWord(subject, printed, *counted) for subject in there)
    for key in _contained(found, single):
        del found[key]
    if not with_keywords:
        themed = themes_among(found, noun_genres, genres)
        found = {key: own for key, own in found.items() if key in themed}
    subjects = _distinct(found, number, _KEYWORD if with_keywords else _TEXT)
    return subjects, sorted(other_words)


def _frequent_forms(forms: pa.Table | Parts, least: float) -> pd.DataFrame:
    """Counts of the forms of enough films, by form and language."""
    import pandas as pd  # slow to import

    frequent = []
    for part in _ranges(forms):
        part["text_films"] = part["films"] - part["keyword_films"].clip(upper=part["films"])
        own = part.groupby(["form", "language"]).sum()
        frequent.append(own[own["films"] >= least])
    return pd.concat(frequent).sort_index()


def _by_form(counts: pd.DataFrame, name: str) -> dict[tuple[str, str], int]:
    forms, languages = (counts.index.get_level_values(level) for level in ("form", "language"))
    keys = zip(map(str, forms), map(str, languages), strict=True)
    return dict(zip(keys, counts[name].tolist(), strict=True))


def _ranges(forms: pa.Table | Parts) -> Iterator[pd.DataFrame]:
    table = StreamedTable(FORMS, forms.num_rows, lambda: parts_of(forms))
    for part in sort_streamed(table, ["form"], Path(tempfile.gettempdir()), rows=_RANGE_ROWS):
        yield part.to_pandas()


def _spellings(
    terms: pa.Table | Parts, wanted: pd.Index, column: str = "films"
) -> dict[tuple[str, str], dict[str, int]]:
    """The terms of each form, with the number of their films, in alphabetical order."""
    keys = {(str(form), str(language)) for form, language in wanted}
    forms = pa.array(sorted({form for form, _ in keys}), pa.string())
    columns = ["form", "language", "term", column]
    found: dict[tuple[str, str], Counter[str]] = {}
    for part in parts_of(terms):
        own = part.select(columns).filter(pc.is_in(part.column("form"), value_set=forms))
        rows = zip(*(own.column(name).to_pylist() for name in columns), strict=True)
        for form, language, term, films in rows:
            if (form, language) in keys:
                found.setdefault((form, language), Counter())[term] += films
    return {key: dict(sorted(found[key].items())) for key in sorted(found)}


def _printed(spellings: Mapping[str, int], language: str, tagged: Mapping[str, int]) -> str:
    """The most used spelling; its singular if that is used, too.

    In other languages than English the most used one of the keywords (`tagged`) if there is one:
    the dictionary takes some nouns for forms of verbs.
    """
    best = min(spellings, key=lambda term: (-spellings[term], term))
    if language != "en":
        as_keyword = min(tagged, key=lambda term: (-tagged[term], term), default="")
        if tagged.get(as_keyword):
            return as_keyword
        if " " not in best:
            return noun_lemma(best, language)  # nouns have cases: "frachters"
    singular = [
        term
        for term, films in spellings.items()
        if films >= _SINGULAR * spellings[best]
        and len(term) < len(best)
        and normal_form(term.split()[-1], language) == term.split()[-1]
    ]
    return min(singular, key=lambda term: (-spellings[term], term), default=best)


def _known_subjects(lexicon: SubjectLexicon, spellings: Collection[str], language: str) -> set[str]:
    """The subjects of the lexicon that a term means or contains."""
    return {
        subject
        for term in spellings
        for code in {language, "en"}
        for subject in lexicon.subjects_of_keyword(term, code)
    }


def _lift(
    words: Sequence[str], key: tuple[str, str], single: Mapping[tuple[str, str], int], films: int
) -> float:
    """How many times likelier the two words are together than by chance."""
    first, second = (single.get((normal_form(word, key[1]), key[1]), 0) for word in words)
    return single[key] * films / max(first * second, 1)


def _contained(
    found: Mapping[tuple[str, str], tuple[str, Mapping[str, int]]],
    single: Mapping[tuple[str, str], int],
) -> set[tuple[str, str]]:
    """Terms that nearly always stand in a longer term: "kung" in "kung fu"."""
    gone = set()
    for key, (printed, _) in found.items():
        unspaced = key[1] in UNSPACED_LANGUAGES
        parts = list(printed) if unspaced else printed.replace("-", " ").split()
        between = "" if unspaced else " "
        for start in range(len(parts)):
            for end in range(start + 1, len(parts) + 1):
                shorter = (normal_form(between.join(parts[start:end]), key[1]), key[1])
                if shorter != key and single[key] >= _CONTAINED * single.get(shorter, 10**12):
                    gone.add(shorter)
    return gone & found.keys()


def _distinct(
    found: Mapping[tuple[str, str], tuple[str, Mapping[str, int]]],
    number: Mapping[str, Mapping[tuple[str, str], int]],
    weight: float,
) -> list[FurtherSubject]:
    """One subject for each printed form: that of most films, of two languages."""
    subjects: dict[str, FurtherSubject] = {}
    for key, (printed, own) in sorted(found.items()):
        films, keyword_films = (number[name][key] for name in ("films", "keyword_films"))
        subject = FurtherSubject(printed, tuple(sorted(own)), films, keyword_films, weight)
        if printed not in subjects or subjects[printed].films < films:
            subjects[printed] = subject
    return [subjects[printed] for printed in sorted(subjects)]
