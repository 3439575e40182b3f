"""Count the terms of films by cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.label.terms.film_terms import WORD_COUNTS, find_film_terms
from pipeline.label.terms.term_counts import TERM_COUNTS, count_terms

TEXTS = pa.list_(pa.string())
MOVIES = pa.schema(
    [
        ("overview", pa.string()),
        ("tagline", pa.string()),
        ("keywords", TEXTS),
        ("directors", TEXTS),
        ("cast", TEXTS),
    ]
)


def movies(*films: Mapping[str, Any]) -> pa.Table:
    blank = {name: None for name in MOVIES.names} | {"overview": ""}
    return pa.Table.from_pylist([blank | dict(film) for film in films], MOVIES)


def assigned(*clusters: int) -> pa.Table:
    return pa.table([pa.array(clusters, pa.int32())], names=["cluster"])


def count_all(
    films: pa.Table,
    clusters: pa.Table,
    languages: pa.Table | None = None,
    known: Sequence[str] = (),
) -> dict[str, pa.Table]:
    """TERM_COUNTS and WORD_COUNTS, as the two stages give them."""
    found = find_film_terms(films, languages, known)
    counted = count_terms(found["terms"], found["held"], clusters)["counts"]
    return {"terms": counted, "words": found["words"]}


def count(*films: Mapping[str, Any], clusters: Sequence[int] | None = None) -> dict[str, pa.Table]:
    return count_all(movies(*films), assigned(*(clusters or [0] * len(films))))


def terms(overview: str, **film: Any) -> set[str]:
    return set(count({"overview": overview, **film})["terms"].column("term").to_pylist())


def counts(table: pa.Table) -> dict[tuple[int, str], tuple[int, int, int]]:
    return {
        (row["cluster"], row["term"]): (row["films"], row["keyword_films"], row["part_films"])
        for row in table.to_pylist()
    }


def word_counts(table: pa.Table) -> dict[str, tuple[int, int, int]]:
    rows = table.to_pylist()
    return {row["word"]: (row["lower"], row["capital"], row["credits"]) for row in rows}


def test_phrases_of_one_to_three_words() -> None:
    assert terms("a nuclear submarine crew mutinies") == {
        "nuclear",
        "submarine",
        "crew",
        "mutinies",
        "nuclear submarine",
        "submarine crew",
        "crew mutinies",
        "nuclear submarine crew",
        "submarine crew mutinies",
    }


def test_stop_words_occur_only_inside_a_phrase() -> None:
    found = terms("the race of death")
    assert found == {"race", "race of death", "death"}


@pytest.mark.parametrize(
    "overview",
    [
        "submarine. torpedo",
        "submarine, torpedo",
        "submarine; torpedo",
        "submarine: torpedo",
        "submarine! torpedo",
        "submarine (torpedo)",
        "(submarine) torpedo",
        'submarine "torpedo"',
        '"submarine" torpedo',
        "submarine \u201ctorpedo\u201d",
        "submarine \u2013 torpedo",
        "submarine\u2014torpedo",
        "submarine - torpedo",
        "submarine--torpedo",
        "submarine/torpedo",
        "submarine\u2026torpedo",
    ],
)
def test_phrases_never_cross_a_clause(overview: str) -> None:
    assert terms(overview) == {"submarine", "torpedo"}


def test_phrases_never_cross_overview_and_tagline() -> None:
    assert terms("submarine", tagline="torpedo") == {"submarine", "torpedo"}


def test_marks_inside_a_word_do_not_end_a_clause() -> None:
    assert "submarine k-class crew" in terms("submarine k-class crew")
    assert "captain's log" in terms("captain's log")


def test_phrases_contain_no_capitalised_word() -> None:
    found = terms("the captain Ramius defects quickly and Marko follows silently")
    assert found == {
        "captain",
        "defects",
        "defects quickly",
        "quickly",
        "follows",
        "follows silently",
        "silently",
    }


def test_short_words_and_numbers_alone_are_no_terms() -> None:
    assert terms("ox 1961") == set()
    assert "apollo 13" in terms("", keywords=["apollo 13"])


def test_keywords_are_counted_whole_and_by_their_parts() -> None:
    table = count({"overview": "", "keywords": ["Cold  War", "spy"]})["terms"]
    assert counts(table) == {
        (0, "cold"): (1, 0, 1),
        (0, "cold war"): (1, 1, 1),
        (0, "spy"): (1, 1, 1),
        (0, "war"): (1, 0, 1),
    }


def test_keyword_of_stop_words_or_of_more_than_three_words_is_whole() -> None:
    found = counts(count({"keywords": ["one against many", "fish out of deep water"]})["terms"])
    assert found[0, "one against many"] == (1, 1, 0)
    assert found[0, "fish out of deep water"] == (1, 1, 0)


def test_a_film_counts_a_term_once() -> None:
    film = {"overview": "spy spy. spy", "tagline": "spy", "keywords": ["spy", "spy", "Spy"]}
    assert counts(count(film)["terms"]) == {
        (0, "spy"): (1, 1, 1),
        (0, "spy spy"): (1, 0, 0),
    }


def test_counts_are_by_cluster() -> None:
    films = [{"overview": "spy"}, {"overview": "spy"}, {"overview": "spy"}]
    table = count(*films, clusters=[4, 1, 4])["terms"]
    assert counts(table) == {(1, "spy"): (1, 0, 0), (4, "spy"): (2, 0, 0)}


def test_words_are_counted_in_lower_case_with_a_capital_and_in_credits() -> None:
    found = word_counts(
        count(
            {
                "overview": "Hunters follow Rose. She wears a rose, and Rose runs.",
                "directors": ["Rose Hunter"],
                "cast": ["Axel Rose", "Rose Hunter"],
            }
        )["words"]
    )
    assert found["rose"] == (1, 2, 1)  # credits are counted by film
    # a capital at the start of a clause does not count: any word has one there
    assert "hunters" not in found
    assert "she" not in found
    assert found["hunter"] == (0, 0, 1)
    assert found["axel"] == (0, 0, 1)
    assert found["wears"] == (1, 0, 0)


def test_empty_partition_and_film_without_text() -> None:
    for found in (count(), count({"overview": ""})):
        assert found["terms"].num_rows == found["words"].num_rows == 0
        assert found["terms"].schema == TERM_COUNTS
        assert found["words"].schema == WORD_COUNTS


PIECES = st.sampled_from(["spy", "cold war", "Rose", "ship, sea", "submarine crew.", "the", "of"])
FILM = st.fixed_dictionaries(
    {
        "overview": st.lists(PIECES, max_size=5).map(" ".join),
        "tagline": st.none() | PIECES,
        "keywords": st.none() | st.lists(st.sampled_from(["spy", "cold war", "sea"]), max_size=3),
        "cast": st.none() | st.lists(st.sampled_from(["Rose Hill", "Ann Lee"]), max_size=2),
    }
)


@given(st.lists(st.tuples(FILM, st.integers(0, 2)), max_size=6), st.integers(0, 6))
def test_counts_add_up_over_partitions(films: list[tuple[dict[str, Any], int]], cut: int) -> None:
    whole, *parts = (
        count(*(film for film, _ in some), clusters=[cluster for _, cluster in some])
        for some in (films, films[:cut], films[cut:])
    )
    for name, keys in (("terms", ["cluster", "term"]), ("words", ["word"])):
        numbers = [column for column in whole[name].column_names if column not in keys]
        added = pa.concat_tables([part[name] for part in parts]).group_by(keys)
        summed = added.aggregate([(number, "sum") for number in numbers])
        rows = {
            tuple(row[k] for k in keys): [row[f"{number}_sum"] for number in numbers]
            for row in summed.to_pylist()
        }
        assert rows == {
            tuple(row[k] for k in keys): [row[number] for number in numbers]
            for row in whole[name].to_pylist()
        }


@pytest.mark.parametrize("apostrophe", ["'", "\u2019"])
def test_contracted_function_words_are_in_no_term(apostrophe: str) -> None:
    text = "When she's fired, a driver who's late finds that they're heirs and doesn't care"
    found = terms(text.replace("'", apostrophe))
    assert not [term for term in found if apostrophe in term]
    assert {"fired", "driver", "late", "heirs", "care"} <= found


def test_sentences_are_no_phrases() -> None:
    found = terms("a killer who steals watches as the prisoner of war falls in love")
    assert {"killer", "steals watches", "prisoner of war", "falls in love"} <= found
    assert not {"killer who steals"} & found


def terms_in(language: str, overview: str, known: Sequence[str] = ()) -> set[str]:
    spoken = pa.table({"text_language": pa.array([language], pa.string())})
    counted = count_all(
        movies({"overview": overview}), assigned(0), spoken, list(known or [language])
    )
    return set(counted["terms"].column("term").to_pylist())


def test_function_words_of_the_language_of_a_text_are_in_no_term() -> None:
    german = terms_in(
        "de", "W\u00e4hrend der Polizist auf dem Dachboden steht, landet ein Raumschiff."
    )
    assert {"polizist", "dachboden", "raumschiff", "landet"} <= german
    words_found = {word for term in german for word in term.split()}
    assert not {"w\u00e4hrend", "der", "auf", "dem", "ein"} & words_found
    french = terms_in("fr", "Pendant la guerre, l'homme cherche une femme dont le mari est mort.")
    assert {"guerre", "homme cherche", "femme", "mari"} <= french
    assert not {"pendant", "la", "dont", "une", "l'homme"} & french
    police, on, war = (
        "\u041f\u043e\u043b\u0438\u0446\u0438\u044f",
        "\u043d\u0430",
        "\u0432\u043e\u0439\u043d\u0435",
    )
    assert terms_in("ru", f"{police} {on} {war}") == {war}


def test_german_names_are_no_nouns() -> None:
    found = terms_in("de", "Anna findet im Stausee bei Kiel eine tote Frau und Berger flieht.")
    assert {"stausee", "frau", "flieht"} <= found
    assert not {"anna", "kiel", "berger"} & found


def test_a_language_that_the_catalogue_does_not_have_is_not_believed() -> None:
    """A short English text may look German: "war" and "die" are words of both."""
    assert "war" in terms_in("de", "soldiers die in a war", known=["en"])
    assert "war" not in terms_in("de", "soldiers die in a war", known=["en", "de"])


def test_leads_and_credits_give_no_terms() -> None:
    found = terms(
        "Rust is a 1994 horror film directed by Ina Volk. It was released in May. A nun prays."
    )
    assert found == {"nun", "nun prays", "prays"}
