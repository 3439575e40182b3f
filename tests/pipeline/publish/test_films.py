"""Columns of all films, and films in parts, while a release is built."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.publish.films import (
    FACTS,
    film_overview,
    stream_released_movies,
    weak_threshold,
)
from pipeline.schemas.mining import ASSIGNMENTS, CLEAN_MOVIES, MICRO_GENRES, RELEASED_MOVIES


def test_the_overview_joins_columns_by_row_and_sorts_by_id() -> None:
    facts = pa.table(
        {"movie_id": ["b", "a"], "title": ["B", "A"], "year": [2, 1], "vote_average": [5.0, 6.0]}
    )
    assignments = pa.table(
        {
            "cluster": pa.array([1, 0], pa.int32()),
            "similarity": pa.array([0.5, 0.75], pa.float32()),
            "margin": pa.array([0.1, 0.2], pa.float32()),
            "weak": [True, False],
        }
    )
    films = film_overview(facts, assignments, np.array([[1, 2], [3, 4]], np.float32))
    assert films.column_names == [*FACTS, "cluster", "similarity", "margin", "weak", "x", "y"]
    assert films["movie_id"].to_pylist() == ["a", "b"]
    assert (films["x"].to_pylist(), films["y"].to_pylist()) == ([3.0, 1.0], [4.0, 2.0])
    assert films["cluster"].to_pylist() == [0, 1]


def test_the_films_of_each_partition_are_released_with_their_own_values() -> None:
    ids = ["a", "b", "c", "d", "e"]
    rows = [{"movie_id": i, "title": i.upper(), "overview": "x"} for i in ids]
    movies = pa.Table.from_pylist(rows, CLEAN_MOVIES)
    values = {"runner_up": None, "margin": None, "weak": False}
    assigned = [
        {"movie_id": i, "cluster": n % 2, "similarity": n / 10, **values} for n, i in enumerate(ids)
    ]
    names = {"micro_genre_name": "Name", "micro_genre_keybert": "k", "family_name": "F"}
    genres = pa.Table.from_pylist(
        [{"cluster": c, "family": 0, **names} for c in (0, 1)], MICRO_GENRES
    )
    positions = np.arange(10, dtype=np.float32).reshape(5, 2)
    true = pa.chunked_array([pa.array([True, False, None]), pa.array([None, True])])
    parts = [movies.slice(0, 2), movies.slice(2, 3)]
    table = pa.concat_tables(
        stream_released_movies(
            parts, pa.Table.from_pylist(assigned, ASSIGNMENTS), genres, positions, true
        )
    )
    assert table.schema == RELEASED_MOVIES
    assert table["movie_id"].to_pylist() == ids
    assert table["name_true"].to_pylist() == [True, False, None, None, True]
    assert table["x"].to_pylist() == [0.0, 2.0, 4.0, 6.0, 8.0]


@pytest.mark.parametrize(("quantile", "expected"), [(0.0, 0.125), (0.5, 0.25), (1.0, 0.5)])
def test_the_weak_threshold_is_the_similarity_of_a_film(quantile: float, expected: float) -> None:
    films = pa.table({"similarity": pa.array([0.5, 0.125, 0.25], pa.float32())})
    assert weak_threshold(films, quantile) == expected
