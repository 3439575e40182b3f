from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.lib.harness import BenchOptions
from benchmarks.lib.peers.topics import TOPICS, find_missing_topics
from benchmarks.lib.planted_topics import describe_planted, planted_rows
from benchmarks.lib.vectors import enlarge
from benchmarks.suite import clustering
from benchmarks.suite.clustering import CONTENDERS, mean_squared_distance
from tests.support.planted import planted

CHEAP = ("ours", "ours, no smoothing", "faiss.Kmeans", "scikit-learn, k-means++")


def test_the_distance_agrees_with_brute_force() -> None:
    points, _ = planted(groups=5, films=20, noise=0.3)
    centroids = points[:5] * 1.3  # not of unit length: nearest by distance
    nearest = ((points[:, None] - centroids) ** 2).sum(2).argmin(1)
    means = np.array([points[nearest == own].mean(0) for own in range(5)])
    expected = ((points - means[nearest]) ** 2).sum(1).mean()
    assert mean_squared_distance(points, centroids) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", CHEAP)
def test_contenders_find_planted_groups(name: str) -> None:
    points, truth = planted(groups=8, films=40, noise=0.05)
    means = np.array([points[truth == own].mean(0) for own in range(8)])
    best, none = (mean_squared_distance(points, m) for m in (means, points.mean(0)[None]))
    # with random initial centroids, one group in three may be merged with another
    assert best - 1e-6 <= mean_squared_distance(points, CONTENDERS[name](points, 8, 1))
    assert mean_squared_distance(points, CONTENDERS[name](points, 8, 1)) < (best + none) / 2


@pytest.mark.filterwarnings("default")  # of the peers, where they are installed
def test_a_quick_run_compares_all_contenders_with_the_reference(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(clustering, "CONTENDERS", {name: CONTENDERS[name] for name in CHEAP})
    monkeypatch.setattr(clustering, "real_vectors", lambda *_, **__: planted(20, 10, dim=32)[0])
    found = clustering.measure(BenchOptions(sizes=(400,), repeats=1, quick=True))
    rows = [row for row in found.rows if "k" in row]
    assert [(row["contender"], row["k"]) for row in rows] == [
        (name, k) for k in (6, 40) for name in CHEAP
    ]
    for row in rows:
        assert row["clusters"] <= row["k"] and 0 < row["distance"] < 2
        assert -0.5 < row["distance_to_reference"] < 0.5
    reference = [row for row in rows if row["contender"] == CHEAP[-1]]
    assert all(row["distance_to_reference"] == 0 for row in reference)
    peers = {row["contender"] for row in found.rows} - set(CHEAP)
    assert peers == {name for name in TOPICS if name not in found.missing}


@pytest.mark.filterwarnings("default")  # of the peers, where they are installed
def test_clusterings_that_choose_their_number_are_scored_by_what_is_planted(
    tmp_path: Path,
) -> None:
    vectors, truth = planted(groups=12, films=40, noise=0.05)
    np.save(tmp_path / "planted-480-2026-x.npy", vectors)
    np.save(tmp_path / "planted-480-2026-y.npy", truth)
    missing = find_missing_topics()
    options = BenchOptions(sizes=(480, 20_000), repeats=1, quick=True, work=tmp_path)
    rows = {row["contender"]: row for row in planted_rows(options, missing)}
    assert len(rows) == 2 + len(TOPICS) - len(missing)
    for row in rows.values():
        assert row["films"] == 480 and row["planted"] == 12 and row["seconds"] > 0
        assert 0 <= row["unplaced_share"] < 1 and 0.3 < row["ami_of_placed"] <= 1
        assert "12 planted micro-genres" in describe_planted(row)
    assert rows["ours, default number"]["ami"] > 0.7
    assert rows["ours, default number"]["unplaced_share"] == 0
    assert planted_rows(BenchOptions(sizes=(20_000,)), missing) == []


def test_copies_have_unit_length_and_are_near_their_originals() -> None:
    real, _ = planted(groups=4, films=5, dim=384)
    vectors = enlarge(real, 100, seed=3)
    assert vectors.shape == (100, 384) and np.array_equal(vectors, enlarge(real, 100, seed=3))
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    cosine = (vectors @ real.T).max(1)
    # a unit vector plus orthogonal noise of length 0.8
    assert np.median(cosine) == pytest.approx(1 / np.sqrt(1 + 0.8**2), abs=0.05)
    assert (cosine > 0.999).sum() == 20
