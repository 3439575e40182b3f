from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import adjusted_rand_score

from pipeline.cluster import stability
from pipeline.cluster.assign import assign
from pipeline.cluster.kmeans import train
from pipeline.cluster.mean_shift import smooth_points
from pipeline.cluster.stability import LABELS, agreement, agreement_errors, label_subsample, perturb
from pipeline.schemas.mining import ASSIGNMENTS
from pipeline.settings import ClusterSettings
from tests.support.planted import planted, points_table

SETTINGS = ClusterSettings(leaf_films=30)


def sampled(points: pa.Table, part: int, seed: int = 3) -> set[str]:
    found = label_subsample(points, SETTINGS, [4], part, seed)["labels"]
    return set(found.column("movie_id").to_pylist())


def labels(rows: list[tuple[int, str, int]]) -> pa.Table:
    return pa.Table.from_pylist(
        [{"k": k, "movie_id": movie_id, "cluster": c} for k, movie_id, c in rows], LABELS
    )


def test_each_k_labels_the_same_films_once() -> None:
    found = label_subsample(points_table(planted(6, 30)[0]), SETTINGS, [3, 6], 0, 3)["labels"]
    assert found.schema == LABELS
    frame = found.to_pandas()
    three, six = (frame[frame.k == k] for k in (3, 6))
    assert three.movie_id.tolist() == six.movie_id.tolist()
    assert three.movie_id.is_unique
    assert three.cluster.nunique() == 3
    assert six.cluster.nunique() == 6


def test_the_sample_depends_on_ids_part_and_seed_only() -> None:
    points = points_table(planted(4, 50)[0])
    base = sampled(points, 0)
    assert sampled(points.take(pa.array(range(199, -1, -1))), 0) == base
    assert sampled(points, 1) != base
    assert sampled(points, 0, seed=4) != base
    inside = base & set(points.slice(50, 100).column("movie_id").to_pylist())
    assert sampled(points.slice(50, 100), 0) == inside


@pytest.mark.parametrize(("share", "films"), [(0.8, 800), (0.3, 300), (1.0, 1_000)])
def test_the_sample_has_the_share_of_the_films(
    share: float, films: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stability, "_SHARE", share)
    points = points_table(planted(4, 250, dim=8)[0])
    assert len(sampled(points, 0)) == pytest.approx(films, abs=50 if share < 1 else 0)


def test_a_sample_without_films_is_an_empty_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stability, "_SHARE", 0.0)
    found = label_subsample(points_table(planted(1, 3)[0]), SETTINGS, [1], 0, 3)["labels"]
    assert found.equals(LABELS.empty_table())
    assert agreement(found, found) == {}


def test_the_same_call_gives_the_same_bytes() -> None:
    points = points_table(planted(noise=0.4)[0])
    first, second = (label_subsample(points, SETTINGS, [9, 14], 1, 3)["labels"] for _ in range(2))
    assert first.equals(second)


def test_agreement_is_measured_on_the_common_films_of_each_k() -> None:
    first = [(2, m, c) for m, c in zip("abcdef", (0, 0, 0, 1, 1, 1), strict=True)]
    second = [(2, m, c) for m, c in zip("fedcbz", (0, 0, 1, 1, 1, 0), strict=True)]
    first += [(3, "a", 0), (3, "b", 1)]
    second += [(3, "a", 7), (3, "b", 2)]
    found = agreement(labels(first), labels(second))
    assert found == {
        2: pytest.approx(adjusted_rand_score([0, 0, 1, 1, 1], [1, 1, 1, 0, 0])),
        3: 1.0,
    }
    assert 0 < found[2] < 1


def test_noise_is_less_stable_than_groups() -> None:
    found = []
    for noise in (0.05, 5.0):
        points = points_table(planted(8, 40, noise=noise)[0])
        parts = (label_subsample(points, SETTINGS, [8], part, 3)["labels"] for part in (0, 1))
        found.append(agreement(*parts)[8])
    assert found[0] > 0.95
    assert found[1] < 0.7


def test_clusters_of_noisy_points_are_compared_with_the_given_clusters() -> None:
    vectors, truth = planted(6, 30)
    points = points_table(vectors)
    rng = np.random.default_rng(1)
    for clusters, low, high in ((truth, 0.95, 1.0), (rng.permutation(truth), -0.1, 0.1)):
        rows = [
            {"movie_id": movie_id, "cluster": int(c), "similarity": 1.0, "weak": False}
            for movie_id, c in zip(points.column("movie_id").to_pylist(), clusters, strict=True)
        ]
        given = pa.Table.from_pylist(rows, ASSIGNMENTS)
        found = perturb(points, given, SETTINGS, k=6, seed=8)["agreement"]
        ari = found.column("ari")[0].as_py()
        assert low <= ari <= high


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_noise_moves_few_films_between_clusters_that_hold_two_groups(seed: int) -> None:
    # where a cluster holds two groups, films between seeds decide what the centroids are
    points = points_table(planted(40, 30, noise=0.2)[0])
    settings = ClusterSettings(leaf_films=60)
    trained = train(points, **smooth_points(points, settings), settings=settings, k=20)
    found = assign(points, trained["centroids"])["assignments"]
    table = perturb(points, found, settings, k=20, seed=seed)
    assert table["agreement"].column("ari")[0].as_py() > 0.97  # 0.93 to 0.97 with plain means


def test_the_error_of_an_agreement_covers_what_other_films_give() -> None:
    rng = np.random.default_rng(5)
    found, errors = [], []
    for _ in range(30):
        truth = rng.integers(0, 6, 400)
        other = np.where(rng.random(400) < 0.3, rng.integers(0, 6, 400), truth)
        tables = [
            labels([(6, f"f{film}", int(cluster)) for film, cluster in enumerate(clusters)])
            for clusters in (truth, other)
        ]
        found.append(agreement(*tables)[6])
        errors.append(agreement_errors(*tables)[6])
    assert np.mean(errors) == pytest.approx(np.std(found), rel=0.4)


def test_there_is_no_error_of_few_films() -> None:
    few = labels([(2, f"f{film}", film % 2) for film in range(39)])
    assert agreement_errors(few, few) == {}
