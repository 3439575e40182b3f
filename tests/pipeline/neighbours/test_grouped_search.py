"""A search of groups finds what a search of each query's own groups finds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from pipeline.neighbours.grouped_search import by_group, search_groups
from tests.support.planted import planted


def test_pairs_are_sorted_by_group_and_those_without_one_are_left_out() -> None:
    groups = np.random.default_rng(3).integers(-1, 6, size=(50, 4))
    queries, ends = by_group(groups, 6)
    found = [queries[start:stop].tolist() for start, stop in pairwise(ends)]
    assert found == [sorted(np.nonzero(groups == group)[0].tolist()) for group in range(6)]


def test_each_query_finds_the_nearest_members_of_its_groups() -> None:
    vectors, _ = planted(6, 30, noise=0.3)
    members = np.random.default_rng(0).integers(0, 6, len(vectors))
    members[members == 4] = 3  # a group without members
    queries = vectors[::9]
    groups = np.random.default_rng(1).permuted(np.tile(np.arange(6), (len(queries), 1)), axis=1)
    groups = groups[:, :2]
    groups[0] = -1
    blocks = (
        (group, np.flatnonzero(members == group), lambda g=group: vectors[members == g])
        for group in range(6)
    )
    similarity, ids = search_groups(groups, queries.__getitem__, blocks, 6, 40)
    assert (ids[0] == -1).all()
    for query, own, found, cosine in zip(queries, groups, ids, similarity, strict=True):
        allowed = np.flatnonzero(np.isin(members, own))
        expected = allowed[np.argsort(-(vectors[allowed] @ query))][:40]
        assert found[found >= 0].tolist() == expected.tolist()
        np.testing.assert_allclose(cosine[found >= 0], vectors[expected] @ query, atol=1e-6)


def test_the_vectors_of_a_group_that_no_query_searches_are_not_read() -> None:
    read = []

    def members(group: int) -> np.ndarray:
        read.append(group)
        return np.eye(3, dtype=np.float32)

    blocks = ((g, np.arange(3), lambda g=g: members(g)) for g in range(4))
    groups = np.array([[2], [2]])
    search_groups(groups, np.eye(3, dtype=np.float32).__getitem__, blocks, 4, 1)
    assert read == [2]


def test_the_result_is_the_same_for_each_number_of_threads() -> None:
    vectors, _ = planted(8, 50, noise=0.3)
    members = np.random.default_rng(2).integers(0, 8, len(vectors))
    groups = np.random.default_rng(1).integers(0, 8, size=(len(vectors), 3))
    alone, two, many = (
        search_groups(
            groups,
            vectors.__getitem__,
            (
                (g, np.flatnonzero(members == g), lambda g=g: vectors[members == g])
                for g in range(8)
            ),
            8,
            10,
            threads,
        )
        for threads in (1, 2, 9)
    )
    for other in (two, many):
        assert np.array_equal(alone[0], other[0])
        assert np.array_equal(alone[1], other[1])
