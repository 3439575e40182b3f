"""Columns of all films, and films in parts, while a release is built."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.publish.films import FACTS, film_overview, weak_threshold


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


@pytest.mark.parametrize(("quantile", "expected"), [(0.0, 0.125), (0.5, 0.25), (1.0, 0.5)])
def test_the_weak_threshold_is_the_similarity_of_a_film(quantile: float, expected: float) -> None:
    films = pa.table({"similarity": pa.array([0.5, 0.125, 0.25], pa.float32())})
    assert weak_threshold(films, quantile) == expected
