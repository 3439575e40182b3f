"""Audit of shelves: who stays, who moves, who leaves, and new shelves for those who leave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.label.shelves import audit
from pipeline.label.shelves.assigned import mean_points
from pipeline.label.shelves.audit import audit_films, sum_split, true_shelves
from pipeline.schemas.mining import FACETS
from pipeline.schemas.name_parts import NameParts, shelf_table
from pipeline.schemas.vectors import matrix_of
from tests.pipeline.label.shelves.parts_of_films import (
    GENRE_NUMBERS,
    WIDTH,
    angles,
    centroids_of,
    film_parts,
    name,
    points_of,
)

GHOST, SHARK, COMEDY = name("ghost|Horror"), name("shark|Horror"), name("heist|Comedy")
MEANS = angles(0, 40, 80)
DEGREES_10, DEGREES_15 = (float(np.cos(np.deg2rad(degrees))) for degrees in (10, 15))
OPTIONS = {"unit": 0.2, "near_enough": DEGREES_10, "untagged": DEGREES_15, "reach": 0.3}


def run(
    films: Sequence[str],
    degrees: Sequence[float],
    own: Sequence[int],
    names: Sequence[NameParts] = (GHOST, SHARK, COMEDY),
    means: np.ndarray = MEANS,
    thin: Sequence[bool] = (),
    tagged: Sequence[bool] = (),
    *,
    keep_nameless: bool = False,
    **options: float,
) -> dict[str, pa.Table]:
    """Audit films: their parts, directions and shelves."""
    flags = zip(thin or [False] * len(films), tagged or [True] * len(films), strict=True)
    facets = [
        {"movie_id": f"f{n:03d}", "thin": is_thin, "tagged": has_keywords}
        for n, (is_thin, has_keywords) in enumerate(flags)
    ]
    return audit_films(
        points_of(angles(*degrees)),
        film_parts(films),
        pa.Table.from_pylist(facets, FACETS),
        pa.table({"cluster": pa.array(own, pa.int32())}),
        centroids_of(means),
        shelf_table(names),
        WIDTH,
        GENRE_NUMBERS,
        **{**OPTIONS, **options},
        keep_nameless=keep_nameless,
    )


def shelves_of(found: dict[str, pa.Table]) -> list[int]:
    return [int(n) for n in found["assignments"].column("cluster").to_pylist()]


def left_of(found: dict[str, pa.Table]) -> list[int]:
    return [int(n) for n in found["assignments"].column("left").to_pylist()]


def weights_of(found: dict[str, pa.Table]) -> list[float | None]:
    return list(found["weights"].column("weight").to_pylist())


# --- who stays


def test_genres_that_are_not_known_are_not_held_against_a_film() -> None:
    assert shelves_of(run(["ghost", "shark", ""], [20, 20, 20], [0, 0, 0])) == [0, 1, -1]
    assert shelves_of(run(["ghost|Comedy"], [20], [0])) == [-1]


def test_a_film_of_which_the_name_is_true_stays_though_another_shelf_is_nearer() -> None:
    found = run(["ghost|shark|Horror"] * 2, [38, 75], [0, 0])
    assert shelves_of(found) == [0, 0]
    assert left_of(found) == [-1, -1]


def test_a_film_stays_that_says_the_subject_in_other_words() -> None:
    names = [name("ghost|Horror", words="spectre"), SHARK, COMEDY]
    assert shelves_of(run(["ghost|Horror"], [20], [0], names)) == [0]
    assert shelves_of(run(["spectre|Horror"], [20], [0])) == [0]


def test_a_near_film_with_the_genre_of_the_name_stays_without_its_subject() -> None:
    found = run(["Horror", "Horror", "Comedy"], [9, 11, 9], [0, 0, 0])
    assert shelves_of(found) == [0, -1, -1]
    assert left_of(found) == [-1, 0, 0]


def test_a_film_without_keywords_need_not_be_as_near() -> None:
    tagged = [False, False, False, True]
    films = ["Horror", "Horror", "Comedy", "Horror"]
    assert shelves_of(run(films, [14, 16, 14, 14], [0] * 4, tagged=tagged)) == [0, -1, -1, -1]
    # the same for a shelf to which it could move
    assert shelves_of(run(films, [26, 24, 26, 26], [2] * 4, tagged=tagged)) == [1, -1, -1, -1]


def test_no_film_stays_in_a_shelf_without_a_name() -> None:
    """A name without parts is false of no film, but it says nothing."""
    found = run(["ghost|Horror", "shark|Horror"], [0, 1], [0, 0], [NameParts(), SHARK, COMEDY])
    assert shelves_of(found) == [-1, 1]
    assert left_of(found) == [0, -1]


def test_films_stay_in_nameless_shelves_where_names_say_little() -> None:
    names = [NameParts(), SHARK, COMEDY]
    films = ["ghost|Horror", "shark|Horror", "ghost|Horror", "heist|Crime"]
    found = run(films, [0, 1, 0, 70], [0, 0, 0, 2], names, thin=[False, False, True, False],
                keep_nameless=True)  # fmt: skip
    # names that say something are still true of their films, and thin films have no theme
    assert shelves_of(found) == [0, 0, -1, -1]
    assert shelves_of(run(["Horror"], [0], [-1], names, keep_nameless=True)) == [-1]


# --- who moves


def test_a_film_goes_to_the_nearest_shelf_of_which_the_name_is_true() -> None:
    names, means = [COMEDY, SHARK, SHARK], angles(0, 30, -20)
    found = run(["shark|Horror"] * 2, [0, 10], [0, 0], names, means)
    assert shelves_of(found) == [2, 1]
    assert left_of(found) == [-1, -1]


def test_a_film_goes_nowhere_beyond_the_reach() -> None:
    film, names = ["shark|Horror"], [COMEDY, SHARK, GHOST]
    # it is nearer to the first shelf by cos 5° - cos 45°
    assert shelves_of(run(film, [-5], [0], names, reach=0.29)) == [1]
    found = run(film, [-5], [0], names, reach=0.28)
    assert shelves_of(found) == [-1]
    assert left_of(found) == [0]
    assert weights_of(found) == [None]


def test_the_reach_begins_at_the_nearest_shelf_not_at_the_own_one() -> None:
    assert shelves_of(run(["shark|Horror"], [80], [0], reach=0.2)) == [-1]
    assert shelves_of(run(["shark|Horror"], [80], [0], reach=0.25)) == [1]


@pytest.mark.parametrize("parts", ["Horror", "shark|Comedy", ""])
def test_a_shelf_takes_no_distant_film_of_which_a_part_of_its_name_is_false(parts: str) -> None:
    assert shelves_of(run([parts], [20], [0])) == [-1]


def test_a_shelf_takes_a_near_film_with_its_genre() -> None:
    assert shelves_of(run(["Horror", "Comedy"], [38, 38], [2, 2])) == [1, -1]


def test_a_shelf_takes_films_that_say_its_subject_in_its_words() -> None:
    names = [SHARK, name("ghost|Horror", words="spectre"), COMEDY]
    films = ["ghost|Horror", "spectre|Horror", "ghost|spectre|Horror"]
    assert shelves_of(run(films, [20] * 3, [0] * 3, names)) == [-1, 1, 1]


def test_facets_and_each_of_two_genres_must_be_true() -> None:
    names = [GHOST, name("shark|Horror|decade:1970"), name("shark|Comedy|Crime", every=True)]
    films = ["shark|Horror", "shark|Horror|decade:1970", "shark|Comedy", "shark|Comedy|Crime"]
    assert shelves_of(run(films, [45] * 4, [0] * 4, names)) == [-1, 1, -1, 2]
    # not even a film in the middle of the shelf
    assert shelves_of(run(["Horror", "shark|Comedy"], [40, 80], [0, 0], names)) == [-1, -1]


def test_a_name_without_genre_takes_nobody() -> None:
    names = [GHOST, name("shark"), name("shark|decade:1970")]
    film = "shark|Comedy|decade:1970"
    assert shelves_of(run([film] * 2, [40, 80], [0, 0], names)) == [-1, -1]
    # it keeps the films for which it is true, and only these
    assert shelves_of(run([film, "Comedy", "shark"], [40, 40, 80], [1, 1, 2], names)) == [1, -1, -1]


def test_a_name_without_subject_takes_films_with_its_genre() -> None:
    found = run(["Comedy", "Drama"], [20, 20], [0, 0], [GHOST, name("Comedy"), SHARK])
    assert shelves_of(found) == [1, -1]


def test_a_film_in_no_shelf_goes_to_one_that_takes_it() -> None:
    found = run(["ghost|Horror", "Drama"], [10, 0], [-1, -1])
    assert shelves_of(found) == [0, -1]
    assert left_of(found) == [-1, -1]


def test_thin_films_go_nowhere() -> None:
    films, own = ["ghost|Horror", "shark|Horror", "ghost|Horror"], [0, 0, -1]
    found = run(films, [0, 5, 0], own, thin=[True, True, True])
    assert shelves_of(found) == [-1, -1, -1]
    assert left_of(found) == [-1, -1, -1]
    assert weights_of(found) == [None] * 3
    assert found["sums"].num_rows == 0


def test_the_own_shelf_need_not_be_among_those_that_are_compared() -> None:
    rng = np.random.default_rng(5)
    means = rng.normal(size=(60, 2)).astype(np.float32)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    far = int((means @ angles(0)[0]).argmin())
    found = run(["ghost|Horror"], [0], [far], [GHOST] * 60, means)
    assert shelves_of(found) == [far]
    assert weights_of(found) == [1.0]


# --- weights and sums


def test_weights_follow_the_margin_to_the_next_shelf_that_would_take_the_film() -> None:
    films = ["ghost|shark|Horror", "ghost|Horror", "ghost|shark|Horror", "Drama"]
    found = run(films, [10, 10, 20, 0], [0, 0, 0, 0])
    margin = np.cos(np.deg2rad(10)) - np.cos(np.deg2rad(30))
    *known, none = weights_of(found)
    # between two shelves a film counts a little; without a second one, in full
    assert known == pytest.approx([margin / 0.2, 1.0, 0.02], abs=1e-5)
    assert none is None


def test_sums_are_those_of_the_films_where_they_are_now() -> None:
    films = ["ghost|Horror", "shark|Horror", "shark|Horror", "Drama"]
    rows = angles(0, 12, 45, 0)
    found = run(films, [0, 12, 45, 0], [0, 0, 1, 0])
    assert shelves_of(found) == [0, 1, 1, -1]
    assert found["sums"].column("cluster").to_pylist() == [0, 1]
    assert found["sums"].column("films").to_pylist() == [1, 2]
    totals = found["sums"].column("vector").combine_chunks().flatten().to_numpy().reshape(2, 2)
    np.testing.assert_allclose(totals, [rows[0], rows[1] + rows[2]], atol=1e-6)


def test_no_films_are_audited() -> None:
    found = run([], [], [])
    assert [table.num_rows for table in found.values()] == [0, 0, 0]


# --- any films

PARTS = ["ghost", "spectre", "shark", "heist", "Horror", "Comedy", "Crime", "decade:1970"]
FILM = st.lists(st.sampled_from(PARTS), unique=True).map("|".join)
MIXED = (
    GHOST,
    name("ghost|Horror", words="spectre"),
    name("shark"),
    name("heist|Comedy|Crime", every=True),
    name("heist|Comedy|Crime|decade:1970"),
    name("Crime"),
    NameParts(),
)
ROUND = angles(*range(0, 7 * 20, 20))
AUDITED = st.lists(
    st.tuples(
        FILM,
        st.integers(-10, 150),
        st.integers(-1, len(MIXED) - 1),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=14,
)
Film = tuple[str, int, int, bool, bool]  # parts, direction, shelf, thin, tagged


def audited(films: Sequence[Film], **options: float) -> dict[str, pa.Table]:
    parts, degrees, own, thin, tagged = (list(column) for column in zip(*films, strict=True))
    return run(parts, degrees, own, MIXED, ROUND, thin, tagged, keep_nameless=False, **options)


@given(AUDITED, st.sampled_from([0.0, 0.1, 0.5, 2.0]), st.sampled_from([0.5, 0.9, 1.1]))
@settings(max_examples=100, deadline=None)
def test_no_film_is_in_a_shelf_of_which_a_genre_or_facet_is_false(
    films: list[Film], reach: float, near_enough: float
) -> None:
    found = audited(films, reach=reach, near_enough=near_enough, untagged=near_enough)
    parts = film_parts([film for film, *_ in films]).column("parts").to_pylist()
    rows = zip(films, parts, shelves_of(found), left_of(found), weights_of(found), strict=True)
    for (_, _, own, thin, _), true, shelf, left, weight in rows:
        assert (weight is None) == (shelf < 0)
        if shelf < 0:
            assert left == (-1 if thin else own)
            continue
        assert left == -1 and not thin
        given_name = MIXED[shelf]
        assert given_name.all_numbers
        form = NameParts((), given_name.genres, given_name.every_genre, given_name.facets)
        unknown = not set(true) & set(GENRE_NUMBERS)  # the genres of the film
        checked = set(true) | (set(given_name.genres) if unknown else set())
        assert form.is_true_of(checked)
        # without a genre, the whole name is true, and the film was there before
        assert given_name.genres or (given_name.is_true_of(checked) and own == shelf)
        # no film is near enough to a centroid to belong there without the subject
        assert near_enough <= 1 or given_name.is_true_of(checked)
    for (_, _, own, thin, _), true, shelf in zip(films, parts, shelves_of(found), strict=True):
        if own >= 0 and MIXED[own].all_numbers and MIXED[own].is_true_of(set(true)) and not thin:
            assert shelf == own


@given(AUDITED)
@settings(max_examples=60, deadline=None)
def test_sums_equal_those_of_the_points(films: list[Film]) -> None:
    found = audited(films)
    shelves, rows = np.array(shelves_of(found)), angles(*(degree for _, degree, *_ in films))
    table = found["sums"]
    assert table.column("cluster").to_pylist() == sorted(set(shelves.tolist()) - {-1})
    for row in table.to_pylist():
        own = shelves == row["cluster"]
        assert row["films"] == own.sum()
        np.testing.assert_allclose(row["vector"], rows[own].astype(float).sum(0), atol=1e-6)


@given(AUDITED, st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_batches_do_not_matter(films: list[Film], size: int) -> None:
    whole = audited(films)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit, "_BATCH", size)
        again = audited(films)
    assert again["assignments"].equals(whole["assignments"])
    assert again["sums"].equals(whole["sums"])
    np.testing.assert_allclose(
        again["weights"].column("weight").to_numpy(),
        whole["weights"].column("weight").to_numpy(),
        atol=1e-5,
    )


@given(AUDITED, st.randoms(use_true_random=False), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_order_and_partitions_do_not_matter(films: list[Film], chance: Any, size: int) -> None:
    whole, order = audited(films), list(range(len(films)))
    chance.shuffle(order)
    mixed = [films[n] for n in order]
    parts = [audited(mixed[start : start + size]) for start in range(0, len(mixed), size)]
    again = [shelf for part in parts for shelf in shelves_of(part)]
    assert again == [shelves_of(whole)[n] for n in order]
    one, other = (
        mean_points(sums, centroids_of(ROUND))
        for sums in ([whole["sums"]], [part["sums"] for part in parts])
    )
    assert one[1].tolist() == other[1].tolist()
    np.testing.assert_allclose(matrix_of(one[0]), matrix_of(other[0]), atol=1e-5)


def test_the_shelf_of_each_film() -> None:
    cosine = np.array([[0.9, 0.8, 0.5]] * 4, np.float32)
    near = np.array([[7, 3, 5]] * 4)
    taken = np.array([[False, True, True], [True, True, True], [False] * 3, [False, False, True]])
    own, stays = np.array([5, 5, 5, 7]), np.array([False, True, False, False])
    assert true_shelves(cosine, near, taken, own, stays, 0.2).tolist() == [3, 5, -1, -1]
    assert true_shelves(cosine, near, taken, own, stays, 0.0).tolist() == [-1, 5, -1, -1]


# --- shelves that are split off


def split(films: Sequence[str], left: Sequence[int]) -> pa.Table:
    """Sums of films that left shelves; new shelves are split off the shelves 4 and 2."""
    table = shelf_table([COMEDY, name("Horror")])
    table = table.set_column(0, table.schema.field(0), pa.array([4, 2], pa.int32()))
    rows = points_of(angles(*range(0, 10 * len(films), 10)))
    assigned = pa.table({"left": pa.array(left, pa.int32())})
    return sum_split(rows, film_parts(films), assigned, table, WIDTH)["sums"]


def test_films_that_left_are_added_up_where_the_name_of_the_new_shelf_is_true() -> None:
    films = ["heist|Comedy", "Comedy", "heist|Comedy", "Horror", "heist|Comedy", "Horror"]
    sums = split(films, [4, 4, 2, 2, 4, -1])
    assert sums.column("cluster").to_pylist() == [0, 1]
    assert sums.column("films").to_pylist() == [2, 1]
    rows = angles(0, 40, 30)
    totals = sums.column("vector").combine_chunks().flatten().to_numpy().reshape(2, 2)
    np.testing.assert_allclose(totals, [rows[0] + rows[1], rows[2]], atol=1e-6)


@pytest.mark.parametrize(
    ("films", "left"), [([], []), (["Horror"], [-1]), (["Horror"], [3]), (["Drama"], [2])]
)
def test_films_of_no_new_shelf_are_not_added_up(films: list[str], left: list[int]) -> None:
    assert split(films, left).num_rows == 0
