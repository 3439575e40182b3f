"""Ratings as matrices."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipeline.recommend.data.ingest import partition_of
from pipeline.recommend.data.interactions import build_history, build_history_from_partitions
from tests.support.ratings import RatingsData, table_of_times


def test_ratings_of_unknown_films_are_left_out(data: RatingsData) -> None:
    ratings = table_of_times([5, 6, 7])
    known = int((data.films.row_of(np.arange(3)) >= 0).sum())
    assert build_history(ratings, data.films).matrix.nnz == known


def test_partitions_give_the_same_matrices_as_one_table(data: RatingsData) -> None:
    whole = data.prepared.whole()
    part = partition_of(whole.column("user_id").to_numpy(), 3)
    partitions = [whole.filter(pa.array(part == n)) for n in (2, 0, 1)]
    found = build_history_from_partitions(partitions, data.films)
    expected = build_history(whole, data.films)
    assert np.array_equal(found.users, expected.users) and found.now == expected.now
    assert (found.matrix != expected.matrix).nnz == 0
    assert np.array_equal(found.matrix.indptr, expected.matrix.indptr)
    assert np.array_equal(found.matrix.indices, expected.matrix.indices)
    assert np.array_equal(found.rated_at, expected.rated_at)
