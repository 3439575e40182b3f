"""Every quality figure of a run, computed from its outputs, each with a line on how to read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from pipeline.settings import ReportSettings

__all__ = [
    "EXPLANATIONS",
    "assemble",
    "cluster_figures",
    "film_map",
    "fit_map",
    "place_on_map",
]

_MAP_ROWS = 8_192  # films placed on the map at a time

EXPLANATIONS: Mapping[str, str] = {
    "clusters.cosine_silhouette": "Own cluster against the next one over text vectors, -1 to 1; "
    "themes of films overlap, so a little above 0 is good and below 0 means misplaced films.",
    "clusters.points_silhouette": "The same in the space where the films were clustered.",
    "clusters.davies_bouldin": "Spread of clusters against their distance; lower is better.",
    "clusters.calinski_harabasz": "Variance between against within clusters; higher is better.",
    "clusters.inertia": "Mean squared distance of a film to its centroid, 0 to 4; lower is "
    "tighter.",
    "clusters.seed_ari": "Agreement (adjusted Rand index) with a run from another seed; 1 is the "
    "same.",
    "clusters.subsample_ari": "Agreement of two minings of different 80 % samples on the films "
    "that they share; 1 is the same, 0 is chance.",
    "clusters.genre_purity": "Films that have the commonest genre of their micro-genre, 0 to 1.",
    "clusters.length_variance_explained": "Share of the variance of description length that the "
    "clusters explain; high means buckets of text length instead of themes.",
    "names.own_centroid_share": "Names whose nearest centroid is their own cluster's.",
    "names.strays": "Names that lie nearer to another micro-genre's centroid than to their own.",
    "names.near_duplicate_pairs": "Names that differ in word order, number or inflection only.",
    "names.boilerplate_keywords": "Keywords that say how a film was made, not what it is about.",
    "names.unique_share": "Names that no other micro-genre has.",
    "names.keyword_coverage": "Films that hold one of their micro-genre's keywords word for word.",
    "neighbours.recall_at_10": "True ten nearest films that the index finds; 1 is exact.",
    "data_quality.retention": "Rows of the catalogue that came out as films.",
    "embedding.texts_per_second": "Distinct texts encoded per second, all workers together, "
    "loading of the model not counted.",
}


def cluster_figures(
    points: np.ndarray,
    vectors: np.ndarray,
    labels: np.ndarray,
    own_similarity: np.ndarray,
    desc_length: np.ndarray,
    genres: Iterable[Sequence[str] | None],
    settings: ReportSettings,
) -> dict[str, Any]:
    """Figures of the clusters.

    Parameters
    ----------
    points, vectors : (n, dim) float32, unit: where films were clustered, and their text; of the
        first `silhouette_films` films at least.
    own_similarity : (films,) cosine of a film's point to its centroid.

    Partitions are cut by a hash of the ids, so the first films are a random sample: silhouette,
    Davies-Bouldin (1979) and Calinski-Harabasz (1974) are computed on `silhouette_films` of them.
    """
    from sklearn import metrics

    sample = slice(0, settings.silhouette_films)
    sizes = np.bincount(labels)
    some = labels[sample]
    figures: dict[str, Any] = {
        "cosine_silhouette": None,
        "points_silhouette": None,
        "davies_bouldin": None,
        "calinski_harabasz": None,
    }
    if 1 < len(np.unique(some)) < len(some):
        figures = {
            "cosine_silhouette": metrics.silhouette_score(vectors[sample], some, metric="cosine"),
            "points_silhouette": metrics.silhouette_score(points[sample], some, metric="cosine"),
            "davies_bouldin": metrics.davies_bouldin_score(vectors[sample], some),
            "calinski_harabasz": metrics.calinski_harabasz_score(vectors[sample], some),
        }
    figures |= {
        "inertia": float(np.mean(2 - 2 * own_similarity.astype(np.float64))),
        "genre_purity": _purity(labels, genres),
        "length_variance_explained": _explained(labels, desc_length.astype(np.float64)),
        "smallest": int(sizes.min()),
        "median": float(np.median(sizes)),
        "largest": int(sizes.max()),
    }
    return {name: _plain(value) for name, value in figures.items()}


def film_map(
    points: np.ndarray, centroids: np.ndarray, labels: np.ndarray, seed: int
) -> np.ndarray:
    """Films in two dimensions, (films, 2) float32: micro-genres by t-SNE, films around them."""
    return place_on_map(points, centroids, labels, fit_map(points, centroids, labels, seed))


def fit_map(
    points: np.ndarray, centroids: np.ndarray, labels: np.ndarray, seed: int
) -> dict[str, np.ndarray]:
    """What places a film on the map: "layout" (k, 2) and "axes" (dim, 2), float64.

    The centroids are laid out by t-SNE (van der Maaten and Hinton 2008). The axes are the two main
    directions in which films differ from their centroid. Films are taken some thousand at a
    time, so that memory does not grow with films times centroids.
    """
    if len(centroids) < 3:
        layout = np.arange(len(centroids))[:, None] * np.array([[40.0, 0.0]])
    else:
        # threads that wait for one another at each of a thousand small steps take 16 s instead of
        # 0.4 s as soon as a core is busy with something else
        with threadpool_limits(1):
            layout = _layout(centroids, seed)
    spread = np.zeros((points.shape[1], points.shape[1]))
    parts = _parts(len(points))
    for part in parts:
        rest = (points[part] - centroids[labels[part]]).astype(np.float64)
        spread += rest.T @ rest
    _, axes = np.linalg.eigh(spread / max(1, len(points)))
    axes = axes[:, -2:]
    nudge = np.empty((len(points), 2), np.float64)
    for part in parts:
        nudge[part] = (points[part] - centroids[labels[part]]).astype(np.float64) @ axes
    scale = np.median(np.abs(layout - np.roll(layout, 1, 0))) * 0.12 + 1e-9
    return {"layout": layout, "axes": axes * scale / max(float(nudge.std()), 1e-9)}


def place_on_map(
    points: np.ndarray, centroids: np.ndarray, labels: np.ndarray, fitted: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Where films lie on a map that is fitted, (films, 2) float32.

    A film lies among the centroids it resembles, nudged along the map's axes.
    """
    place = np.empty((len(points), 2), np.float32)
    for part in _parts(len(points)):
        rest = (points[part] - centroids[labels[part]]).astype(np.float64)
        place[part] = _among(points[part], centroids, fitted["layout"]) + rest @ fitted["axes"]
    return place


def _parts(films: int) -> list[slice]:
    return [slice(start, start + _MAP_ROWS) for start in range(0, films, _MAP_ROWS)]


def _among(points: np.ndarray, centroids: np.ndarray, layout: np.ndarray) -> np.ndarray:
    """Where films lie between the centroids that they resemble most, (films, 2) float64."""
    similarity = points @ centroids.T
    count = min(4, len(centroids))
    best = np.argpartition(-similarity, count - 1, axis=1)[:, :count]
    cosine = np.take_along_axis(similarity, best, axis=1)
    weight = np.exp((cosine - cosine.max(1, keepdims=True)) / 0.04)
    weight /= weight.sum(1, keepdims=True)
    return np.asarray((layout[best] * weight[..., None]).sum(1), np.float64)


def assemble(
    parts: Mapping[str, Any],
) -> dict[str, Any]:
    """The report as one JSON-able mapping: `parts` with the explanations beside."""
    return {
        **{name: _plain(value) for name, value in parts.items()},
        "explanations": dict(EXPLANATIONS),
    }


def _layout(centroids: np.ndarray, seed: int) -> np.ndarray:
    from sklearn.manifold import TSNE

    tsne = TSNE(
        2,
        perplexity=min(12.0, (len(centroids) - 1) / 3),
        metric="cosine",
        init="random",
        random_state=seed % 2**32,
        n_jobs=1,
    )
    return np.asarray(tsne.fit_transform(centroids), np.float64)


def _purity(labels: np.ndarray, genres: Iterable[Sequence[str] | None]) -> float | None:
    counts: dict[int, dict[str, int]] = {}
    known = 0
    for label, names in zip(labels.tolist(), genres, strict=True):
        if names:
            known += 1
            own = counts.setdefault(label, {})
            for name in names:
                own[name] = own.get(name, 0) + 1
    return sum(max(own.values()) for own in counts.values()) / known if known else None


def _explained(labels: np.ndarray, values: np.ndarray) -> float:
    """Eta squared: variance between clusters over all variance, 0 to 1."""
    sizes = np.bincount(labels)
    means = np.bincount(labels, values) / np.maximum(sizes, 1)
    total = float(((values - values.mean()) ** 2).sum())
    return float((sizes * (means - values.mean()) ** 2).sum()) / total if total else 0.0


def _plain(value: Any) -> Any:
    """NumPy and Arrow values as the Python ones that JSON knows."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, pa.Scalar):
        return value.as_py()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(item) for item in value]
    return value
