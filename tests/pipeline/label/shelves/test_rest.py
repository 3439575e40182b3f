"""Shelves of films without a theme: true of all their films, of a fair size."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.label.shelves.rest import (
    REST_KEYS,
    RestShelf,
    count_rest,
    rest_keys,
    rest_shelves,
    shelve_rest,
    telling_genres,
)
from tests.pipeline.label.shelves.parts_of_films import (
    KEYS,
    film_parts,
    name,
    number,
    parts_table,
)

FILM = st.lists(st.sampled_from(KEYS), max_size=6, unique=True).map("|".join)
FILMS = st.lists(FILM, min_size=1, max_size=40)


def keys_of(films: list[str]) -> list[list[str | None]]:
    # the catalogue is mostly English
    parts = parts_table([*films, *["language:en"] * 100])
    found = rest_keys(film_parts(films), parts)
    return [[KEYS[n] if n >= 0 else None for n in row] for row in found.tolist()]


def counted(films: list[str], clusters: list[int] | None = None) -> pa.Table:
    own = pa.table({"cluster": pa.array(clusters or [-1] * len(films), pa.int32())})
    return count_rest(film_parts(films), own, parts_table([*films, *["language:en"] * 100]))["keys"]


def shelves_of(
    keys: list[pa.Table], least: int, most: int, few: int | None = None
) -> list[RestShelf]:
    return rest_shelves(keys, telling_genres(parts_table([])), few or least, least, most)


def shelf(keys: str, films: int) -> RestShelf:
    """Return the shelf of "genre|language|second|time"; a level may be empty."""
    genre, language, second, time = (number(key) if key else None for key in keys.split("|"))
    return RestShelf(genre, language, second, time, films)


def test_the_keys_of_a_film_are_its_genres_its_language_and_its_time() -> None:
    films = [
        "language:hi|Drama|decade:1960|era:classic",
        "language:en|Comedy|Documentary|decade:1970",
        "Drama|Horror|Comedy|era:silent|decade:1960",
        "Drama|Horror|Comedy|Crime|Western",
        "ghost|country:IN",
        "",
    ]
    none = None
    assert keys_of(films) == [
        ["Drama", none, none, none, "language:hi", "decade:1960"],
        ["Documentary", "Comedy", none, none, none, "decade:1970"],  # the main language is no key
        # the genres that say more come first, and silent films before the decade
        ["Horror", "Comedy", "Drama", none, none, "era:silent"],
        ["Western", "Horror", "Crime", "Comedy", none, none],  # four of them
        [none] * 6,
        [none] * 6,
    ]


def test_films_in_clusters_are_not_counted() -> None:
    table = counted(["Drama", "Drama", "Comedy", "Drama"], [-1, 3, 0, -1])
    assert table.schema == REST_KEYS
    (row,) = table.to_pylist()
    assert row == dict.fromkeys(REST_KEYS.names, -1) | {"genre_1": number("Drama"), "films": 2}
    assert counted(["Drama"], [0]).num_rows == 0


def test_a_film_with_a_rare_genre_is_shelved_by_its_next_one() -> None:
    films = ["Western|Drama"] * 3 + ["Drama"] * 4 + ["Western|Crime"]
    shelves = shelves_of([counted(films)], 5, 100)
    assert shelves == [shelf("Drama|||", 7)]
    parts = parts_table([*films, *["language:en"] * 100])
    own = shelve_rest(rest_keys(film_parts(films), parts), [one.key for one in shelves])
    assert own.tolist() == [0] * 7 + [-1]


def test_films_with_rare_genres_only_have_shelves_of_their_own() -> None:
    films = ["Western|Drama"] * 2 + ["Drama"] * 4 + ["Western|Crime", "Western", "Comedy"]
    shelves = shelves_of([counted(films)], 5, 100, few=2)
    assert shelves == [shelf("Drama|||", 6), shelf("Western|||", 2)]
    parts = parts_table([*films, *["language:en"] * 100])
    own = shelve_rest(rest_keys(film_parts(films), parts), [one.key for one in shelves])
    assert own.tolist() == [0] * 6 + [1] * 2 + [-1]  # a Western drama is with the dramas


def test_films_are_divided_by_genre_and_language_however_few_they_are() -> None:
    films = ["Drama|language:hi"] * 4 + ["Drama"] * 5 + ["language:hi"] * 6 + ["Comedy"] * 3
    assert shelves_of([counted(films)], 4, 100) == [
        shelf("Drama|language:hi||", 4),
        shelf("Drama|||", 5),
        shelf("|language:hi||", 6),
    ]
    # a shelf that would be too small stays with the films of its genre
    assert shelves_of([counted(films)], 5, 100) == [
        shelf("Drama|||", 9),
        shelf("|language:hi||", 6),
    ]


def test_large_shelves_are_divided_by_a_second_genre_and_by_time() -> None:
    films = ["Horror|Comedy|decade:1960"] * 6 + ["Horror|Comedy|decade:1970"] * 5
    films += ["Horror|Drama"] * 4 + ["Horror|decade:1970"] * 5
    keys = [counted(films)]
    assert shelves_of(keys, 4, 20) == [shelf("Horror|||", 20)]
    divided = shelves_of(keys, 4, 11)
    assert divided == [
        shelf("Horror||Comedy|", 11),
        shelf("Horror||Drama|", 4),
        shelf("Horror|||", 5),
    ]
    again = shelves_of(keys, 4, 8)
    assert again[:2] == [
        shelf("Horror||Comedy|decade:1960", 6),
        shelf("Horror||Comedy|decade:1970", 5),
    ]
    assert again[2:] == divided[1:]
    # a division that is too small stays with the others
    assert shelves_of(keys, 6, 8) == [shelf("Horror||Comedy|", 11), shelf("Horror|||", 9)]
    assert shelves_of(keys, 30, 8) == []


def test_the_name_of_a_shelf_says_all_that_its_films_share() -> None:
    whole = shelf("Horror|language:hi|Comedy|decade:1960", 5).name
    assert whole == name("Horror|Comedy|language:hi|decade:1960", every=True)
    assert shelf("Horror|||", 5).name == name("Horror")
    assert shelf("|language:hi||era:silent", 5).name == name("language:hi|era:silent")


@pytest.mark.parametrize("films", [[""] * 30, ["ghost|country:IN"] * 30, ["language:en"] * 30])
def test_films_of_which_no_part_is_known_get_no_shelf(films: list[str]) -> None:
    assert shelves_of([counted(films)], 1, 5) == []
    parts = parts_table([*films, *["language:en"] * 100])
    assert shelve_rest(rest_keys(film_parts(films), parts), []).tolist() == [-1] * 30


def test_a_vocabulary_without_parts_gives_no_keys() -> None:
    parts = parts_table([]).slice(0, 0)
    films = film_parts(["", ""])
    assert rest_keys(films, parts).tolist() == [[-1] * 6] * 2
    own = pa.table({"cluster": pa.array([-1, -1], pa.int32())})
    assert shelves_of([count_rest(films, own, parts)["keys"]], 1, 1) == []


@given(FILMS, st.integers(1, 8), st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_every_shelf_is_true_of_all_its_films(films: list[str], least: int, most: int) -> None:
    parts = parts_table([*films, *["language:en"] * 100])
    table = film_parts(films)
    shelves = shelves_of([counted(films)], least, most)
    own = shelve_rest(rest_keys(table, parts), [shelf.key for shelf in shelves])
    for position, true in zip(own.tolist(), table.column("parts").to_pylist(), strict=True):
        if position >= 0:
            assert shelves[position].name.is_true_of(set(true))
    names = [shelf.name for shelf in shelves]
    assert len(set(names)) == len(names)
    assert all(own_name.all_numbers for own_name in names)
    assert all(shelf.films >= least for shelf in shelves)
    # each has the films it was made for, and those for which a narrower one would be too small
    sizes = [int((own == position).sum()) for position in range(len(shelves))]
    assert all(size >= shelf.films for size, shelf in zip(sizes, shelves, strict=True))


@given(FILMS, st.randoms(use_true_random=False), st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_order_and_partitions_do_not_matter(films: list[str], chance: object, size: int) -> None:
    parts = parts_table([*films, *["language:en"] * 100])
    mixed = list(films)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    tables = []
    for start in range(0, len(mixed), size):
        own = mixed[start : start + size]
        none = pa.table({"cluster": pa.array([-1] * len(own), pa.int32())})
        tables.append(count_rest(film_parts(own), none, parts)["keys"])
    assert shelves_of(tables, 2, 4) == shelves_of([counted(films)], 2, 4)
