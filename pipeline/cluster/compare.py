"""Other methods on a sample of the same points, for comparison in the report."""

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
        ("cosine_silhouette", pa.float64()),  # of the films it did not leave out
        ("outlier_share", pa.float64()),
        ("ari_with_ours", pa.float64()),
    ]
)

METHODS = ("agglomerative", "hdbscan", "k-means||")

_DENSE = 5  # films that HDBSCAN calls a cluster


@stage("compare", inputs=("points", "assignments"), outputs=("comparison",))
def compare(
    points: pa.Table, assignments: pa.Table, settings: ReportSettings, method: str, seed: int
) -> dict[str, pa.Table]:
    """Cluster the first `compare_films` films with another method: {"comparison": COMPARISON}.

    Partitions are cut by a hash of the ids, so the first films are a random sample. `agglomerative`
    is Ward's method and `hdbscan` Campello et al. 2013, both from scikit-learn; `k-means||` is
    Bahmani et al. 2012, from dask-ml. Each is asked for as many clusters as ours has there.
    """
    from sklearn.metrics import adjusted_rand_score, silhouette_score

    rows = matrix_of(points)[: settings.compare_films]
    ours = assignments.column("cluster").to_numpy()[: len(rows)]
    labels = _labels(rows, method, len(np.unique(ours)), seed)
    kept = labels >= 0
    clusters = len(np.unique(labels[kept]))
    sensible = 1 < clusters < kept.sum()
    silhouette = silhouette_score(rows[kept], labels[kept], metric="cosine") if sensible else None
    row: dict[str, Any] = {
        "method": method,
        "clusters": clusters,
        "cosine_silhouette": silhouette,
        "outlier_share": float(1 - kept.mean()),
        "ari_with_ours": float(adjusted_rand_score(ours, labels)),
    }
    return {"comparison": pa.Table.from_pylist([row], COMPARISON)}


def _labels(rows: np.ndarray, method: str, k: int, seed: int) -> np.ndarray:
    """(films,) cluster numbers; -1 where a method leaves a film out."""
    if method == "agglomerative":
        if len(rows) < 2:
            return np.zeros(len(rows), np.int64)
        from sklearn.cluster import AgglomerativeClustering

        return np.asarray(AgglomerativeClustering(k, linkage="ward").fit_predict(rows))
    if method == "hdbscan":
        if len(rows) < _DENSE:
            return np.full(len(rows), -1)
        from sklearn.cluster import HDBSCAN
        from sklearn.decomposition import PCA

        width = min(32, *rows.shape)  # density is not estimated in hundreds of dimensions
        with np.errstate(invalid="ignore"):  # identical films have no variance to take shares of
            reduced = PCA(width, random_state=seed % 2**32).fit_transform(rows)
        return np.asarray(HDBSCAN(min_cluster_size=_DENSE, copy=True).fit_predict(reduced))
    if method == "k-means||":
        import dask
        import dask.array as da
        from dask_ml.cluster import KMeans

        with dask.config.set(scheduler="synchronous"):
            chunks = da.from_array(rows, chunks=(max(1, len(rows) // 2), rows.shape[1]))
            # about k candidates a round, as in the paper: with few it ends short of k centres
            fitted = KMeans(
                k, init="k-means||", oversampling_factor=k, random_state=seed % 2**32, max_iter=50
            ).fit(chunks)
            return np.asarray(fitted.labels_.compute())
    raise ValueError(f"unknown method {method!r}; there are {METHODS}")
