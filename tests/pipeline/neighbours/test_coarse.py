"""The lists nearest to a film, found through groups of lists."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import pytest

from pipeline.neighbours import coarse
from pipeline.neighbours.coarse import ListFinder
from tests.support.planted import planted


def trained(vectors: np.ndarray, lists: int) -> Any:
    index: Any = faiss.index_factory(
        vectors.shape[1], f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT
    )
    index.cp.min_points_per_centroid = 1
    index.train(vectors)
    return index


def share_nearest(found: np.ndarray, index: Any, vectors: np.ndarray) -> float:
    """Return the share of the truly nearest lists that are found."""
    truth = index.quantizer.assign(vectors, found.shape[1]).reshape(found.shape)
    return float(
        np.mean([np.isin(true, own).mean() for true, own in zip(truth, found, strict=True)])
    )


def test_few_lists_are_compared_one_by_one() -> None:
    vectors, _ = planted(40, 50, noise=0.3)
    index = trained(vectors, 30)
    found = ListFinder(index).nearest(vectors, 4)
    np.testing.assert_array_equal(found, index.quantizer.search(vectors, 4)[1])
    assert ListFinder(index).nearest(vectors[:0], 4).shape == (0, 4)


@pytest.mark.parametrize("count", [1, 3])
def test_nearly_all_nearest_lists_are_found_through_groups(count: int) -> None:
    vectors, _ = planted(100, 60, noise=0.15)
    index = trained(vectors, 600)
    found = ListFinder(index).nearest(vectors, count)
    assert len(np.unique(found[:, 0])) > 500
    assert share_nearest(found, index, vectors) > 0.97
    for own in found:
        assert len(set(own.tolist())) == count


def test_blocks_and_repeats_give_the_same_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, _ = planted(100, 60, noise=0.15)
    index = trained(vectors, 600)
    whole = ListFinder(index).nearest(vectors, 3)
    monkeypatch.setattr(coarse, "_BLOCK", 700)
    np.testing.assert_array_equal(ListFinder(index).nearest(vectors, 3), whole)


def test_many_wanted_lists_are_exact() -> None:
    vectors, _ = planted(100, 60, noise=0.15)
    index = trained(vectors, 600)
    found = ListFinder(index).nearest(vectors[:50], 600)
    assert (np.sort(found, axis=1) == np.arange(600)).all()
