"""Names: readable, in title case, unique, nearest to their own cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pytest

from pipeline.label.keywords.text_centroids import centroid_table
from pipeline.label.names import (
    PROPOSALS,
    choose_names,
    genre_noun,
    propose_all_names,
    propose_names,
    reusable_names,
    title_case,
)
from pipeline.label.words.lexicon import normal_form
from pipeline.schemas.vectors import column_of_vectors
from pipeline.schemas.words.genre_words import genre_words

DIM = 3
UNITS = np.eye(DIM, dtype=np.float32)


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("submarine thriller", "Submarine Thriller"),
        ("cold-war submarine thriller", "Cold-War Submarine Thriller"),
        ("lord of the rings", "Lord of the Rings"),
        ("the haunted house", "The Haunted House"),
        ("of mice and men", "Of Mice and Men"),
        ("wwii resistance", "WWII Resistance"),
        ("world-war-ii drama", "World-War-II Drama"),
        ("ai robot", "AI Robot"),
        ("cia spy & kgb mole", "CIA Spy & KGB Mole"),
        ("boy-of-the-streets comedy", "Boy-of-the-Streets Comedy"),
        ("\u00e9migr\u00e9 drama", "\u00c9migr\u00e9 Drama"),
        ("aids activist", "Aids Activist"),  # no acronym inside a word
        ("", ""),
    ],
)
def test_title_case(words: str, title: str) -> None:
    assert title_case(words) == title


def names(
    keywords: Sequence[tuple[str, float]], noun: str = "", joiner: str = "", wide: bool = False
) -> list[str]:
    scored = [(word, score, 0.0) for word, score in keywords]
    return [name for name, _ in propose_names(scored, noun, joiner, wide)]


def test_pairs_of_keywords_with_the_noun_are_sorted_by_weight() -> None:
    found = propose_names([("submarine", 2.0, 0.1), ("cold war", 1.0, 0.1)], "Thriller")
    assert [name for name, _ in found] == [
        "Submarine Thriller",
        "Submarine Cold-War Thriller",
        "Cold-War Submarine Thriller",
        "Cold-War Thriller",
    ]
    weights = [weight for _, weight in found]
    assert weights == sorted(weights, reverse=True)


def test_two_words_at_the_end_have_no_hyphen() -> None:
    assert "Submarine Cold War" in names([("submarine", 2.0), ("cold war", 1.0)])
    assert "Cold-War Submarine" in names([("submarine", 2.0), ("cold war", 1.0)])


def test_families_are_joined_by_an_ampersand() -> None:
    found = names([("ghost", 2.0), ("vampire", 1.0)], "Horror", joiner="&")
    assert "Ghost & Vampire Horror" in found
    assert "Vampire & Ghost Horror" in found
    assert "Ghost Horror" in found
    assert not any("Ghost Vampire" in name for name in found)


def test_the_noun_repeats_no_word() -> None:
    assert names([("crime", 1.0)], "Crime Story") == ["Crime Story"]
    assert names([("wars", 1.0)], "War Film") == ["Wars Film"]


def test_words_with_the_same_stem_are_used_once() -> None:
    found = names([("boxing", 2.0), ("boxer", 1.5), ("gym", 1.0)], "Sports Drama")
    assert not any("Boxing" in name and "Boxer" in name for name in found)
    assert "Boxing Gym Sports Drama" in found
    assert not any(
        "Wolf" in name and "Wolves" in name for name in names([("wolf", 2.0), ("wolves", 1.0)])
    )


def test_a_place_is_named_without_its_country() -> None:
    keywords = [("copenhagen, denmark", 2.0, 0.1), ("harbour", 1.5, 0.1)]
    names = [name for name, _ in propose_names(keywords, "Drama")]
    assert "Copenhagen Harbour Drama" in names
    assert not any("," in name or "Denmark" in name for name in names)


def test_brackets_and_relationships_are_removed() -> None:
    assert names([("paris (france)", 1.0)], "Romance") == ["Paris Romance"]
    assert names([("father son relationship", 1.0)], "Drama") == ["Father-Son Drama"]
    assert names([("relationship", 1.0)], "Drama") == []


def test_overlong_names_are_not_proposed() -> None:
    long = [("extraordinarily circumstantial", 2.0), ("incomprehensible misunderstanding", 1.0)]
    assert all(len(name) <= 60 for name in names(long, "Science Fiction"))
    assert len(names(long, "Science Fiction")) == 2


def test_wide_proposes_more_and_names_without_the_noun() -> None:
    keywords = [(f"{letter * 5}", 9.0 - n) for n, letter in enumerate("bcdfghjklmnpqrst")]
    few, many = names(keywords, "Drama"), names(keywords, "Drama", wide=True)
    assert set(few) < set(many)
    assert all(name.endswith("Drama") for name in few)
    assert not all(name.endswith("Drama") for name in many)


def test_keywords_of_high_contrast_are_proposed_too() -> None:
    keywords = [(f"{letter * 5}", 9.0 - n, 0.0) for n, letter in enumerate("bcdfghjk")]
    keywords.append(("telling", 0.1, 0.9))
    assert "Telling Drama" in [name for name, _ in propose_names(keywords, "Drama")]


def test_no_keywords_give_no_names() -> None:
    assert propose_names([], "Drama") == []


def test_scores_of_zero_give_names() -> None:
    assert names([("submarine", 0.0)], "Drama") == ["Submarine Drama"]


def test_genre_noun_is_that_of_the_most_typical_genre() -> None:
    base = {"Drama": 0.6, "Thriller": 0.2, "War": 0.05}
    assert genre_noun({"Drama": 0.7, "Thriller": 0.8, "War": 0.1}, base) == "Thriller"
    assert genre_noun({"Drama": 0.9}, base) == "Drama"
    assert genre_noun({"War": 0.5, "Drama": 0.6}, base) == "War Film"


def test_no_typical_genre_gives_no_noun() -> None:
    assert genre_noun({}, {}) == ""
    assert genre_noun({"Drama": 0.1}, {"Drama": 0.1}) == ""
    assert genre_noun({"Ikebana": 0.5}, {"Ikebana": 0.1}) == ""


def test_an_unknown_label_of_most_films_is_their_noun() -> None:
    assert genre_noun({"Ikebana": 0.9}, {"Ikebana": 0.1}) == "Ikebana"
    assert genre_noun({"Ikebana": 0.9, "Drama": 0.3}, {"Ikebana": 0.1, "Drama": 0.3}) == "Drama"
    assert genre_noun({"Films of the " + "very " * 6 + "old": 0.9}, {}) == ""


@pytest.mark.parametrize("form", ["Animation", "Documentary", "Family", "Musical", "Short"])
def test_how_films_are_made_is_a_noun_of_most_films_only(form: str) -> None:
    base = {form: 0.07, "Drama": 1.0, "Comedy": 0.3}
    assert genre_noun({form: 13 / 45, "Drama": 1.0}, base) == "Drama"
    assert genre_noun({form: 0.59, "Drama": 0.6, "Comedy": 0.35}, base) == "Drama"
    assert genre_noun({form: 0.6, "Drama": 0.6}, base) == genre_words().nouns[form]
    assert genre_noun({form: 0.5}, base) == ""


def choose(
    proposals: Mapping[int, Mapping[str, float]],
    vectors: Mapping[str, np.ndarray],
    means: np.ndarray = UNITS,
    taken: Sequence[str] = (),
) -> tuple[dict[int, str], list[int]]:
    rows = [
        {"cluster": cluster, "name": name, "weight": weight}
        for cluster, group in proposals.items()
        for name, weight in group.items()
    ]
    matrix = np.array(list(vectors.values()), np.float32).reshape(-1, DIM)
    return choose_names(
        pa.Table.from_pylist(rows, PROPOSALS),
        pa.table(
            [pa.array(list(vectors), pa.string()), column_of_vectors(matrix)],
            names=["term", "vector"],
        ),
        centroid_table(means),
        taken,
    )


def test_the_name_nearest_to_its_own_centroid_is_chosen() -> None:
    chosen, strays = choose(
        {0: {"Sea": 0.9, "Submarine": 0.1}, 1: {"Ghost": 0.5}, 2: {"Sea": 0.5}},
        {"Sea": UNITS[2], "Submarine": UNITS[0], "Ghost": UNITS[1]},
    )
    assert chosen == {0: "Submarine", 1: "Ghost", 2: "Sea"}
    assert strays == []


def test_weight_decides_between_names_equally_near() -> None:
    both = {"Anchor": 0.1, "Submarine": 0.9}
    chosen, _ = choose({0: both}, dict.fromkeys(both, UNITS[0]))
    assert chosen[0] == "Submarine"


def test_a_name_nearer_to_another_cluster_is_reported() -> None:
    chosen, strays = choose(
        {0: {"Ghost": 1.0}, 1: {"House": 1.0}, 2: {"Sea": 1.0}},
        {"Ghost": UNITS[1], "House": UNITS[1], "Sea": UNITS[2]},
    )
    assert chosen == {0: "Ghost", 1: "House", 2: "Sea"}
    assert strays == [0]


def test_no_two_clusters_have_names_of_the_same_words() -> None:
    same = {"Submarine War": 0.9, "War Submarine": 0.8, "Submarines War": 0.7}
    chosen, _ = choose({c: same for c in range(3)}, dict.fromkeys(same, UNITS[0]))
    forms = {normal_form(name) for name in chosen.values()}
    assert len(forms) == 3
    assert chosen[0] == "Submarine War"


def test_the_next_best_name_is_chosen_if_the_best_is_taken() -> None:
    both = {"Submarine": 0.9, "Torpedo": 0.1}
    vectors = {"Submarine": UNITS[0], "Torpedo": UNITS[0] * 0.9}
    chosen, strays = choose({0: both, 1: both, 2: {"Sea": 0.1}}, vectors | {"Sea": UNITS[2]})
    assert chosen == {0: "Submarine", 1: "Torpedo", 2: "Sea"}
    assert strays == [1]


def test_names_of_the_level_below_are_not_reused() -> None:
    both = {"Submarine Film": 0.9, "Torpedo Film": 0.1}
    chosen, _ = choose({0: both}, dict.fromkeys(both, UNITS[0]), taken=["Films of Submarines"])
    assert chosen[0] == "Torpedo Film"


def test_clusters_without_proposals_get_numbered_names() -> None:
    chosen, strays = choose({0: {"Sea": 1.0}}, {"Sea": UNITS[0]})
    assert chosen == {0: "Sea", 1: "Films", 2: "Films 2"}
    assert strays == [1, 2]


def test_a_single_cluster() -> None:
    chosen, strays = choose({0: {"Sea": 1.0}}, {"Sea": UNITS[0]}, UNITS[:1])
    assert (chosen, strays) == ({0: "Sea"}, [])


def test_names_of_all_clusters_are_proposed_with_their_own_nouns() -> None:
    keywords = {0: [("submarine", 2.0, 0.1)], 1: [(f"{c * 5}", 1.0, 0.1) for c in "bcdfghjkl"]}
    table = propose_all_names(keywords, ["Thriller", ""], "&", wide={1})
    assert table.schema == PROPOSALS
    assert table.slice(0, 1).to_pylist() == [
        {"cluster": 0, "name": "Submarine Thriller", "weight": 0.9}
    ]
    rows = [(row["name"], row["weight"]) for row in table.to_pylist() if row["cluster"] == 1]
    assert rows == propose_names(keywords[1], "", "&", wide=True)


def reusable(
    previous: Mapping[int, tuple[str, Sequence[str]]],
    keywords: Mapping[int, Sequence[str]],
    fresh: Mapping[int, str],
    vectors: Mapping[str, np.ndarray],
) -> dict[int, str]:
    matrix = np.array(list(vectors.values()), np.float32)
    table = pa.table([list(vectors), column_of_vectors(matrix)], names=["term", "vector"])
    return reusable_names(previous, keywords, fresh, table, centroid_table(UNITS))


def test_a_previous_name_is_reused_if_a_keyword_is_shared_and_its_centroid_is_nearest() -> None:
    vectors = {"Sea": UNITS[0], "Ocean": UNITS[0], "Ghost": UNITS[1]}
    fresh = {0: "Ocean", 1: "Ghost"}
    keywords = {0: ["boat", "wave"], 1: ["ghost"]}
    assert reusable({0: ("Sea", ["boat"])}, keywords, fresh, vectors) == {0: "Sea"}
    assert reusable({0: ("Sea", ["train"])}, keywords, fresh, vectors) == {}
    # nearest to another centroid, and farther from the own one than the new name
    assert reusable({0: ("Ghost", ["boat"])}, keywords, fresh, vectors) == {}


def test_a_previous_name_as_far_as_the_new_one_is_reused() -> None:
    vectors = {"Sea": UNITS[1], "Ocean": UNITS[1]}
    found = reusable({0: ("Sea", ["boat"])}, {0: ["boat"]}, {0: "Ocean"}, vectors)
    assert found == {0: "Sea"}


def test_two_clusters_never_reuse_the_same_words() -> None:
    vectors = {"Sea War": UNITS[0], "Sea Wars": UNITS[1], "Boat": UNITS[0], "Ship": UNITS[1]}
    previous = {0: ("Sea War", ["sea"]), 1: ("Sea Wars", ["sea"])}
    found = reusable(previous, {0: ["sea"], 1: ["sea"]}, {0: "Boat", 1: "Ship"}, vectors)
    assert found == {0: "Sea War"}


def test_fixed_names_are_kept_and_not_given_to_others() -> None:
    proposals = pa.Table.from_pylist(
        [{"cluster": 1, "name": name, "weight": w} for name, w in (("Sea", 0.9), ("Boat", 0.1))],
        PROPOSALS,
    )
    vectors = pa.table(
        [["Sea", "Boat"], column_of_vectors(UNITS[[1, 1]])], names=["term", "vector"]
    )
    chosen, strays = choose_names(proposals, vectors, centroid_table(UNITS[:2]), fixed={0: "Seas"})
    assert chosen == {0: "Seas", 1: "Boat"}
    assert strays == []


def test_a_cluster_without_keywords_is_proposed_its_noun() -> None:
    table = propose_all_names({0: [], 1: []}, ["Drama", ""], "", ())
    assert table.to_pylist() == [{"cluster": 0, "name": "Drama", "weight": 0.0}]
