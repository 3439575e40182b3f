"""The parts that names of a catalogue may have: its subjects, genres and facets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from pipeline.label.facets.facet_keys import facet_keys
from pipeline.label.terms.film_terms import CATALOGUE
from pipeline.label.terms.further_subjects import find_further_subjects
from pipeline.label.terms.usable import Unusable
from pipeline.label.words.decency import is_banned
from pipeline.label.words.subjects import subject_lexicon
from pipeline.schemas.name_parts import FACET, GENRE, PARTS, SUBJECT, WORD
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, parts_of
from pipeline.schemas.words.genre_words import genre_words

__all__ = ["find_name_parts"]

_WITH_KEYWORDS = 0.1  # share of the films from which the keywords of a catalogue decide
_MOST_SUBJECTS = 20_000
_LABEL_SHARE = 0.01  # of the films, of a label of the catalogue that is no genre of ours
_LABEL_WEIGHT = 0.5
_WORD_WEIGHT = 0.95  # of another word for a subject of the lexicon
_FACET_FILMS = 5  # fewest films of a facet


@stage(
    "name-parts",
    version=2,
    inputs=("terms", "forms", "words", "found", "noun_genres", "facets"),
    outputs=("parts",),
    streamed=("terms", "forms", "words", "found", "noun_genres", "facets"),
)
def find_name_parts(
    terms: pa.Table | Parts,
    forms: pa.Table | Parts,
    words: pa.Table | Parts,
    found: pa.Table | Parts,
    noun_genres: pa.Table | Parts,
    facets: pa.Table | Parts,
    known_languages: Sequence[str] = (),
    lexicon: str = "",
    language: str = "en",
    adult: bool = False,
) -> dict[str, pa.Table]:
    """Find the parts of names of a whole catalogue.

    Parameters
    ----------
    terms, forms, words, found, noun_genres : pa.Table or Parts
        TERMS, FORMS, WORD_COUNTS, FOUND and NOUN_GENRES of all partitions, one after the other.
    facets : pa.Table or Parts
        FACETS of all partitions.
    known_languages : sequence of str
        `catalogue_languages`.
    lexicon : str
        Text of a user's file of words; see `read_user_file`.
    language : str
        Language of the names, ISO 639-1.
    adult : bool
        Whether the adult filter is off (`fetch.include_adult`): see `is_banned`.

    Returns
    -------
    dict of str to pa.Table
        `parts`: PARTS; subjects, then words for them, genres and facets, each by key. A subject of
        the lexicon is known by its identity there, and has weight 1.
    """
    films: Counter[tuple[str, str]] = Counter()
    keyword_films: Counter[tuple[str, str]] = Counter()
    for part in parts_of(found):
        for row in part.to_pylist():
            films[row["kind"], row["key"]] += row["films"]
            keyword_films[row["kind"], row["key"]] += row["keyword_films"]
    all_films = films[CATALOGUE, ""]
    with_keywords = keyword_films[CATALOGUE, ""] >= max(1, _WITH_KEYWORDS * all_films)
    words_of_films = subject_lexicon(lexicon)
    languages = sorted({*known_languages, "en"})
    genres = {key: count for (kind, key), count in films.items() if kind == GENRE}

    rows = []
    for (kind, key), count in films.items():
        if kind != SUBJECT or is_banned(key, adult=adult, extra=lexicon):
            continue
        said_by = words_of_films.genre_beside(key)
        weight = words_of_films.print_weight(key)
        if weight and genres.get(said_by or "", 0) < _LABEL_SHARE * all_films:
            own = {w for code in languages for w in words_of_films.words_of(key, code)}
            said = keyword_films[kind, key]
            rows.append(_row(SUBJECT, key, count, weight, keyword_films=said, terms=sorted(own)))
    unusable = Unusable(lexicon, languages, with_keywords, adult)
    further, other_words = find_further_subjects(
        terms,
        forms,
        words,
        noun_genres,
        genres,
        all_films,
        with_keywords,
        words_of_films,
        unusable,
        language,
        language in known_languages,  # "Vigneron Documentaries" mixes two
    )
    known = {row["key"] for row in rows}
    rows += [
        _row(
            SUBJECT,
            subject.printed,
            subject.films,
            subject.weight,
            keyword_films=subject.keyword_films,
            terms=list(subject.terms),
        )
        for subject in further
        if subject.printed not in known and not is_banned(subject.printed, language, adult, lexicon)
    ]
    rows.sort(key=lambda row: (-row["weight"], -row["films"], row["key"]))
    del rows[_MOST_SUBJECTS:]
    rows.sort(key=lambda row: row["key"])
    number = {row["key"]: position for position, row in enumerate(rows)}
    for position, row in enumerate(rows):
        row["same_as"] = position
    for word in other_words[:_MOST_SUBJECTS]:
        if word.subject in number and not is_banned(word.printed, language, adult, lexicon):
            key, said = f"{word.subject}/{word.printed}", word.keyword_films
            same = {"printed": word.printed, "same_as": number[word.subject]}
            row = _row(WORD, key, word.films, _WORD_WEIGHT, said, [word.printed])
            rows.append({**row, **same})
    for (kind, key), count in sorted(films.items()):
        listed = key in genre_words().nouns
        if kind == GENRE and (listed or count >= _LABEL_SHARE * all_films):
            rows.append(_row(GENRE, key, count, 1.0 if listed else _LABEL_WEIGHT))
    shared: Counter[str] = Counter()
    for part in parts_of(facets):
        shared.update(facet_keys(part)[1])
    rows += [_row(FACET, key, n, 1.0) for key, n in sorted(shared.items()) if n >= _FACET_FILMS]
    numbered = [{"number": n, "same_as": n, **row} for n, row in enumerate(rows)]
    return {"parts": pa.Table.from_pylist(numbered, PARTS)}


def _row(
    kind: str,
    key: str,
    films: int,
    weight: float,
    keyword_films: int = 0,
    terms: Sequence[str] = (),
) -> dict[str, Any]:
    return {
        "kind": kind,
        "key": key,
        "printed": key,
        "terms": list(terms),
        "films": films,
        "keyword_films": keyword_films,
        "weight": weight,
    }
