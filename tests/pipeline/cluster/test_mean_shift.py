from __future__ import annotations

import numpy as np
import pytest

from pipeline.cluster import mean_shift
from pipeline.cluster.lloyd import unit_means
from pipeline.cluster.mean_shift import TREE, cut_seeds, smooth_and_link, smooth_points
from pipeline.schemas.mining import POINTS
from pipeline.schemas.vectors import matrix_of, unit_rows
from pipeline.settings import ClusterSettings
from tests.support.planted import planted, points_table

SETTINGS = ClusterSettings(leaf_films=40, components=16)


def test_tables_have_their_schemas_and_the_order_of_the_films() -> None:
    vectors, _ = planted()
    points = points_table(vectors)
    tables = smooth_points(points, SETTINGS, seed=1)
    assert tables["positions"].schema == tables["landmarks"].schema == POINTS(16)
    assert tables["positions"].column("movie_id").equals(points.column("movie_id"))
    assert tables["tree"].schema == TREE
    assert len(tables["tree"]) == len(tables["landmarks"]) - 1 == len(vectors) - 1
    assert np.allclose(np.linalg.norm(matrix_of(tables["positions"]), axis=1), 1, atol=1e-5)


def test_the_same_films_give_the_same_tables() -> None:
    points = points_table(planted(noise=0.3)[0])
    first, second = (smooth_points(points, SETTINGS, seed=1) for _ in range(2))
    assert all(first[name].equals(second[name]) for name in first)


def test_one_round_averages_each_film_with_its_nearest() -> None:
    vectors, _ = planted(noise=0.3)
    rough, _, _ = smooth_and_link(vectors, SETTINGS.model_copy(update={"smoothing_rounds": 0}), 1)
    smooth, _, _ = smooth_and_link(vectors, SETTINGS.model_copy(update={"smoothing_rounds": 1}), 1)
    count = round(0.8 * 40)
    nearest = np.argsort(-(rough @ rough.T), axis=1)[:, :count]
    expected = rough[nearest].mean(1)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert np.allclose(smooth, expected, atol=1e-4)


def test_smoothing_increases_the_similarity_within_groups() -> None:
    vectors, truth = planted(noise=0.25)
    same = truth[:, None] == truth
    inside = []
    for rounds in (0, 3):
        settings = SETTINGS.model_copy(update={"smoothing_rounds": rounds})
        positions, _, _ = smooth_and_link(vectors, settings, 1)
        cosine = positions @ positions.T
        inside.append(cosine[same].mean() - cosine[~same].mean())
    assert inside[1] > inside[0] + 0.2


def test_full_whitening_gives_components_of_similar_variance() -> None:
    rng = np.random.default_rng(5)
    vectors = unit_rows(rng.normal(size=(2_000, 4)) * [8, 4, 2, 1])
    spread = {}
    for whitening in (0.0, 1.0):
        settings = ClusterSettings(components=4, whitening=whitening, smoothing_rounds=0)
        positions, _, _ = smooth_and_link(vectors, settings, 1)
        deviation = positions.std(0)
        spread[whitening] = deviation.max() / deviation.min()
    assert spread[1.0] < 1.6 < spread[0.0]


def test_above_six_thousand_films_a_leaf_of_the_tree_is_a_group_of_films() -> None:
    vectors, truth = planted(20, 301, dim=8, noise=0.05)
    settings = ClusterSettings(leaf_films=10, components=8, smoothing_rounds=1)
    positions, landmarks, tree = smooth_and_link(vectors, settings, 1)
    assert positions.shape == (6_020, 8)
    assert landmarks.shape == (3_000, 8)
    assert tree.shape == (2_999, 4)
    assert np.isfinite(landmarks).all()
    found = cut_seeds(landmarks, tree, 20)
    owner = (positions @ found.T).argmax(1)
    assert len({(own, group) for own, group in zip(owner, truth, strict=True)}) == 20


def test_seeds_are_the_means_of_planted_groups() -> None:
    vectors, truth = planted(6, 20)
    positions, landmarks, tree = smooth_and_link(vectors, SETTINGS, 1)
    found = cut_seeds(landmarks, tree, 6)
    best = (unit_means(positions, truth, 6) @ found.T).max(1)
    assert (best > 0.999).all()


@pytest.mark.parametrize(("k", "count"), [(0, 1), (1, 1), (7, 7), (500, 12)])
def test_seeds_are_at_most_k_and_at_most_the_films(k: int, count: int) -> None:
    vectors, _ = planted(12, 1)
    _, landmarks, tree = smooth_and_link(vectors, SETTINGS, 1)
    assert len(cut_seeds(landmarks, tree, k)) == count


def test_identical_films_give_one_seed() -> None:
    same = np.repeat(planted(1, 1)[0], 30, axis=0)
    _, landmarks, tree = smooth_and_link(same, SETTINGS, 1)
    found = cut_seeds(landmarks, tree, 10)
    assert len(found) == 1
    assert np.isfinite(found).all()


def test_a_single_film_has_a_landmark_and_no_merges() -> None:
    tables = smooth_points(points_table(planted(1, 1)[0]), SETTINGS, seed=1)
    assert {name: len(table) for name, table in tables.items()} == {
        "positions": 1,
        "landmarks": 1,
        "tree": 0,
    }
    assert np.isfinite(matrix_of(tables["positions"])).all()


@pytest.mark.parametrize("rounds", [0, 3])
def test_large_catalogues_get_a_merge_forest(monkeypatch: pytest.MonkeyPatch, rounds: int) -> None:
    monkeypatch.setattr(mean_shift, "EXACT_UP_TO", 600)
    vectors = np.random.default_rng(3).permutation(planted(40, 60, noise=0.2)[0])
    settings = SETTINGS.model_copy(update={"smoothing_rounds": rounds})
    positions, landmarks, tree = smooth_and_link(vectors, settings, 1)
    assert positions.shape == (2_400, 16)
    assert np.allclose(np.linalg.norm(positions, axis=1), 1, atol=1e-5)
    assert abs(len(landmarks) - 2_400 / 13) < 20  # a third of 40 films each
    assert tree.shape == (len(landmarks) - 1, 4)


def test_large_catalogues_get_enough_landmarks_for_k(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mean_shift, "EXACT_UP_TO", 600)
    vectors = np.random.default_rng(3).permutation(planted(40, 60, noise=0.2)[0])
    settings = SETTINGS.model_copy(update={"k": 400})
    _, landmarks, _ = smooth_and_link(vectors, settings, 1)
    assert len(landmarks) >= 1_000
