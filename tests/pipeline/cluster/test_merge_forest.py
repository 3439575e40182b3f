"""Landmarks and the joined merge tree of a large catalogue."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from scipy.cluster import hierarchy
from sklearn.metrics import adjusted_rand_score

from pipeline.cluster import merge_forest
from pipeline.cluster.lloyd import nearest_centroid
from pipeline.cluster.merge_forest import build_merge_forest
from tests.support.planted import planted


@pytest.fixture
def cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge_forest, "_FILMS_PER_CELL", 300)


@pytest.mark.usefixtures("cells")
@pytest.mark.parametrize("method", ["average", "ward"])
def test_planted_groups_are_branches_of_the_tree(method: Literal["average", "ward"]) -> None:
    vectors, truth = planted(30, 50)
    vectors = np.random.default_rng(1).permutation(np.c_[vectors, truth])
    vectors, truth = np.ascontiguousarray(vectors[:, :-1], np.float32), vectors[:, -1].astype(int)
    landmarks, tree = build_merge_forest(vectors, 1, 8, method)
    assert np.allclose(np.linalg.norm(landmarks, axis=1), 1, atol=1e-5)
    assert hierarchy.is_valid_linkage(tree, throw=True)
    assert tree[-1, 3] == len(landmarks)
    branch = hierarchy.fcluster(tree, 30, "maxclust")
    found = branch[nearest_centroid(vectors, landmarks)]
    assert adjusted_rand_score(truth, found) > 0.9


@pytest.mark.usefixtures("cells")
@pytest.mark.parametrize("k", [1, 2, 3, 7, 40])
def test_the_tree_can_be_cut_into_k_branches(k: int) -> None:
    landmarks, tree = build_merge_forest(planted(20, 60, noise=0.2)[0], 1, 8)
    branches = np.unique(hierarchy.fcluster(tree, k, "maxclust"))
    assert len(branches) == k
    assert np.isfinite(landmarks).all()


@pytest.mark.usefixtures("cells")
def test_merges_of_cells_are_higher_than_merges_inside_cells() -> None:
    vectors, _ = planted(20, 60, noise=0.2)
    _, tree = build_merge_forest(vectors, 1, 8)
    assert (np.diff(tree[:, 2]) >= 0).all()
    cell_merges = 4 - 1  # 1,200 films in cells of 300
    assert (tree[-cell_merges:, 3] > tree[:-cell_merges, 3].max() - 1).all()


@pytest.mark.usefixtures("cells")
def test_the_same_films_give_the_same_bytes() -> None:
    vectors, _ = planted(20, 60, noise=0.2)
    first, second = (build_merge_forest(vectors, 7, 8) for _ in range(2))
    assert all(one.tobytes() == other.tobytes() for one, other in zip(first, second, strict=True))


@pytest.mark.usefixtures("cells")
def test_identical_films_have_a_tree() -> None:
    landmarks, tree = build_merge_forest(np.repeat(planted(1, 1)[0], 700, axis=0), 1, 8)
    assert np.isfinite(landmarks).all()
    assert len(tree) == len(landmarks) - 1
