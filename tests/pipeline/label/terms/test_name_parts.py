"""The vocabulary of parts: subjects of the lexicon, frequent keywords, genres, facets."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.schemas.name_parts import FACET, GENRE, PARTS, SUBJECT, WORD
from tests.pipeline.label.terms.catalogue import films_of, keys_of, mine

KEYWORDS: list[dict[str, Any]] = [
    {
        "overview": "A vampire flees.",
        "keywords": ["vampire", "velvet lantern"],
        "genres": ["Horror"],
    },
    {"overview": "Two vampires meet.", "keywords": ["velvet lanterns"], "genres": ["Horror"]},
    {"overview": "A velvet-lantern burns.", "keywords": ["zeppelin"], "year": 1923},
    {
        "overview": "No text of note.",
        "keywords": ["velvet lantern", "based on novel"],
        "year": 1925,
    },
    *({"overview": "A cop waits.", "keywords": ["cop"], "year": 1971, "genres": ["Odd"]},) * 5,
]


def test_parts_are_subjects_words_genres_and_facets_in_this_order() -> None:
    parts, _ = mine(KEYWORDS)
    assert parts.schema == PARTS
    rows = parts.to_pylist()
    assert [row["number"] for row in rows] == list(range(len(rows)))
    order = [(SUBJECT, WORD, GENRE, FACET).index(row["kind"]) for row in rows]
    assert order == sorted(order)
    assert {"decade:1970", "form:short"} & set(keys_of(parts, FACET)) == {"decade:1970"}
    assert keys_of(parts, GENRE) == ["Horror", "Odd"]


def test_spellings_of_a_keyword_are_one_subject() -> None:
    parts, films = mine(KEYWORDS)
    (row,) = (row for row in parts.to_pylist() if row["key"] == "velvet lantern")
    assert row["terms"] == ["velvet lantern", "velvet lanterns", "velvet-lantern"]
    assert (row["films"], row["keyword_films"]) == (4, 3)
    assert row["weight"] == pytest.approx(0.8)
    assert films_of(parts, films, "velvet lantern") == {"m0000", "m0001", "m0002", "m0003"}


def test_rare_keywords_and_words_about_films_are_no_subjects() -> None:
    subjects = keys_of(mine(KEYWORDS)[0], SUBJECT)
    assert "vampire" in subjects
    assert not {"zeppelin", "based on novel", "note", "text"} & set(subjects)


def test_a_word_for_a_subject_of_the_lexicon_may_be_printed() -> None:
    parts, films = mine(KEYWORDS)
    rows = {row["key"]: row for row in parts.to_pylist()}
    word = rows["police officer/cop"]
    assert (word["kind"], word["printed"]) == (WORD, "cop")
    assert word["same_as"] == rows["police officer"]["number"]
    cops = {f"m{n:04d}" for n in range(4, 9)}
    assert films_of(parts, films, "police officer") == cops
    assert films_of(parts, films, "police officer", "literal") == set()
    assert films_of(parts, films, "police officer/cop", "literal") == cops


def test_no_name_prints_banned_subjects_but_with_adult_films() -> None:
    films = [
        {"overview": "Text.", "keywords": ["prostitute", "vampire", "brothel", "nightclub"]}
    ] * 4
    assert {"vampire", "nightclub"} <= set(keys_of(mine(films)[0], SUBJECT))
    assert "prostitute" not in keys_of(mine(films)[0], SUBJECT)
    assert "prostitute/brothel" not in keys_of(mine(films)[0], WORD)
    adult = mine(films, adult=True)[0]
    assert "prostitute" in keys_of(adult, SUBJECT)
    assert "prostitute/brothel" in keys_of(adult, WORD)


def test_romance_is_a_subject_only_where_it_is_no_genre() -> None:
    film = {"overview": "A nun in love.", "keywords": ["love affair", "gun"]}
    assert "romance" in keys_of(mine([film] * 5)[0], SUBJECT)
    with_genre = keys_of(mine([film | {"genres": ["Romance"]}] * 5)[0], SUBJECT)
    assert "nun" in with_genre
    assert not {"romance", "gun"} & set(with_genre)


def test_counts_are_those_of_the_films_and_the_same_for_any_partitions() -> None:
    parts, films = mine(KEYWORDS)
    for row in parts.to_pylist():
        if row["kind"] != WORD:
            assert row["films"] == sum(row["number"] in own for own in films["parts"].to_pylist())
    ids = [{"movie_id": f"m{n:04d}"} | film for n, film in enumerate(KEYWORDS)]
    for some in ([ids[:4], ids[4:]], [ids[7:], ids[:7]], [ids[::-1]]):
        other, other_films = mine(*some)
        assert other.equals(parts)
        assert other_films.sort_by("movie_id").equals(films.sort_by("movie_id"))


def text_films(count: int, overview: str, genre: str) -> list[dict[str, Any]]:
    return [{"overview": overview, "genres": [genre]} for _ in range(count)]


def test_without_keywords_nouns_that_are_themes_are_subjects() -> None:
    films = [
        *text_films(40, "The blacksmith wants to marry the moment.", "Western"),
        *text_films(40, "They accuse the moment of a strange thing.", "Comedy"),
    ]
    subjects = keys_of(mine(films)[0], SUBJECT)
    assert "blacksmith" in subjects
    assert not {"moment", "marry", "accuse", "strange"} & set(subjects)


def test_a_word_that_nearly_always_stands_in_a_longer_term_is_no_subject() -> None:
    films = [{"overview": "A quiet day.", "keywords": ["velvet lantern", "lantern"]}] * 4
    subjects = set(keys_of(mine(films)[0], SUBJECT))
    assert "velvet lantern" in subjects
    assert "lantern" not in subjects


@pytest.mark.parametrize(
    ("language", "western", "comedy", "subject", "others"),
    [
        ("pl", "Kowal poluje na wampiry.", "Kowal ucieka.", "wampir", {"poluje", "kowal"}),
        ("ru", "Кузнец идёт за ремесленником.", "Кузнец бежит.", "ремесленник", {"идти", "кузнец"}),
        ("ja", "浪人が怪鳥を討つ。", "浪人が走る。", "怪鳥", {"討", "走", "浪人"}),
        ("zh", "铁匠寻找马车。", "铁匠睡着了。", "马车", {"寻找", "铁匠"}),
        ("ko", "대장장이 나침반을 찾는다.", "대장장이 잔다.", "나침반", {"찾는다", "대장장이"}),
    ],
)
def test_nouns_of_texts_are_subjects_in_languages_without_articles_or_spaces(
    language: str, western: str, comedy: str, subject: str, others: set[str]
) -> None:
    films = [*text_films(40, western, "Western"), *text_films(40, comedy, "Comedy")]
    parts, of_films = mine(films, language=language)
    found = set(keys_of(parts, SUBJECT))
    assert subject in found
    assert found.isdisjoint(others)
    assert len(films_of(parts, of_films, subject)) == 40


def test_other_languages_print_a_keyword_as_the_catalogue_writes_it() -> None:
    films = [{"overview": "Ksiądz.", "keywords": ["opętanie"]}] * 4
    subjects = set(keys_of(mine(films, language="pl")[0], SUBJECT))
    assert "opętanie" in subjects  # not "opętać", its verb
    assert "opętać" not in subjects
