"""What the namer is sent about each micro-genre."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.label.namer.prompts import NAMER_PROMPTS
from pipeline.label.namer.shelf_prompts import PROMPT_FACTS, shelf_prompts, typical_films
from pipeline.label.naming.descriptions import ShelfFacts
from pipeline.label.naming.grammar import print_name
from pipeline.label.naming.parsing import parse_name
from tests.support.name_vocabulary import name_vocabulary

VOCABULARY = name_vocabulary()


def number(kind: str, key: str) -> int:
    found = VOCABULARY.number_of(kind, key)
    assert found is not None
    return found


GHOST, NUN = number("subject", "ghost"), number("subject", "nun")
HORROR, DRAMA = number("genre", "Horror"), number("genre", "Drama")
FRENCH, SEVENTIES = number("facet", "country:FR"), number("facet", "decade:1970")


def film(movie_id: str, **facts: object) -> dict[str, object]:
    return dict.fromkeys(PROMPT_FACTS) | {"movie_id": movie_id, "title": movie_id.upper(), **facts}


def test_typical_films_are_the_nearest_and_do_not_depend_on_the_order() -> None:
    rows = [(f"f{n:02d}", n % 3, 0.5 + (n // 6) / 10) for n in range(30)]
    names = ["movie_id", "cluster", "similarity"]
    table = pa.table([pa.array(column) for column in zip(*rows, strict=True)], names=names)
    found = typical_films(table, without={1})
    assert found.to_pydict() == typical_films(table.take(list(range(29, -1, -1))), {1}).to_pydict()
    assert set(found["cluster"].to_pylist()) == {0, 2}
    own = [f for f, c in zip(*found.to_pydict().values(), strict=True) if c == 0]
    assert own == ["f24", "f27", "f18", "f21", "f12", "f15", "f06", "f09"]


def test_a_prompt_says_what_is_typical_in_words_that_can_be_checked() -> None:
    shares = {GHOST: 0.7, NUN: 0.1, HORROR: 0.8, DRAMA: 0.5, FRENCH: 0.6, SEVENTIES: 0.4}
    base = {GHOST: 0.02, NUN: 0.01, HORROR: 0.1, DRAMA: 0.5, FRENCH: 0.05, SEVENTIES: 0.1}
    films = [
        film("b", overview="Dr. Hall meets a ghost in Lyon. He runs.", cast=["Ann Hall"]),
        film("a", tagline="It waits", directors=["Jo Ray"], cast=["Ann Hall", "Li Wu"]),
    ]
    typical = pa.table({"movie_id": ["a", "b"], "cluster": pa.array([4, 4], pa.int32())})
    facts = [ShelfFacts()] * 4 + [ShelfFacts(shares, base)]
    table = shelf_prompts(typical, films, facts, VOCABULARY)
    assert table.schema == NAMER_PROMPTS
    assert table.to_pylist() == [
        {
            "cluster": 4,
            "subjects": ["ghost"],
            "genres": ["Horror"],
            "facets": ["French"],
            "titles": ["A", "B"],
            "texts": ["It waits", "Dr. Hall meets a ghost in Lyon."],
            "persons": ["Ann Hall", "Jo Ray", "Li Wu"],
        }
    ]
    parts = parse_name("French Ghost Horror", VOCABULARY)
    assert parts is not None
    assert print_name(parts, VOCABULARY) == "French Ghost Horror"


@pytest.mark.parametrize(
    ("overview", "sentence"),
    [
        ("", ""),
        ("No end", "No end"),
        (
            "A. B. C. The fourth one is long enough. Not this.",
            "A. B. C. The fourth one is long enough.",
        ),
    ],
)
def test_texts_are_first_sentences(overview: str, sentence: str) -> None:
    typical = pa.table({"movie_id": ["a"], "cluster": pa.array([0], pa.int32())})
    table = shelf_prompts(typical, [film("a", overview=overview)], [ShelfFacts()], VOCABULARY)
    assert table["texts"].to_pylist() == [[sentence]]
