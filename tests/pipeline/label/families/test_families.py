"""Families whose names are true of most of their films."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.label.families import Families, find_families
from pipeline.schemas.name_parts import NameParts
from tests.pipeline.label.families.shelved import genre, possible, sizes_of, subject, truth_of
from tests.pipeline.label.shelves.parts_of_films import angles

CATALOGUE = {
    0: ["ghost|Horror"] * 6,
    1: ["vampire|Horror"] * 5,
    2: ["heist|Crime"] * 6,
    3: ["police officer|Crime"] * 4,
    4: ["nun|Drama"] * 3,
    5: ["Drama"] * 4,
}
AT = angles(0, 10, 100, 110, 200, 210)


def families(
    films: dict[int, list[str]], at: np.ndarray, count: int, partitions: int = 1
) -> Families:
    return find_families(possible(films, partitions), at, sizes_of(films), count)


def test_micro_genres_with_a_genre_in_common_are_a_family_of_its_name() -> None:
    found = families(CATALOGUE, AT, 3)
    assert found.family.tolist() == [0, 0, 1, 1, 2, 2]
    assert found.names == [genre("Horror"), genre("Crime"), genre("Drama")]


def test_a_micro_genre_goes_to_a_name_that_is_true_not_to_the_nearest_one() -> None:
    at = angles(0, 10, 100, 110, 5, 200)  # the nuns are among the ghosts
    found = families(CATALOGUE, at, 3)
    assert found.names[found.family[4]] == genre("Drama")


def test_of_two_true_names_the_nearer_family_has_the_micro_genre() -> None:
    both = {**CATALOGUE, 6: ["Horror|Crime"] * 2}
    for degrees, name in ((5, genre("Horror")), (105, genre("Crime"))):
        found = families(both, np.vstack([AT, angles(degrees)]), 3)
        assert found.names[found.family[6]] == name


def test_a_micro_genre_of_which_no_name_is_true_goes_where_the_name_stays_true() -> None:
    odd = {**CATALOGUE, 6: ["Western", "Animation", "Comedy"]}
    found = families(odd, np.vstack([AT, angles(15)]), 3)
    assert found.names[found.family[6]] == genre("Horror")
    assert min(truth_of(odd, found)) >= 0.65


def test_what_fits_no_name_is_a_family_to_be_named() -> None:
    bare = {**CATALOGUE, 6: [""] * 20, 7: [""] * 20}
    found = families(bare, np.vstack([AT, angles(300, 305)]), 4)
    assert found.names[found.family[6]] == NameParts()
    assert found.family[6] == found.family[7] == 0  # it has the most films
    assert len(found.names) == 4


def test_without_any_name_micro_genres_are_grouped_by_their_centroids() -> None:
    found = families({n: [""] * 2 for n in range(6)}, AT, 3)
    assert found.family.tolist() == [0, 0, 1, 1, 2, 2]
    assert found.names == [NameParts()] * 3


def test_a_small_family_of_one_micro_genre_does_not_last() -> None:
    small = {**CATALOGUE, 6: ["Western"]}
    found = families(small, np.vstack([AT, angles(20)]), 4)
    assert genre("Western") not in found.names
    large = {**CATALOGUE, 6: ["Western"] * 9}
    assert genre("Western") in families(large, np.vstack([AT, angles(20)]), 4).names


def test_a_subject_is_the_name_where_no_genre_is_common() -> None:
    films = {0: ["nun|Horror"] * 4, 1: ["nun|Comedy"] * 4, 2: ["nun|Crime"] * 4}
    films |= {3: ["Western"] * 4, 4: ["Western"] * 4}
    found = families(films, angles(0, 10, 20, 150, 160), 2)
    assert set(found.names) == {subject("nun"), genre("Western")}


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_there_are_no_more_families_than_wanted(count: int) -> None:
    assert len(families(CATALOGUE, AT, count).names) <= count


PARTS = st.lists(
    st.sampled_from(["ghost", "nun", "heist", "Horror", "Comedy", "Drama", "Crime", "language:hi"]),
    max_size=3,
    unique=True,
)


@given(
    st.lists(st.lists(PARTS, min_size=1, max_size=4), min_size=1, max_size=9),
    st.integers(1, 5),
)
def test_every_name_is_unique_and_true_of_most_films(
    drawn: list[list[list[str]]], count: int
) -> None:
    films = {n: ["|".join(film) for film in own] for n, own in enumerate(drawn)}
    at = np.random.default_rng(len(drawn)).normal(size=(len(films), 4))
    found = families(films, at, count)
    assert sorted(set(found.family)) == list(range(len(found.names)))
    assert len(found.names) <= count
    named = [name for name in found.names if name.all_numbers]
    assert len(set(named)) == len(named)
    for name, truth in zip(found.names, truth_of(films, found), strict=True):
        assert truth >= 0.65 - 1e-9 or not name.all_numbers
    totals = np.bincount(found.family, weights=sizes_of(films)).tolist()
    assert totals == sorted(totals, reverse=True)
    again = families(films, at, count, partitions=3)
    assert again.names == found.names
    assert np.array_equal(again.family, found.family)
