"""The terms, subjects and genres of films, found once."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.label.terms.film_terms import (
    CATALOGUE,
    FORMS,
    FOUND,
    HELD,
    NOUN_GENRES,
    TERMS,
    TEXT_WORDS,
    find_film_terms,
)
from tests.pipeline.label.terms.catalogue import clean

PIECES = st.sampled_from(["the spy", "spies", "a cold war", "Rose", "ship,", "the", "of"])
FILM = st.fixed_dictionaries(
    {
        "overview": st.lists(PIECES, max_size=5).map(" ".join),
        "keywords": st.none() | st.lists(st.sampled_from(["spy", "cold-war", "sea"]), max_size=3),
        "genres": st.lists(st.sampled_from(["Drama", "Crime"]), max_size=2, unique=True),
    }
)
SCHEMAS = {"terms": TERMS, "forms": FORMS, "held": HELD, "found": FOUND}
SCHEMAS |= {"text_words": TEXT_WORDS, "noun_genres": NOUN_GENRES}


def test_held_are_positions_of_the_terms_of_each_film() -> None:
    found = find_film_terms(clean([{"overview": "a spy"}, {"keywords": ["cold war", "spy"]}]))
    names = found["terms"]["term"].to_pylist()
    held = [
        {name: [names[n] for n in row[name]] for name in ("terms", "keywords", "parts")}
        for row in found["held"].to_pylist()
    ]
    both = ["cold", "cold war", "spy", "war"]
    assert held == [
        {"terms": ["spy"], "keywords": [], "parts": []},
        {"terms": both, "keywords": ["cold war", "spy"], "parts": both},
    ]


def test_subjects_genres_and_all_films_are_counted() -> None:
    films = [
        {"overview": "A spy flees.", "genres": ["Krimi"]},
        {"overview": "Nothing.", "keywords": ["spies"], "genres": ["Crime", "krimi"]},
    ]
    found = find_film_terms(clean(films))["found"]
    rows = {
        (row["kind"], row["key"]): (row["films"], row["keyword_films"]) for row in found.to_pylist()
    }
    assert rows[CATALOGUE, ""] == (2, 1)
    assert rows["subject", "spy"] == (2, 1)
    assert rows["genre", "Crime"] == (2, 0)


def test_credits_of_a_lead_name_no_subject() -> None:
    text = "Rust is a 1994 horror film directed by a pirate. A nun prays."
    keys = find_film_terms(clean([{"overview": text}]))["found"]["key"].to_pylist()
    assert "nun" in keys
    assert "pirate" not in keys


@given(st.lists(FILM, max_size=6), st.integers(0, 6))
def test_forms_and_subjects_add_up_over_partitions(
    films: list[dict[str, object]], cut: int
) -> None:
    whole, *parts = (find_film_terms(clean(some)) for some in (films, films[:cut], films[cut:]))
    for name, schema in SCHEMAS.items():
        assert whole[name].schema == schema
    for name, keys in (
        ("terms", ["term", "language", "form"]),
        ("forms", ["form", "language"]),
        ("found", ["kind", "key"]),
        ("noun_genres", ["form", "language", "genre"]),
    ):
        numbers = [column for column in whole[name].column_names if column not in keys]
        added = pa.concat_tables([part[name] for part in parts]).group_by(keys)
        summed = added.aggregate([(number, "sum") for number in numbers]).to_pylist()
        assert {tuple(r[k] for k in keys): [r[f"{n}_sum"] for n in numbers] for r in summed} == {
            tuple(r[k] for k in keys): [r[n] for n in numbers] for r in whole[name].to_pylist()
        }
