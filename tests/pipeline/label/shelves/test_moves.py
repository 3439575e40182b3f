"""Moves of films: near clusters, true names, films without a theme."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.label.shelves.assigned import mean_points
from pipeline.label.shelves.moves import move_films, move_weights
from pipeline.label.shelves.proposals import PROPOSED_NAMES
from pipeline.label.shelves.pull import pull_of
from pipeline.schemas.mining import ASSIGNMENTS, FACETS, validate
from pipeline.schemas.name_parts import NameParts
from pipeline.schemas.vectors import matrix_of
from tests.pipeline.label.shelves.parts_of_films import (
    WIDTH,
    angles,
    centroids_of,
    film_parts,
    name,
    points_of,
)

WEIGHTS = {"subject": 0.1, "form": 0.05, "facet": 0.05, "unit": 0.1}
GHOST, SHARK = name("ghost|Horror"), name("shark|Horror")


def facets_of(thin: Sequence[bool]) -> pa.Table:
    rows = [{"movie_id": f"f{n:03d}", "thin": own} for n, own in enumerate(thin)]
    return pa.Table.from_pylist(rows, FACETS)


def pull_to(names: Sequence[NameParts]) -> pa.Table:
    """Return PULL of clusters with one name each."""
    rows = [
        {
            "cluster": cluster,
            "subjects": list(name.subjects),
            "words": list(name.words),
            "genres": list(name.genres),
            "every_genre": name.every_genre,
            "facets": list(name.facets),
            "value": 1.0,
        }
        for cluster, name in enumerate(names)
    ]
    return pull_of(pa.Table.from_pylist(rows, PROPOSED_NAMES))


def move(
    rows: np.ndarray,
    films: Sequence[str],
    means: np.ndarray,
    names: Sequence[NameParts],
    **more: Any,
) -> dict[str, pa.Table]:
    found = move_films(
        points_of(rows),
        film_parts(films),
        centroids_of(means),
        pull_to(names),
        more.pop("facets", facets_of([False] * len(films))),
        WIDTH,
        more.pop("weights", WEIGHTS),
        **more,
    )
    validate(found["assignments"], ASSIGNMENTS, name="assignments")
    return found


def clusters_of(found: dict[str, pa.Table]) -> list[int]:
    return [int(n) for n in found["assignments"].column("cluster").to_pylist()]


# --- moves


def test_a_film_goes_to_the_near_cluster_whose_name_is_true_of_it() -> None:
    """Two centroids 40 degrees apart; all films are a little nearer to the first."""
    rows, means = angles(18, 18, 18, 2), angles(0, 40)
    films = ["ghost|Horror", "shark|Horror", "", "shark|Horror"]
    # the last one is too far from the second cluster
    assert clusters_of(move(rows, films, means, [GHOST, SHARK])) == [0, 1, 0, 0]
    # without weights, the nearest centroid decides
    nothing = dict.fromkeys(WEIGHTS, 0.0)
    assert clusters_of(move(rows, films, means, [GHOST, SHARK], weights=nothing)) == [0] * 4


@pytest.mark.parametrize("part", ["shark", "Comedy", "decade:1970"])
def test_each_kind_of_part_draws_films(part: str) -> None:
    names = [NameParts(), name(part)]
    assert clusters_of(move(angles(18, 18), [part, ""], angles(0, 40), names)) == [1, 0]


def test_the_words_that_a_name_prints_count_more_than_others() -> None:
    names = [name("ghost", words="ghost"), name("ghost", words="spectre")]
    found = move(angles(19, 19), ["ghost", "spectre"], angles(0, 40), names)
    assert clusters_of(found) == [0, 1]


def test_a_film_keeps_the_nearest_other_centroid_and_its_margin() -> None:
    rows, means = angles(18, 18, 41), angles(0, 40, 170)
    found = move(rows, ["shark|Horror", "", ""], means, [GHOST, SHARK, NameParts()])
    table = found["assignments"]
    assert clusters_of(found) == [1, 0, 1]
    assert table.column("runner_up").to_pylist() == [0, 1, 0]
    cosine = rows @ means.T
    expected = [
        cosine[0, 1] - cosine[0, 0],
        cosine[1, 0] - cosine[1, 1],
        cosine[2, 1] - cosine[2, 0],
    ]
    np.testing.assert_allclose(table.column("margin"), expected, atol=1e-6)
    assert table.column("margin").to_pylist()[0] < 0  # nearer to the other
    np.testing.assert_allclose(table.column("similarity"), cosine[[0, 1, 2], [1, 0, 1]], atol=1e-6)


def test_one_cluster_has_no_runner_up() -> None:
    found = move(angles(0, 90), ["", "ghost"], angles(0), [GHOST])
    assert clusters_of(found) == [0, 0]
    assert found["assignments"].column("runner_up").to_pylist() == [None, None]
    assert found["assignments"].column("margin").to_pylist() == [None, None]


def test_sums_are_those_of_the_films() -> None:
    rows = angles(0, 10, 80, 85)
    found = move(rows, [""] * 4, angles(0, 45, 90), [NameParts()] * 3)
    sums = found["sums"]
    assert sums.column("cluster").to_pylist() == [0, 2]  # the second cluster has no film
    assert sums.column("films").to_pylist() == [2, 2]
    totals = sums.column("vector").combine_chunks().flatten().to_numpy().reshape(2, 2)
    np.testing.assert_allclose(totals, [rows[:2].sum(0), rows[2:].sum(0)], atol=1e-6)


def test_more_clusters_than_films_and_more_than_are_compared() -> None:
    rng = np.random.default_rng(3)
    means = rng.normal(size=(60, 6)).astype(np.float32)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    found = move(means[[7, 50]], ["", "ghost|Horror"], means, [NameParts()] * 60)
    assert clusters_of(found) == [7, 50]


def test_no_films_are_moved_nowhere() -> None:
    found = move(angles(), [], angles(0, 90), [GHOST, SHARK])
    assert found["assignments"].num_rows == found["sums"].num_rows == 0
    means, films = mean_points([found["sums"]], centroids_of(angles(0, 90)))
    assert films.tolist() == [0, 0] and means.equals(centroids_of(angles(0, 90)))


FILM = st.lists(st.sampled_from(["ghost", "shark", "Horror", "Comedy"]), unique=True).map("|".join)


@given(
    st.lists(st.tuples(FILM, st.integers(0, 359)), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
    st.integers(1, 5),
)
@settings(max_examples=60, deadline=None)
def test_any_order_and_any_partitions_move_films_alike(
    films: list[tuple[str, int]], chance: Any, size: int
) -> None:
    means, names = angles(0, 50, 100, 220), [GHOST, SHARK, name("Comedy"), NameParts()]

    def moved(own: list[tuple[str, int]]) -> dict[str, pa.Table]:
        return move(angles(*(d for _, d in own)), [film for film, _ in own], means, names)

    whole = moved(films)
    assert set(clusters_of(whole)) <= set(range(4))
    order = list(range(len(films)))
    chance.shuffle(order)
    parts = [
        moved([films[n] for n in order[start : start + size]])
        for start in range(0, len(order), size)
    ]
    again = [cluster for part in parts for cluster in clusters_of(part)]
    assert again == [clusters_of(whole)[n] for n in order]
    one, other = (
        mean_points(sums, centroids_of(means))
        for sums in ([whole["sums"]], [part["sums"] for part in parts])
    )
    assert one[1].tolist() == other[1].tolist() and one[1].sum() == len(films)
    np.testing.assert_allclose(matrix_of(one[0]), matrix_of(other[0]), atol=1e-5)


# --- films without a theme


def test_thin_films_are_in_no_cluster() -> None:
    found = move(
        angles(0, 0, 90), ["ghost|Horror"] * 3, angles(0, 90), [GHOST, SHARK],
        facets=facets_of([False, True, True]),
    )  # fmt: skip
    assert clusters_of(found) == [0, -1, -1]
    for column in ("similarity", "margin", "runner_up"):
        values = found["assignments"].column(column)
        assert column == "runner_up" or values.null_count == 2
    assert found["sums"].column("films").to_pylist() == [1]


def test_a_cluster_without_films_keeps_its_centroid() -> None:
    old = centroids_of(angles(0, 90))
    found = move(angles(10, 20), ["", ""], angles(0, 90), [NameParts()] * 2)
    new, films = mean_points([found["sums"]], old)
    assert films.tolist() == [2, 0]
    np.testing.assert_allclose(matrix_of(new), angles(15, 90), atol=1e-6)
    assert mean_points([], old)[0].equals(old)


def test_weights_are_in_median_margins() -> None:
    one, double = move_weights(np.array([0.1, 0.2, 0.9])), move_weights(np.array([0.4] * 3))
    assert one["unit"] == pytest.approx(0.2)
    assert {kind: 2 * weight for kind, weight in one.items()} == pytest.approx(double)
    assert one["subject"] > one["form"] > 0 and one["facet"] > 0
    assert set(move_weights(np.zeros(0)).values()) == {0.0}  # of one cluster
