"""Clusterings that choose their own number of clusters, and how well they find what is planted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import faiss
import numpy as np

from benchmarks.lib.films import Catalogue
from benchmarks.lib.harness import BenchOptions, Row, median_row, take_turns
from benchmarks.lib.machine import Watch
from benchmarks.lib.peers.topics import BERTOPIC, TOPICS, measure_topics
from benchmarks.lib.planted_score import score_found
from pipeline.cluster.kmeans import cluster_points
from pipeline.cluster.mean_shift import smooth_and_seed
from pipeline.cluster.scale import adapt, leaf_films
from pipeline.settings import ClusterSettings, FeatureSettings

__all__ = ["describe_planted", "planted_rows", "topic_rows"]

_MOST = {BERTOPIC: 50_000}  # films; UMAP takes long beyond
_PLANTED_FILMS = 10_000  # most synthetic films whose texts are encoded for their vectors
_OURS, _PLAIN = "ours, default number", "faiss.Kmeans, the same number"


def topic_rows(
    path: Path, films: int, options: BenchOptions, missing: Mapping[str, str]
) -> list[Row]:
    """Return seconds, memory and unplaced films of the peers that choose their number of clusters.

    Parameters
    ----------
    path : Path
        NumPy file of vectors of unit length, (films, dim) float32.
    films : int
        Number of vectors.
    options : BenchOptions
        Repeats and work folder.
    missing : mapping of str to str
        Peers that are not installed.
    """
    names = [n for n in TOPICS if n not in missing and films <= _MOST.get(n, films)]
    turns: dict[str, Callable[[], Row]] = {
        name: partial(options.call, _measure, name, str(path), None) for name in names
    }
    found = take_turns(turns, options.repeats, options.work, f"topics-{films}")
    return [
        {"contender": name, "films": films, "rule": "k grows", **median_row(runs)}
        for name, runs in found.items()
    ]


def planted_rows(options: BenchOptions, missing: Mapping[str, str]) -> list[Row]:
    """Return how well each clustering finds the planted micro-genres, and how long it takes.

    All get the vectors of the default model of the same synthetic films, as many as the largest
    size up to 10,000; no row if every size is larger. Ours and k-means place every film.

    Parameters
    ----------
    options : BenchOptions
        Sizes, repeats, seed and work folder.
    missing : mapping of str to str
        Peers that are not installed.

    Returns
    -------
    list of Row
        The figures of `Watch`, "topics", "unplaced_share", and those of `score_found`.
    """
    sizes = [size for size in options.sizes if size <= _PLANTED_FILMS]
    if not sizes:
        return []
    films = max(sizes)
    with options.work_folder("planted") as folder:
        path, truth = (folder / f"planted-{films}-{options.seed}-{n}.npy" for n in ("x", "y"))
        if not truth.exists():
            vectors, planted = _encode_planted(films, options.seed)
            np.save(path, vectors)
            np.save(truth, planted)
        turns: dict[str, Callable[[], Row]] = {
            name: partial(options.call, _measure, name, str(path), str(truth))
            for name in (_OURS, _PLAIN, *TOPICS)
            if name not in missing
        }
        found = take_turns(turns, options.repeats, options.work, f"planted-{films}")
    return [{"contender": name, "films": films, **median_row(runs)} for name, runs in found.items()]


def _encode_planted(films: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    from pipeline.embedding.embed import encode
    from pipeline.embedding.weights import identify
    from pipeline.features.text import compose_text
    from pipeline.settings import EmbedSettings

    catalogue, settings = Catalogue(films, seed), FeatureSettings()
    rows = [catalogue.film(number) for number in range(films)]
    texts = [compose_text(f["overview"], None, f["keywords"], settings) for f, _ in rows]
    planted = np.array([truth["micro_genre"] for _, truth in rows])
    return encode(texts, identify(EmbedSettings())), planted


def _measure(name: str, path: str, truth: str | None) -> Row:
    points = np.load(path)
    if name in TOPICS:
        row, topics = measure_topics(name, points)
    else:
        find = {_OURS: _ours, _PLAIN: _kmeans}[name]
        find(points[:300])  # imports and compiles before the timing
        with Watch() as watch:
            topics = find(points)
        row = {**watch.row, "topics": len(np.unique(topics)), "unplaced_share": 0.0}
    row["clusters"] = row.pop("topics")
    return row if truth is None else row | score_found(np.load(truth), topics)


def _default_number(points: np.ndarray) -> int:
    return max(2, len(points) // leaf_films(ClusterSettings(), len(points)))


def _ours(points: np.ndarray) -> np.ndarray:
    """Cluster with the default settings, before any film moves because of a name."""
    settings, k = adapt(ClusterSettings(), len(points)), _default_number(points)
    positions, seeds = smooth_and_seed(points, settings, k)
    centroids = cluster_points(points, positions, positions[seeds], settings, k)[0]
    return np.asarray((points @ centroids.T).argmax(1))


def _kmeans(points: np.ndarray) -> np.ndarray:
    kmeans = faiss.Kmeans(
        points.shape[1], _default_number(points), spherical=True, min_points_per_centroid=1
    )
    kmeans.train(points)
    return np.asarray(kmeans.assign(points)[1])


def describe_planted(row: Row) -> str:
    """Return a row of `planted_rows` in a sentence."""
    placed = row["ami_of_placed"]
    left = ""
    if row["unplaced_share"]:
        left = f", {100 * row['unplaced_share']:.0f} % of the films without a cluster"
        if placed is not None:
            left += f" ({placed:.3f} of the others)"
    return (
        f"{row['films']:,} synthetic films in {row['planted']:,} planted micro-genres, "
        f"{row['contender']}: {row['clusters']:,} clusters, AMI {row['ami']:.3f}{left}, "
        f"{row['seconds']:.1f} s, {row['grown_mib']:.0f} MiB"
    )
