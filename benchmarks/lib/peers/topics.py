"""Density-based clusterings of given vectors, with their defaults: they choose their own number.

EVoC: https://evoc.readthedocs.io. UMAP and HDBSCAN as BERTopic calls them by default.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.lib.harness import Row
from benchmarks.lib.machine import Watch, find_missing

__all__ = ["BERTOPIC", "EVOC", "TOPICS", "find_missing_topics", "measure_topics"]

EVOC, BERTOPIC = "EVoC", "BERTopic's UMAP and HDBSCAN"
_UMAP_MANY = 4_096  # from here on UMAP searches neighbours approximately, which it compiles
_WARM = 1_000  # vectors on which functions are compiled before the timing


def _evoc(points: np.ndarray, *, like: int) -> np.ndarray:
    from evoc import EVoC

    return np.asarray(EVoC().fit_predict(points))


def _bertopic(points: np.ndarray, *, like: int) -> np.ndarray:
    from hdbscan import HDBSCAN
    from umap import UMAP

    reduced = UMAP(
        n_neighbors=15,
        n_components=5,
        min_dist=0.0,
        metric="cosine",
        low_memory=False,
        force_approximation_algorithm=like >= _UMAP_MANY,
    ).fit_transform(points)
    return np.asarray(HDBSCAN(min_cluster_size=10, prediction_data=True).fit_predict(reduced))


# What clusters, and the modules that it needs. `like` is the number of vectors whose algorithms
# are chosen: compiling with few vectors must compile what many need.
TOPICS: dict[str, tuple[Callable[..., np.ndarray], tuple[str, ...]]] = {
    EVOC: (_evoc, ("evoc",)),
    BERTOPIC: (_bertopic, ("umap", "hdbscan")),
}


def find_missing_topics() -> dict[str, str]:
    """Return the clusterings that are not installed, with what they need."""
    why = {name: find_missing(*modules) for name, (_, modules) in TOPICS.items()}
    return {name: message for name, message in why.items() if message is not None}


def measure_topics(name: str, points: np.ndarray) -> tuple[Row, np.ndarray]:
    """Cluster vectors, without imports and compilations in the timing.

    Parameters
    ----------
    name : str
        Name in TOPICS.
    points : ndarray of shape (n_points, dim), float32
        Vectors of unit length.

    Returns
    -------
    row : dict of str to Any
        The figures of `Watch`, "topics", and "unplaced_share", of films without a topic.
    topics : ndarray of shape (n_points,), int64
        Topic of each vector, -1 for none.
    """
    find = TOPICS[name][0]
    find(points[:_WARM], like=len(points))
    with Watch() as watch:
        topics = find(points, like=len(points)).astype(np.int64)
    row = {
        **watch.row,
        "topics": int(topics.max()) + 1,
        "unplaced_share": float((topics < 0).mean()),
    }
    return row, topics
