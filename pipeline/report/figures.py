"""Quality figures of the clusters, the coordinates of the film map, and the report as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from pipeline.report.explanations import EXPLANATIONS
from pipeline.schemas.words.genre_words import fold_genres
from pipeline.settings import ReportSettings

__all__ = [
    "assemble",
    "cluster_figures",
    "film_map",
    "fit_map",
    "place_on_map",
]

_MAP_ROWS = 8_192  # films per batch


def cluster_figures(
    points: np.ndarray,
    vectors: np.ndarray,
    labels: np.ndarray,
    own_similarity: np.ndarray,
    desc_length: np.ndarray,
    genres: Iterable[Sequence[str] | None],
    settings: ReportSettings,
) -> dict[str, Any]:
    """Return the quality figures of the clusters.

    Parameters
    ----------
    points : ndarray of shape (n, n_dimensions), float32
        Unit vectors in the clustering space, at least of the first `silhouette_films` films.
    vectors : ndarray of shape (n, n_text_dimensions), float32
        Unit vectors of the texts of the same films.
    labels : ndarray of shape (n_films,), int
        Cluster of each film.
    own_similarity : ndarray of shape (n_films,), float32
        Cosine similarity of each film to its centroid, -1 to 1.
    desc_length : ndarray of shape (n_films,), int
        Length of the description of each film, in characters.
    genres : iterable of sequences of str, or None
        Genres of each film.
    settings : ReportSettings
        Size of the sample.

    Returns
    -------
    dict
        Values of `report.json` under "clusters": numbers, or None if not defined.

    Notes
    -----
    Silhouette (Rousseeuw 1987), Davies-Bouldin (1979) and Calinski-Harabasz (1974) are computed on
    the first `silhouette_films` films. Partitions are cut by a hash of the ids, so these films are
    a random sample. The explained variance of the length is eta squared.
    """
    from sklearn import metrics

    sample = slice(0, settings.silhouette_films)
    sizes = np.bincount(labels)
    subset = labels[sample]
    figures: dict[str, Any] = {
        "cosine_silhouette": None,
        "points_silhouette": None,
        "davies_bouldin": None,
        "calinski_harabasz": None,
    }
    if 1 < len(np.unique(subset)) < len(subset):
        figures = {
            "cosine_silhouette": metrics.silhouette_score(vectors[sample], subset, metric="cosine"),
            "points_silhouette": metrics.silhouette_score(points[sample], subset, metric="cosine"),
            "davies_bouldin": metrics.davies_bouldin_score(vectors[sample], subset),
            "calinski_harabasz": metrics.calinski_harabasz_score(vectors[sample], subset),
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
    """Fit a map and return the coordinates of the films on it; see `fit_map`.

    Parameters
    ----------
    points : ndarray of shape (n_films, n_dimensions), float32
        Unit vectors in the clustering space.
    centroids : ndarray of shape (n_clusters, n_dimensions), float32
        Unit centroids.
    labels : ndarray of shape (n_films,), int
        Cluster of each film.
    seed : int
        Seed of t-SNE.

    Returns
    -------
    ndarray of shape (n_films, 2), float32
        Coordinates without unit.
    """
    return place_on_map(points, centroids, labels, fit_map(points, centroids, labels, seed))


def fit_map(
    points: np.ndarray, centroids: np.ndarray, labels: np.ndarray, seed: int
) -> dict[str, np.ndarray]:
    """Fit the map of the films: positions of the centroids, and axes for the films around them.

    Parameters
    ----------
    points : ndarray of shape (n_films, n_dimensions), float32
        Unit vectors in the clustering space.
    centroids : ndarray of shape (n_clusters, n_dimensions), float32
        Unit centroids.
    labels : ndarray of shape (n_films,), int
        Cluster of each film.
    seed : int
        Seed of t-SNE.

    Returns
    -------
    dict
        `layout`, ndarray of shape (n_clusters, 2), float64: positions of the centroids.
        `axes`, ndarray of shape (n_dimensions, 2), float64: two directions, scaled to the layout.

    Notes
    -----
    t-SNE (van der Maaten and Hinton 2008) positions the centroids. The axes are the two principal
    directions in which films differ from their centroid. Films are read in batches, so that memory
    does not grow with films times centroids.
    """
    if len(centroids) < 3:
        layout = np.arange(len(centroids))[:, None] * np.array([[40.0, 0.0]])
    else:
        # One thread: t-SNE synchronises its threads at each of a thousand small steps, which takes
        # 16 s instead of 0.4 s when another process uses one of the cores.
        with threadpool_limits(1):
            layout = _layout(centroids, seed)
    spread = np.zeros((points.shape[1], points.shape[1]))
    batches = _batches(len(points))
    for part in batches:
        rest = (points[part] - centroids[labels[part]]).astype(np.float64)
        spread += rest.T @ rest
    _, axes = np.linalg.eigh(spread / max(1, len(points)))
    axes = axes[:, -2:]
    offsets = np.empty((len(points), 2), np.float64)
    for part in batches:
        offsets[part] = (points[part] - centroids[labels[part]]).astype(np.float64) @ axes
    scale = np.median(np.abs(layout - np.roll(layout, 1, 0))) * 0.12 + 1e-9
    return {"layout": layout, "axes": axes * scale / max(float(offsets.std()), 1e-9)}


def place_on_map(
    points: np.ndarray, centroids: np.ndarray, labels: np.ndarray, fitted: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Return the coordinates of films on a fitted map.

    Parameters
    ----------
    points : ndarray of shape (n_films, n_dimensions), float32
        Unit vectors in the clustering space.
    centroids : ndarray of shape (n_clusters, n_dimensions), float32
        Unit centroids.
    labels : ndarray of shape (n_films,), int
        Cluster of each film.
    fitted : mapping of str to ndarray
        Result of `fit_map`.

    Returns
    -------
    ndarray of shape (n_films, 2), float32
        The weighted mean position of the most similar centroids, plus the difference from the
        film's own centroid along the axes.
    """
    coordinates = np.empty((len(points), 2), np.float32)
    for part in _batches(len(points)):
        rest = (points[part] - centroids[labels[part]]).astype(np.float64)
        coordinates[part] = (
            _between(points[part], centroids, fitted["layout"]) + rest @ fitted["axes"]
        )
    return coordinates


def _batches(films: int) -> list[slice]:
    return [slice(start, start + _MAP_ROWS) for start in range(0, films, _MAP_ROWS)]


def _between(points: np.ndarray, centroids: np.ndarray, layout: np.ndarray) -> np.ndarray:
    """Mean position of the four most similar centroids, weighted by similarity: (films, 2)."""
    similarity = points @ centroids.T
    count = min(4, len(centroids))
    best = np.argpartition(-similarity, count - 1, axis=1)[:, :count]
    cosine = np.take_along_axis(similarity, best, axis=1)
    weight = np.exp((cosine - cosine.max(1, keepdims=True)) / 0.04)
    weight /= weight.sum(1, keepdims=True)
    return np.asarray((layout[best] * weight[..., None]).sum(1), np.float64)


def assemble(parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the report: `parts` as values that JSON can represent, and `EXPLANATIONS`."""
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
        folded = fold_genres(names)
        if folded:
            known += 1
            own = counts.setdefault(label, {})
            for name in folded:
                own[name] = own.get(name, 0) + 1
    return sum(max(own.values()) for own in counts.values()) / known if known else None


def _explained(labels: np.ndarray, values: np.ndarray) -> float:
    """Eta squared: variance between clusters divided by the total variance, 0 to 1."""
    sizes = np.bincount(labels)
    means = np.bincount(labels, values) / np.maximum(sizes, 1)
    total = float(((values - values.mean()) ** 2).sum())
    return float((sizes * (means - values.mean()) ** 2).sum()) / total if total else 0.0


def _plain(value: Any) -> Any:
    """NumPy and Arrow values as Python values that JSON can represent."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, pa.Scalar):
        return value.as_py()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(item) for item in value]
    return value
