"""Clusterings of many vectors: k-means by seconds, mean squared distance and memory, and others.

EVoC and BERTopic's UMAP and HDBSCAN choose their number of clusters and leave films out; their AMI
with the planted micro-genres of synthetic films is shown beside ours.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from benchmarks.lib.harness import (
    Bench,
    BenchOptions,
    BenchResult,
    Plot,
    Row,
    fit_exponent,
    median_row,
    take_turns,
)
from benchmarks.lib.machine import Watch, find_missing
from benchmarks.lib.peers.topics import find_missing_topics
from benchmarks.lib.planted_topics import describe_planted, planted_rows, topic_rows
from benchmarks.lib.vectors import enlarge, real_vectors
from pipeline.cluster.kmeans import cluster_points
from pipeline.cluster.mean_shift import smooth_and_seed
from pipeline.settings import ClusterSettings

__all__ = ["BENCH", "CONTENDERS", "mean_squared_distance"]

_REFERENCE, _NEXT = "scikit-learn, k-means++", "faiss.Kmeans"
_OURS, _SUPER = "ours", "faiss.SuperKmeans"
_BATCHES = "scikit-learn, MiniBatch"
_FIXED_K = 1_000
_LEAF = 60  # films per cluster when k grows with the films
_MOST_K = 16_384
# The time of all but ours is proportional to films times k. Beyond the first product, scikit-learn
# and dask-ml are left out, and faiss.Kmeans is the reference. Beyond the second, MiniBatch,
# SuperKmeans (which is slower) and ours with smoothing are left out too: a mining smooths at most
# `cluster.train_films` films.
_MAX_PRODUCT, _MAX_PRODUCT_OF_FAST = 1e8, 2e8

Centroids = Callable[[np.ndarray, int, int], np.ndarray]


def _ours(points: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Cluster as a worker does with default settings: with smoothing, on one thread."""
    return _cluster(points, k, ClusterSettings(min_films=1))


def _ours_plain(points: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Cluster without smoothing, which aims at stable clusters, not at the least distance."""
    return _cluster(points, k, ClusterSettings(min_films=1, smoothing_rounds=0, rounds=4))


def _cluster(points: np.ndarray, k: int, settings: ClusterSettings) -> np.ndarray:
    positions, seeds = smooth_and_seed(points, settings, k)
    return cluster_points(points, positions, positions[seeds], settings, k)[0]


def _faiss(points: np.ndarray, k: int, seed: int) -> np.ndarray:
    return _train(faiss.Kmeans(points.shape[1], k, seed=seed), points)


def _super(points: np.ndarray, k: int, seed: int) -> np.ndarray:
    kmeans: Any = vars(faiss)["SuperKmeans"]  # only in newer versions
    return _train(kmeans(points.shape[1], k, seed=seed), points)


def _train(kmeans: Any, points: np.ndarray) -> np.ndarray:
    """Train, and assign every point too, as the other contenders do; return the centroids."""
    kmeans.train(points)
    kmeans.assign(points)
    return np.asarray(kmeans.centroids)


def _scikit(points: np.ndarray, k: int, seed: int) -> np.ndarray:
    from sklearn.cluster import KMeans

    return np.asarray(KMeans(k, n_init=1, random_state=seed).fit(points).cluster_centers_)


def _minibatch(points: np.ndarray, k: int, seed: int) -> np.ndarray:
    from sklearn.cluster import MiniBatchKMeans

    fitted = MiniBatchKMeans(k, n_init=1, random_state=seed).fit(points)
    return np.asarray(fitted.cluster_centers_)


def _dask(points: np.ndarray, k: int, seed: int) -> np.ndarray:
    import dask
    import dask.array as da
    from dask_ml.cluster import KMeans

    with dask.config.set(scheduler="threads"):
        chunks = da.from_array(points, chunks=(-(-len(points) // 8), points.shape[1]))
        fitted = KMeans(k, init="k-means||", random_state=seed).fit(chunks)
    return np.asarray(fitted.cluster_centers_)


CONTENDERS: dict[str, Centroids] = {
    _OURS: _ours,
    "ours, no smoothing": _ours_plain,
    _NEXT: _faiss,
    _SUPER: _super,
    _REFERENCE: _scikit,
    _BATCHES: _minibatch,
    "dask-ml, k-means||": _dask,
}
_LEFT_OUT = {
    _MAX_PRODUCT: {_REFERENCE, "dask-ml, k-means||"},
    _MAX_PRODUCT_OF_FAST: {_BATCHES, _OURS, _SUPER},
}


def measure(options: BenchOptions) -> BenchResult:
    """Run all contenders in turn, each in a new process with the same vectors."""
    real = real_vectors(options.release, quick=options.quick)
    missing = {}
    if not hasattr(faiss, "SuperKmeans"):
        missing[_SUPER] = f"not in faiss {faiss.__version__}"
    if why := find_missing("dask_ml"):
        missing["dask-ml, k-means||"] = why
    missing |= find_missing_topics()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="clustering-") as folder:
        for films in options.sizes:
            path = Path(folder) / f"{films}.npy"
            np.save(path, enlarge(real, films, options.seed))
            for k in _ks(films):
                rows += _rows(path, films, k, options, missing)
            rows += topic_rows(path, films, options, missing)
            path.unlink()
    planted = planted_rows(options, missing)
    notes = _notes(options) + [describe_planted(row) for row in planted]
    figures = _figures(rows, options) | {"planted": planted}
    return BenchResult(rows, figures, notes, missing)


def _ks(films: int) -> list[int]:
    """Return k in proportion to the films, and the fixed k, with at least ten films per cluster."""
    return sorted({min(_MOST_K, films // _LEAF), min(_FIXED_K, films // 10)})


def _rows(
    path: Path, films: int, k: int, options: BenchOptions, missing: dict[str, str]
) -> list[Row]:
    left_out = set(missing)
    for most, slow in _LEFT_OUT.items():
        if films * k > most:
            left_out |= slow
    names = [name for name in CONTENDERS if name not in left_out]
    turns: dict[str, Callable[[], Row]] = {
        name: partial(options.call, _measure_one, name, str(path), k, options.seed)
        for name in names
    }
    medians = {name: median_row(runs) for name, runs in _turns(turns, films, k, options).items()}
    best = medians.get(_REFERENCE, medians.get(_NEXT))
    rows = []
    for name, row in medians.items():
        rows.append(
            {
                "contender": name,
                "films": films,
                "k": k,
                "rule": "k fixed" if k == min(_FIXED_K, films // 10) else "k grows",
                **row,
                "distance_to_reference": best and row["distance"] / best["distance"] - 1,
                "share_of_its_time": best and row["seconds"] / best["seconds"],
                "share_of_its_core_time": best and row["core_seconds"] / best["core_seconds"],
            }
        )
    return rows


def _turns(
    turns: dict[str, Callable[[], Row]], films: int, k: int, options: BenchOptions
) -> dict[str, list[Row]]:
    return take_turns(turns, options.repeats, options.work, f"clustering-{films}-{k}")


def _measure_one(name: str, path: str, k: int, seed: int) -> Row:
    points = np.load(path)
    CONTENDERS[name](points[:100], 3, seed)  # imports and compiles before the timing
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    with Watch() as watch:
        centroids = CONTENDERS[name](points, k, seed)
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    return {
        **watch.row,
        "clusters": len(centroids),
        "distance": mean_squared_distance(points, centroids),
    }


def mean_squared_distance(points: np.ndarray, centroids: np.ndarray) -> float:
    """Return the mean squared distance of points to the mean of their cluster.

    The cluster of a point is its nearest centroid. The means replace the centroids of all
    contenders, since some return centroids of unit length.

    Parameters
    ----------
    points : ndarray of shape (n_points, dim), float32
        The points.
    centroids : ndarray of shape (n_clusters, dim), float32
        The centroids.
    """
    unit = np.allclose(np.linalg.norm(centroids, axis=1), 1, atol=1e-3)
    index = (faiss.IndexFlatIP if unit else faiss.IndexFlatL2)(points.shape[1])
    index.add(np.ascontiguousarray(centroids, np.float32))
    labels = index.search(points, 1)[1][:, 0]
    order = np.argsort(labels, kind="stable")
    runs = np.flatnonzero(np.diff(labels[order], prepend=-1))
    total = np.add.reduceat(points[order], runs, axis=0, dtype=np.float64)
    count = np.diff(np.append(runs, len(points)))
    # sum of squared lengths of the points, minus that of the means
    squares = float(np.einsum("ij,ij->", points, points, dtype=np.float64))
    return (squares - float((total**2 / count[:, None]).sum())) / len(points)


def _figures(rows: list[Row], options: BenchOptions) -> dict[str, Any]:
    growth = {}
    for name in CONTENDERS:
        own = [row for row in rows if row["contender"] == name and row["k"] == _FIXED_K]
        growth[name] = fit_exponent([r["films"] for r in own], [r["seconds"] for r in own])
    return {"exponent_at_fixed_k": growth}


def _notes(options: BenchOptions) -> list[str]:
    return [
        "distance: mean squared distance to the mean of the cluster; ours runs on one thread, as "
        f"in a worker, its peers on {os.cpu_count()}; seconds include training and assignment; if "
        f"scikit-learn would take too long, {_NEXT} is the reference"
    ]


BENCH = Bench(
    name="clustering",
    title="Clustering: seconds and mean squared distance",
    measure=measure,
    sizes=(10_000, 100_000),
    quick_sizes=(2_000,),
    columns=(
        "films",
        "k",
        "contender",
        "seconds",
        "core_seconds",
        "share_of_its_core_time",
        "distance",
        "distance_to_reference",
        "clusters",
        "unplaced_share",
        "grown_mib",
    ),
    plot=Plot("seconds", x="films", panels="rule"),
)
