"""Nearest vectors in groups: all queries of a group are compared with it in one matrix product."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

import faiss
import numpy as np

__all__ = ["by_group", "search_groups"]

_Found = tuple[np.ndarray, np.ndarray, np.ndarray]  # queries, similarities and ids of members


def by_group(groups: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Sort (query, group) pairs by group.

    Parameters
    ----------
    groups : ndarray of shape (n_queries, n_each), int
        The groups of each query, -1 for none.
    count : int
        Number of groups.

    Returns
    -------
    queries : ndarray of shape (n_queries * n_each,), int64
        Query of each pair; those of one group follow each other, in ascending order.
    ends : ndarray of shape (count + 1,), int64
        Group g has the pairs `ends[g]` to `ends[g + 1]`.

    Examples
    --------
    >>> queries, ends = by_group(np.array([[1, 0], [1, -1]]), 2)
    >>> queries.tolist(), ends.tolist()
    ([1, 0, 0, 1], [1, 2, 4])
    """
    order = np.argsort(groups, axis=None, kind="stable")
    ends = np.searchsorted(groups.ravel()[order], np.arange(count + 1))
    return order // groups.shape[1], ends


def search_groups(
    groups: np.ndarray,
    vectors_of: Callable[[np.ndarray], np.ndarray],
    blocks: Iterable[tuple[int, np.ndarray, Callable[[], np.ndarray]]],
    total: int,
    count: int,
    threads: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest members of the groups that each query searches.

    Parameters
    ----------
    groups : ndarray of shape (n_queries, n_each), int
        The groups that each query searches, -1 for none.
    vectors_of : callable
        Returns the vectors of some queries, (n, dim) float32; its argument are their numbers.
    blocks : iterable of (int, ndarray, callable)
        Number of a group, ids of its members, and a function that returns their vectors, which is
        called if a query searches the group.
    total : int
        Number of groups.
    count : int
        Members to find for each query.
    threads : int
        Groups that are compared at a time. The result is the same for each number.

    Returns
    -------
    similarity : ndarray of shape (n_queries, count), float32
        Inner products, best first.
    ids : ndarray of shape (n_queries, count), int64
        Ids of the members; -1 if fewer are found.
    """
    pairs, ends = by_group(groups, total)
    best = faiss.ResultHeap(len(groups), count, keep_max=True)

    def compare(queries: np.ndarray, ids: np.ndarray, members: np.ndarray) -> _Found:
        faiss.omp_set_num_threads(1)  # a setting of each thread
        similarity, near = faiss.knn(
            vectors_of(queries), members, min(count, len(ids)), faiss.METRIC_INNER_PRODUCT
        )
        return queries, similarity, ids[near]

    def add(found: _Found) -> None:
        best.add_result_subset(*found)

    with ThreadPoolExecutor(threads, "search-groups") as pool:
        running: deque[Future[_Found]] = deque()
        for number, ids, members in blocks:
            queries = pairs[ends[number] : ends[number + 1]]
            if not (len(queries) and len(ids)):
                continue
            if threads == 1:
                add(compare(queries, ids, members()))
                continue
            if len(running) == threads:
                add(running.popleft().result())
            running.append(pool.submit(compare, queries, ids, members()))
        while running:
            add(running.popleft().result())
    best.finalize()
    return best.D, best.I
