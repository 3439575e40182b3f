"""What a text says about a film as a film, and the parts that tell its story."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.label.terms.grams import words
from pipeline.label.words.form import is_form, story_parts
from tests.support.cases import case


def story(clause: str) -> list[str]:
    return [" ".join(part) for part in story_parts(words(clause))]


@pytest.mark.parametrize(
    "clause",
    [
        "Rust is a 1994 American horror film directed by Ina Volk",
        "Rust is a 2004 American romantic comedy-drama film directed by Ina Volk and written by Bo",
        "War Piece is a 1981 American war film",  # "war" is a verb in German
        "Rust was the first feature film made in Basque language",
        "Rust is a 2011 Tamil action film written and directed by Ina Volk",
        "Rust is an American crime drama",
        "The film stars Una Pell and Bo Lint",
        "Starring Una Pell and Bo Lint",
        "Stille ist ein deutscher Horrorfilm von Ina Volk aus dem Jahr 1994",
        "Nuit est un film dramatique français réalisé par Ina Volk",
        "Noche es una película de terror estadounidense de 2004 dirigida por Ina Volk",
        "Notte è un film italiano del 2004 diretto da Ina Volk",
        "Noite é um filme brasileiro de 2004",
        "considered a lost film",
    ],
)
def test_leads_and_credits_have_no_story(clause: str) -> None:
    assert story(clause) == []


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("Rust is a 1994 film about a nun who hunts ghosts", ["a nun who hunts ghosts"]),
        ("Rust is a 1994 film directed by Ina Volk in which a nun hunts", ["a nun hunts"]),
        ("It stars Una Pell as a nun who hunts ghosts", ["nun who hunts ghosts"]),
        ("Rust is a 2008 American superhero film directed by Bo Lint", ["superhero"]),
        ("Rust is a 1972 British silent martial arts action film", ["martial arts"]),
        ("It was theatrically released on May 18", ["It was"]),
        ("1989 and received mixed reviews", ["1989 and"]),
        ("A nun hunts ghosts in this thriller directed by Ina Volk", None),
    ],
)
def test_what_follows_is_the_story(clause: str, expected: list[str] | None) -> None:
    found = story(clause)
    assert found == expected if expected else found[0].startswith("A nun hunts ghosts")


@pytest.mark.parametrize(
    "clause",
    [
        "A nun hunts ghosts",
        "A film student is haunted by a ghost",
        "Guido is a film director who cannot finish his work",
        "He is a war veteran who was released from prison in 1990",
        "The killer is a movie star",
        "A series of murders shocks the town",
        "What follows is a series of murders",
        "Her brother is a drama teacher",
        "She is the hero from her favourite anime",
        "A critic fears the stars of the opera",
        "",
    ],
)
def test_stories_about_films_and_stars_stay(clause: str) -> None:
    assert story(clause) == ([clause] if clause else [])


@pytest.mark.parametrize(
    "term",
    [
        "film",
        "war film directed",
        "horror film",
        "written",
        "starring",
        "stars",
        "negative reviews",
        "box-office hit",
        "theatrically released",
        "film's plot",
        "supporting cast",
        "regie",
        "película",
        "фильм",
    ],
)
def test_words_of_form(term: str) -> None:
    assert is_form(term)


@pytest.mark.parametrize("term", ["murder", "wedding", "soldiers", "ghost", "rock stars"])
def test_words_of_stories(term: str) -> None:
    assert not is_form(term)


def test_the_encyclopaedia_case_leaves_the_stories_only() -> None:
    with case("21-encyclopaedia-leads/films.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        clauses = row["overview"].split(". ")
        found = [part for clause in clauses for part in story(clause)]
        text = " ".join(found).lower()
        assert not {"film", "directed", "stars", "horror", "reviews"} & set(text.split())
        assert " ".join(words(clauses[-1])) in found


@given(
    st.lists(
        st.sampled_from(
            [
                "A",
                "nun",
                "is",
                "a",
                "film",
                "1994",
                "horror",
                "about",
                "stars",
                "ghosts",
                "of",
                "The",
            ]
        )
    )
)
def test_parts_are_words_of_the_clause_in_order(clause: list[str]) -> None:
    rest = iter(clause)
    assert all(word in rest for part in story_parts(clause) for word in part)
