"""Agreement of clusterings of different samples, or of vectors that differ a little."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from pipeline.cluster.kmeans import cluster_points
from pipeline.cluster.mean_shift import smooth_and_seed
from pipeline.cluster.scale import adapt
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, ids_and_matrix, matrix_of, unit_rows
from pipeline.settings import ClusterSettings

__all__ = ["LABELS", "agreement", "agreement_errors", "label_subsample", "perturb"]

# The cluster of each film of a subsample, for each k.
LABELS = pa.schema([("k", pa.int32()), ("movie_id", pa.string()), ("cluster", pa.int32())])

_SHARE = 0.8  # of the films in a subsample
# Cosine of a point and the same point with noise: about what bfloat16 makes of float32 and back.
_NOISE_COSINE = 0.9999
_GROUPS = 20  # of the jackknife
_ROWS = 16_384  # films that get noise at a time


@stage("stability", version=4, inputs=("points",), outputs=("labels",), streamed=("points",))
def label_subsample(
    points: pa.Table | Parts, settings: ClusterSettings, ks: Sequence[int], part: int, seed: int
) -> dict[str, pa.Table]:
    """Cluster a random sample of the films, drawn by a hash of their ids, for each k.

    Parameters
    ----------
    points : Table or Parts
        POINTS of the training films.
    settings : ClusterSettings
        Settings of the clustering.
    ks : sequence of int
        Numbers of clusters.
    part : int
        Number of the sample: another number draws another sample.
    seed : int
        Seed of the run.

    Returns
    -------
    dict of str to Table
        "labels": LABELS, the films of the sample once for each k.
    """
    id_column, rows = ids_and_matrix(points)
    all_ids = id_column.to_pylist()
    chosen = np.array([_draw(movie_id, part, seed) < _SHARE for movie_id in all_ids], bool)
    rows = rows[chosen]
    ids = [movie_id for movie_id, inside in zip(all_ids, chosen, strict=True) if inside]
    tables = [LABELS.empty_table()]
    if ids:
        section = adapt(settings, len(all_ids))  # the sizes that all films aim at
        positions, seeds = smooth_and_seed(rows, section, max(ks))
        for k in ks:
            _, labels = cluster_points(rows, positions, positions[seeds], section, k)
            columns = [pa.array([k] * len(ids), pa.int32()), ids, pa.array(labels, pa.int32())]
            tables.append(pa.table(columns, schema=LABELS))
    return {"labels": pa.concat_tables(tables)}


@stage("perturb", inputs=("points", "assignments"), outputs=("agreement",), streamed=("points",))
def perturb(
    points: pa.Table | Parts, assignments: pa.Table, settings: ClusterSettings, k: int, seed: int
) -> dict[str, pa.Table]:
    """Cluster the training films again with noise in their points, and compare.

    Parameters
    ----------
    points : Table or Parts
        POINTS of the training films.
    assignments : Table
        ASSIGNMENTS of the same films, to compare with.
    settings : ClusterSettings
        Settings of the clustering.
    k : int
        Requested number of clusters.
    seed : int
        Seed of the noise. The cosine of a point with and without noise is 0.9999.

    Returns
    -------
    dict of str to Table
        "agreement": one row, one column `ari`, the adjusted Rand index with `assignments`.
    """
    from sklearn.metrics import adjusted_rand_score

    noisy = _add_noise(matrix_of(points), seed)
    positions, seeds = smooth_and_seed(noisy, settings, k)
    _, labels = cluster_points(noisy, positions, positions[seeds], settings, k)
    ours = assignments.column("cluster").to_numpy()
    return {"agreement": pa.table([[float(adjusted_rand_score(ours, labels))]], names=["ari"])}


def agreement(first: pa.Table, second: pa.Table) -> dict[int, float]:
    """Return the agreement of two samples on the films that both contain, for each k.

    Parameters
    ----------
    first, second : Table
        LABELS.

    Returns
    -------
    dict of int to float
        Adjusted Rand index by k, at most 1. Empty if the samples have no film in common.

    Notes
    -----
    Hubert and Arabie 1985, "Comparing partitions", Journal of Classification 2.

    Examples
    --------
    >>> rows = {"k": [2, 2, 2], "movie_id": ["a", "b", "c"], "cluster": [0, 0, 1]}
    >>> agreement(pa.table(rows), pa.table(rows | {"cluster": [1, 1, 0]}))
    {2: 1.0}
    """
    from sklearn.metrics import adjusted_rand_score

    return {k: float(adjusted_rand_score(*labels)) for k, labels in _common(first, second).items()}


def agreement_errors(first: pa.Table, second: pa.Table) -> dict[int, float]:
    """Return the standard error of `agreement` for each k.

    Parameters
    ----------
    first, second : Table
        LABELS.

    Returns
    -------
    dict of int to float
        By k; those with fewer than 40 common films are left out.

    Notes
    -----
    The delete-a-group jackknife (Kott 2001, Journal of Official Statistics 17) with 20 groups of
    films, for the two given clusterings. A bootstrap would repeat films, whose pairs agree always.
    """
    from sklearn.metrics import adjusted_rand_score

    errors: dict[int, float] = {}
    for k, labels in _common(first, second).items():
        if labels.shape[1] >= 2 * _GROUPS:
            group = np.arange(labels.shape[1]) % _GROUPS
            without = [adjusted_rand_score(*labels[:, group != g]) for g in range(_GROUPS)]
            errors[k] = float(np.sqrt((_GROUPS - 1) * np.var(without)))
    return errors


def _common(first: pa.Table, second: pa.Table) -> dict[int, np.ndarray]:
    """Return the clusters of the common films in both samples, (2, n_films) int, for each k."""
    left, right = first.to_pandas(), second.to_pandas()
    both = left.merge(right, on=["k", "movie_id"], suffixes=("_first", "_second"))
    return {
        int(k): films[["cluster_first", "cluster_second"]].to_numpy().T
        for k, films in both.groupby("k")
    }


def _draw(movie_id: str, part: int, seed: int) -> float:
    """Return a random number in [0, 1) that depends on the arguments only."""
    digest = hashlib.blake2b(f"{seed}/{part}/{movie_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def _add_noise(points: np.ndarray, seed: int) -> np.ndarray:
    """Return unit vectors that differ from the points by Gaussian noise of a fixed length."""
    rng, length = np.random.default_rng(seed), np.tan(np.arccos(_NOISE_COSINE))
    noisy = np.empty_like(points)
    for start in range(0, len(points), _ROWS):
        part = points[start : start + _ROWS]
        noise = unit_rows(rng.standard_normal(part.shape, np.float32))
        noisy[start : start + _ROWS] = unit_rows(part + length * noise)
    return noisy
