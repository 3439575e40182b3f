"""Families of micro-genres, and ids from names."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.schemas.mining import CENTROIDS
from pipeline.schemas.vectors import column_of_vectors
from pipeline.settings import TaxonomySettings
from pipeline.taxonomy import (
    assignments_to_families,
    families_of,
    family_table,
    micro_genre_ids,
)
from tests.support.planted import planted


def centroids(vectors: np.ndarray) -> pa.Table:
    numbers = pa.array(range(len(vectors)), pa.int32())
    return pa.table([numbers, column_of_vectors(vectors)], schema=CENTROIDS(vectors.shape[1]))


def test_similar_micro_genres_share_a_family() -> None:
    vectors, truth = planted(5, 5)
    family = families_of(centroids(vectors), np.ones(25), TaxonomySettings(families=5))
    assert len({(f, t) for f, t in zip(family, truth, strict=True)}) == 5


def test_the_largest_family_comes_first() -> None:
    vectors, truth = planted(3, 4)
    films = np.where(truth == 2, 100, 1)
    family = families_of(centroids(vectors), films, TaxonomySettings(families=3))
    assert set(family[truth == 2]) == {0}


@pytest.mark.parametrize(("k", "families"), [(1, 1), (2, 1), (16, 4)])
def test_auto_takes_the_square_root(k: int, families: int) -> None:
    family = families_of(centroids(planted(k, 1)[0]), np.ones(k), TaxonomySettings())
    assert len(set(family)) == families


def test_ids_are_readable_and_unique() -> None:
    names = ["Sci-Fi: Ghosts!", "Sci Fi Ghosts", "Été", "!!!"]
    assert micro_genre_ids(names) == ["sci-fi-ghosts", "sci-fi-ghosts-2", "été", "micro-genre"]


def test_each_family_is_numbered_by_its_films_and_none_is_empty() -> None:
    vectors, _ = planted(30, 1)
    films = np.random.default_rng(2).integers(5, 100, 30)
    family = families_of(centroids(vectors), films, TaxonomySettings(families=6))
    totals = np.bincount(family, weights=films)
    assert len(totals) == 6
    assert (totals > 0).all()
    assert totals.tolist() == sorted(totals.tolist(), reverse=True)
    again = families_of(centroids(vectors), films, TaxonomySettings(families=6))
    assert np.array_equal(family, again)


@pytest.mark.parametrize(("wanted", "found"), [(1, 1), (4, 4), (9, 4)])
def test_no_more_families_than_micro_genres(wanted: int, found: int) -> None:
    vectors, _ = planted(4, 1)
    family = families_of(centroids(vectors), np.ones(4), TaxonomySettings(families=wanted))
    assert sorted(set(family)) == list(range(found))


def test_identical_micro_genres_share_a_family() -> None:
    same = np.repeat(planted(1, 1)[0], 9, axis=0)
    assert not families_of(centroids(same), np.ones(9), TaxonomySettings()).any()


def test_ids_are_unique_if_a_name_ends_with_a_number() -> None:
    ids = micro_genre_ids(["War", "War 2", "WAR", "war!", "", "?"])
    assert ids == ["war", "war-2", "war-3", "war-4", "micro-genre", "micro-genre-2"]


def test_family_table_is_the_family_of_each_cluster() -> None:
    table = family_table([1, 0, 1])
    assert table.schema == pa.schema([("cluster", pa.int32())])
    assert table["cluster"].to_pylist() == [1, 0, 1]


def test_assignments_get_the_family_of_their_cluster_and_keep_the_rest() -> None:
    clusters = pa.array([2, 0, 1, 2], pa.int32())
    films = pa.table([["a", "b", "c", "d"], clusters], names=["movie_id", "cluster"])
    found = assignments_to_families(films, [1, 0, 1])
    assert found.schema == films.schema
    assert found["cluster"].to_pylist() == [1, 1, 0, 1]
    assert found["movie_id"].to_pylist() == ["a", "b", "c", "d"]
