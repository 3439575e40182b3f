"""Other clustering methods on a sample of the same points, for comparison in the report."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import matrix_of
from pipeline.settings import ReportSettings

__all__ = ["COMPARISON", "METHODS", "compare"]

COMPARISON = pa.schema(
    [
        ("method", pa.string()),
        ("clusters", pa.int32()),
        ("cosine_silhouette", pa.float64()),  # of the films that are not outliers, -1 to 1
        ("outlier_share", pa.float64()),  # films that the method leaves out, 0 to 1
        ("ari_with_ours", pa.float64()),  # adjusted Rand index with our clusters
    ]
)

METHODS = ("agglomerative", "hdbscan", "k-means||")

_MIN_CLUSTER_SIZE = 5  # of HDBSCAN


@stage("compare", inputs=("points", "assignments"), outputs=("comparison",))
def compare(
    points: pa.Table, assignments: pa.Table, settings: ReportSettings, method: str, seed: int
) -> dict[str, pa.Table]:
    """Cluster the first `settings.compare_films` films with another method.

    Partitions are cut by a hash of the ids, so the first films are a random sample.

    Parameters
    ----------
    points : Table
        POINTS.
    assignments : Table
        ASSIGNMENTS of the same films.
    settings : ReportSettings
        `compare_films` is the number of films.
    method : {"agglomerative", "hdbscan", "k-means||"}
        A method that takes a number of clusters gets the number of ours in the sample.
    seed : int
        Seed of the method.

    Returns
    -------
    dict of str to Table
        "comparison": COMPARISON, one row.

    Raises
    ------
    ValueError
        If the method is not one of METHODS.

    Notes
    -----
    `agglomerative` is Ward's method (Ward 1963) and `hdbscan` Campello et al. 2013, both of
    scikit-learn; `k-means||` is Bahmani et al. 2012, of dask-ml.
    """
    from sklearn.metrics import adjusted_rand_score, silhouette_score

    rows = matrix_of(points)[: settings.compare_films]
    ours = assignments.column("cluster").to_numpy()[: len(rows)]
    labels = _labels(rows, method, len(np.unique(ours)), seed)
    inside = labels >= 0
    clusters = len(np.unique(labels[inside]))
    defined = 1 < clusters < inside.sum()
    silhouette = (
        silhouette_score(rows[inside], labels[inside], metric="cosine") if defined else None
    )
    row: dict[str, Any] = {
        "method": method,
        "clusters": clusters,
        "cosine_silhouette": silhouette,
        "outlier_share": float(1 - inside.mean()),
        "ari_with_ours": float(adjusted_rand_score(ours, labels)),
    }
    return {"comparison": pa.Table.from_pylist([row], COMPARISON)}


def _labels(rows: np.ndarray, method: str, k: int, seed: int) -> np.ndarray:
    """Return the cluster of each film, (n_films,) int; -1 for films that the method leaves out."""
    if method == "agglomerative":
        if len(rows) < 2:
            return np.zeros(len(rows), np.int64)
        from sklearn.cluster import AgglomerativeClustering

        return np.asarray(AgglomerativeClustering(k, linkage="ward").fit_predict(rows))
    if method == "hdbscan":
        if len(rows) < _MIN_CLUSTER_SIZE:
            return np.full(len(rows), -1)
        from sklearn.cluster import HDBSCAN
        from sklearn.decomposition import PCA

        width = min(32, *rows.shape)  # density cannot be estimated in hundreds of dimensions
        with np.errstate(invalid="ignore"):  # identical films have no variance to divide by
            reduced = PCA(width, random_state=seed % 2**32).fit_transform(rows)
        return np.asarray(
            HDBSCAN(min_cluster_size=_MIN_CLUSTER_SIZE, copy=True).fit_predict(reduced)
        )
    if method == "k-means||":
        import dask
        import dask.array as da
        from dask_ml.cluster import KMeans

        with dask.config.set(scheduler="synchronous"):
            chunks = da.from_array(rows, chunks=(max(1, len(rows) // 2), rows.shape[1]))
            # about k candidates a round, as in the paper: with few it finds fewer than k centres
            fitted = KMeans(
                k, init="k-means||", oversampling_factor=k, random_state=seed % 2**32, max_iter=50
            ).fit(chunks)
            return np.asarray(fitted.labels_.compute())
    raise ValueError(f"unknown method {method!r}; choose one of {', '.join(METHODS)}")
