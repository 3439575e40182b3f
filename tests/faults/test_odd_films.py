"""Films that are hard to cluster: one, equal ones, fewer than k; zero and NaN vectors."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import load_file, save_file

from pipeline import cluster
from pipeline.cluster.kmeans import cluster_points
from pipeline.cluster.mean_shift import smooth_and_seed
from pipeline.schemas.mining import POINTS
from pipeline.schemas.vectors import column_of_vectors, matrix_of
from pipeline.settings import ClusterSettings
from pipeline.storage.release_store import ReleaseStore
from tests.faults.mining import Place, verify_latest

pytestmark = pytest.mark.timeout(300)

PLOT = "A lighthouse keeper finds a message in a bottle and sails north with his daughter."


def catalogue(path: Path, films: list[dict[str, Any]]) -> str:
    path.write_text("\n".join(json.dumps(film) for film in films))
    return f"files:{path}"


def film(number: int, overview: str = PLOT) -> dict[str, Any]:
    return {"id": number, "title": f"Film {number}", "year": 1990, "overview": overview}


@pytest.mark.parametrize(
    ("films", "options", "clusters"),
    [
        pytest.param([film(1)], (), 1, id="one"),
        pytest.param([film(n) for n in range(60)], (), 1, id="alike"),
        pytest.param([film(n, f"{PLOT} Film {n}.") for n in range(8)], ("-k", 500), 8, id="k>n"),
    ],
)
def test_few_or_equal_films_give_a_release_without_nan(
    place: Place, tmp_path: Path, films: list[dict[str, Any]], options: tuple[Any], clusters: int
) -> None:
    source = catalogue(tmp_path / "films.jsonl", films)
    out = tmp_path / "out"
    run = place.mine(out, "--source", source, *options)
    assert run.end(120) == 0, run.output()
    release = verify_latest(out, len(films))
    centroids = matrix_of(pq.read_table(release / "centroids.parquet"))
    assert np.isfinite(centroids).all()
    assert 1 <= len(centroids) <= clusters
    movies = pq.read_table(release / "movies.parquet")
    assert movies.num_rows == len(films)
    assert np.isfinite(movies.column("similarity").to_numpy()).all()
    assert all(movies.column("micro_genre_name").to_pylist())


def points(rows: np.ndarray) -> pa.Table:
    ids = pa.array([str(n) for n in range(len(rows))], pa.string())
    return pa.table([ids, column_of_vectors(rows)], schema=POINTS(rows.shape[1]))


@pytest.mark.parametrize("zeros", [1, 20, 40])
def test_zero_vectors_are_assigned_and_give_no_nan_centroid(zeros: int) -> None:
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(40, 16)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[:zeros] = 0
    section = ClusterSettings(min_films=1, leaf_films=5)
    positions, seeds = smooth_and_seed(rows, section, 5)
    centroids, labels = cluster_points(rows, positions, positions[seeds], section, 5)
    assert np.isfinite(centroids).all()
    assigned = cluster.assign(points(rows), pa.table({"vector": column_of_vectors(centroids)}))[
        "assignments"
    ]
    assert len(assigned) == len(labels) == 40
    assert assigned.column("similarity").to_pylist()[:zeros] == [0.0] * zeros
    for column in ("similarity", "margin"):
        values = assigned.column(column).drop_null().to_numpy()
        assert np.isfinite(values).all()
    assert set(assigned.column("cluster").to_pylist()) <= set(range(len(centroids)))


def test_nan_vectors_of_a_model_are_quarantined_with_a_reason(place: Place, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(place.model, tmp_path / "broken"))
    weights = load_file(broken / "model.safetensors")
    name = next(name for name in weights if "LayerNorm" in name)
    save_file(
        {**weights, name: np.full_like(weights[name], np.nan)},
        broken / "model.safetensors",
        metadata={"format": "pt"},
    )
    out = tmp_path / "out"
    source = catalogue(tmp_path / "films.jsonl", [film(n) for n in range(5)])
    run = place.mine(out, "--source", source, MICROGENRES_EMBED__MODEL=str(broken))
    assert run.end(120) != 0
    assert "gave a vector that is not finite" in run.output()
    assert not (out / "latest").exists()
    assert not list((out / "work").glob("points/*.json"))
    assert not ReleaseStore(out).latest()
