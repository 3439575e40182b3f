"""Subjects beyond the lexicon."""

from __future__ import annotations

from typing import Any

from pipeline.label.terms.film_terms import find_film_terms
from pipeline.label.terms.further_subjects import find_further_subjects
from pipeline.label.terms.usable import Unusable
from pipeline.label.words.subjects import subject_lexicon
from tests.pipeline.label.terms.catalogue import Films, clean


def further(films: Films) -> dict[str, tuple[int, int, tuple[str, ...]]]:
    found = find_film_terms(clean(films))
    subjects, _ = find_further_subjects(
        found["terms"],
        found["forms"],
        found["words"],
        found["noun_genres"],
        {},
        len(films),
        True,
        subject_lexicon(),
        Unusable(with_keywords=True),
    )
    return {s.printed: (s.films, s.keyword_films, s.terms) for s in subjects}


def test_a_keyword_is_printed_in_the_singular_if_films_use_it() -> None:
    films: list[dict[str, Any]] = [{"keywords": ["velvet lanterns"]}] * 3 + [
        {"keywords": ["velvet lantern"]}
    ] * 2
    assert further(films) == {"velvet lantern": (5, 5, ("velvet lantern", "velvet lanterns"))}
    assert set(further(films[:3])) == {"velvet lanterns"}


def test_a_word_of_many_texts_and_few_keywords_is_no_subject() -> None:
    films: list[dict[str, Any]] = [{"overview": "they see a lantern", "keywords": ["lantern"]}] * 3
    assert "lantern" in further(films)
    assert "lantern" not in further(films + [{"overview": "they see a lantern"}] * 20)
