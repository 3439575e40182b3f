"""Moves of films to near clusters of whose likely names more is true of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import faiss
import numpy as np
import pyarrow as pa
from scipy import sparse

from pipeline.label.keywords.text_centroids import sum_by_cluster
from pipeline.label.shelves.membership import parts_matrix, sum_weights
from pipeline.label.shelves.pull import KINDS, part_weights
from pipeline.label.shelves.rest import rest_keys, shelve_rest
from pipeline.schemas.mining import ASSIGNMENTS, CENTROIDS
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import column_of_vectors, matrix_of, unit_rows

__all__ = [
    "margin_weights",
    "mean_points",
    "measure_films",
    "move_films",
    "move_weights",
    "padded",
    "renumbered",
    "settle_films",
]

_NEAR = 24  # nearest clusters of a film that are compared
_NEUTRAL = 0.5  # of the weight of a part, for a name without such a part
_LEAST_WEIGHT = 0.02  # of a film between two clusters, in the shares that names are made of
_BATCH = 8_192  # films compared at a time ...
_MOST_ENTRIES = 2**23  # ... but not more than this, times clusters: a genre draws to most of them
_SUBJECT, _FORM, _FACET = 1.0, 0.75, 0.5  # weights, in median margins between two clusters


@stage(
    "move-films",
    inputs=("points", "film_parts", "centroids", "pull", "facets"),
    outputs=("assignments", "sums", "weights"),
)
def move_films(
    points: pa.Table,
    film_parts: pa.Table,
    centroids: pa.Table,
    pull: pa.Table,
    facets: pa.Table,
    width: int,
    weights: Mapping[str, float],
) -> dict[str, pa.Table]:
    """Assign each film of one partition to the best of its nearest clusters.

    The merit of a cluster is the cosine to its centroid, plus the weight of each kind of part times
    how much of the likely names of the cluster is true of the film. A film that says a subject in
    other words than the names has half of that weight.

    Parameters
    ----------
    points : pa.Table
        POINTS of the films.
    film_parts : pa.Table
        FILM_PARTS, row by row the same films.
    centroids : pa.Table
        CENTROIDS of the clusters.
    pull : pa.Table
        PULL of the same clusters.
    facets : pa.Table
        FACETS, row by row the same films: thin films, which have no theme, go to no cluster.
    width : int
        Number of rows of PARTS.
    weights : mapping of str to float
        Weight of a true "subject", "form" and "facet", in cosine; and "unit", the unit of these.

    Returns
    -------
    dict of str to pa.Table
        `assignments`: ASSIGNMENTS in the order of `points`. `runner_up` is the nearest other
        centroid; `margin` is negative if the film is nearer to it than to its own. A film in no
        cluster has -1 and nulls. `sums`: cluster, vector (float64) and films of the clusters that
        have films here. `weights`: column weight (float32), how surely each film belongs to its
        cluster, see `margin_weights`.
    """
    rows, means = matrix_of(points), matrix_of(centroids)
    parts = {
        "parts": parts_matrix(film_parts.column("parts"), width),
        "literal": parts_matrix(film_parts.column("literal"), width),
    }
    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatIP(means.shape[1])
    index.add(means)
    drawn = {kind: part_weights(pull, kind, width, len(means)) for kind in KINDS}
    clusters, sure = [np.zeros(0, np.int64)], [np.zeros(0, np.float32)]
    batch = min(_BATCH, max(64, _MOST_ENTRIES // len(means)))
    for start in range(0, len(rows), batch):
        own = slice(start, start + batch)
        cosine, near = index.search(np.ascontiguousarray(rows[own]), min(_NEAR, len(means)))
        films = {name: matrix[own] for name, matrix in parts.items()}
        merit = _merit(cosine, near, films, drawn, weights)
        best = merit.argmax(1)
        clusters.append(near[np.arange(len(near)), best])
        sure.append(_sureness(merit, weights["unit"]))
    assigned = np.concatenate(clusters)
    assigned[facets.column("thin").to_numpy(zero_copy_only=False)] = -1
    there = assigned >= 0
    found, totals = sum_by_cluster(rows[there], assigned[there])
    counts = np.bincount(assigned[there], minlength=len(means))[found]
    sums = [
        pa.array(found, pa.int32()),
        column_of_vectors(totals, "float64"),
        pa.array(counts, pa.int64()),
    ]
    return {
        "assignments": _assignments(points, rows, assigned, index, means),
        "sums": pa.table(sums, ["cluster", "vector", "films"]),
        "weights": pa.table([pa.array(np.concatenate(sure), pa.float32())], ["weight"]),
    }


@stage(
    "settle-films",
    inputs=("points", "film_parts", "assignments", "parts", "centroids"),
    outputs=("assignments", "sums"),
)
def settle_films(
    points: pa.Table,
    film_parts: pa.Table,
    assignments: pa.Table,
    parts: pa.Table,
    centroids: pa.Table,
    shelves: Sequence[Sequence[int | None]],
) -> dict[str, pa.Table]:
    """Assign the films of one partition that are in no cluster.

    Parameters
    ----------
    points, film_parts, assignments : pa.Table
        POINTS, FILM_PARTS and ASSIGNMENTS, row by row the same films.
    parts : pa.Table
        PARTS.
    centroids : pa.Table
        CENTROIDS of the k clusters.
    shelves : sequence of (int or None, int or None, int or None)
        Language, genre and time of `RestShelf`: clusters k, k + 1, ... Films that none of them has
        go to the nearest centroid.

    Returns
    -------
    dict of str to pa.Table
        `assignments`: cluster (int32) of each film. `sums`: as of `move_films`, of all clusters.
    """
    rows, means = matrix_of(points), matrix_of(centroids)
    assigned = assignments.column("cluster").to_numpy().astype(np.int64)
    rest = np.flatnonzero(assigned < 0)
    if len(rest):
        position = shelve_rest(rest_keys(film_parts, parts)[rest], shelves)
        assigned[rest] = np.where(
            position >= 0, position + len(means), (rows[rest] @ means.T).argmax(1)
        )
    found, totals = sum_by_cluster(rows, assigned)
    counts = np.bincount(assigned, minlength=len(means) + len(shelves))[found]
    sums = [
        pa.array(found, pa.int32()),
        column_of_vectors(totals, "float64"),
        pa.array(counts, pa.int64()),
    ]
    return {
        "assignments": pa.table([pa.array(assigned, pa.int32())], ["cluster"]),
        "sums": pa.table(sums, ["cluster", "vector", "films"]),
    }


@stage(
    "measure-films",
    inputs=("points", "assignments", "centroids", "numbers"),
    outputs=("assignments",),
)
def measure_films(
    points: pa.Table, assignments: pa.Table, centroids: pa.Table, numbers: pa.Table
) -> dict[str, pa.Table]:
    """Return ASSIGNMENTS of films whose clusters are decided.

    Parameters
    ----------
    points : pa.Table
        POINTS.
    assignments : pa.Table
        Column cluster (int32), row by row the same films.
    centroids : pa.Table
        CENTROIDS.
    numbers : pa.Table
        Column number (int32): the row of `centroids` of each cluster.

    Returns
    -------
    dict of str to pa.Table
        `assignments`: as of `move_films`.
    """
    rows, means = matrix_of(points), matrix_of(centroids)
    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatIP(means.shape[1])
    index.add(means)
    own = numbers.column("number").to_numpy()[assignments.column("cluster").to_numpy()]
    return {"assignments": _assignments(points, rows, own.astype(np.int64), index, means)}


def _assignments(
    points: pa.Table,
    rows: np.ndarray,
    clusters: np.ndarray,
    index: faiss.Index,
    means: np.ndarray,
) -> pa.Table:
    """ASSIGNMENTS of films to given clusters, -1 for none."""
    similarity, other, margin = (
        np.zeros(len(rows), kind) for kind in (np.float32, int, np.float32)
    )
    for start in range(0, len(rows), _BATCH):
        part = slice(start, start + _BATCH)
        own = clusters[part]
        similarity[part] = np.einsum("ij,ij->i", rows[part], means[own])
        cosine, near = index.search(np.ascontiguousarray(rows[part]), min(2, len(means)))
        second = np.where(near[:, 0] == own, near.shape[1] - 1, 0)
        every = np.arange(len(own))
        other[part], margin[part] = near[every, second], similarity[part] - cosine[every, second]
    none, count = clusters < 0, len(rows)
    single = none if len(means) > 1 else np.ones(count, bool)
    columns = [
        points.column("movie_id").combine_chunks(),
        pa.array(clusters, pa.int32()),
        pa.array(similarity, pa.float32(), mask=none),
        pa.array(other, pa.int32(), mask=single),
        pa.array(margin, pa.float32(), mask=single),
        pa.array(np.zeros(count, bool)),
    ]
    return pa.table(columns, schema=ASSIGNMENTS)


def mean_points(sums: Iterable[pa.Table], centroids: pa.Table) -> tuple[pa.Table, np.ndarray]:
    """Return the means of the films of each cluster as new centroids, and the numbers of films.

    Parameters
    ----------
    sums : iterable of pa.Table
        Output `sums` of `move_films`, added up in this order.
    centroids : pa.Table
        CENTROIDS; a cluster without films keeps its centroid.

    Returns
    -------
    centroids : pa.Table
        CENTROIDS.
    films : ndarray of shape (k,), int64
        Number of films of each cluster.
    """
    old = matrix_of(centroids)
    total, films = np.zeros(old.shape), np.zeros(len(old), np.int64)
    for part in sums:
        vectors = part.column("vector").combine_chunks()
        clusters = part.column("cluster").to_numpy()
        total[clusters] += vectors.flatten().to_numpy().reshape(-1, old.shape[1])
        films[clusters] += part.column("films").to_numpy()
    means = np.where(films[:, None] > 0, unit_rows(total), old)
    columns = [centroids.column("cluster"), column_of_vectors(means.astype(np.float32))]
    return pa.table(columns, schema=CENTROIDS(old.shape[1])), films


def move_weights(margins: np.ndarray) -> dict[str, float]:
    """Return the weights of true parts for `move_films`, in cosine.

    Parameters
    ----------
    margins : ndarray of shape (n_films,), float
        Cosine of films to their centroid minus that to the next one, before any move. Their median
        is the unit of the weights, since it depends on the model and the number of clusters.
    """
    unit = float(np.median(margins)) if len(margins) else 0.0
    return {
        "subject": _SUBJECT * unit,
        "form": _FORM * unit,
        "facet": _FACET * unit,
        "unit": unit,
    }


def padded(centroids: pa.Table, k: int) -> pa.Table:
    """Return CENTROIDS of k clusters: the given ones, then zeros."""
    rows = matrix_of(centroids)
    more = np.vstack([rows, np.zeros((k - len(rows), rows.shape[1]), np.float32)])
    columns = [pa.array(range(k), pa.int32()), column_of_vectors(more)]
    return pa.table(columns, schema=centroids.schema)


def renumbered(centroids: pa.Table, order: np.ndarray) -> pa.Table:
    """Return some centroids in the given order, numbered from 0.

    Parameters
    ----------
    centroids : pa.Table
        CENTROIDS.
    order : ndarray of int
        Row numbers of `centroids`.
    """
    chosen = centroids.take(pa.array(order))
    numbers = pa.array(range(len(order)), pa.int32())
    return chosen.set_column(0, centroids.schema.field(0), numbers)


def margin_weights(margins: np.ndarray, unit: float) -> np.ndarray:
    """Return how surely films belong to their clusters, from their margins.

    Parameters
    ----------
    margins : ndarray of shape (n_films,), float
        Merit of the own cluster minus that of the next one; NaN if there is no other.
    unit : float
        Margin from which a film counts in full.

    Returns
    -------
    ndarray of shape (n_films,), float32
        0.02 to 1.

    Examples
    --------
    >>> margin_weights(np.array([0.2, 0.05, -0.1]), 0.1).round(2).tolist()
    [1.0, 0.5, 0.019999999552965164]
    """
    scaled = np.nan_to_num(margins, nan=unit) / max(unit, 1e-9)
    weights: np.ndarray = np.clip(scaled, _LEAST_WEIGHT, 1.0).astype(np.float32)
    return weights


def _sureness(merit: np.ndarray, unit: float) -> np.ndarray:
    if merit.shape[1] < 2:
        return np.ones(len(merit), np.float32)
    best = -np.partition(-merit, 1, axis=1)[:, :2]
    return margin_weights(best[:, 0] - best[:, 1], unit)


def _merit(
    cosine: np.ndarray,
    near: np.ndarray,
    films: Mapping[str, sparse.csr_matrix],
    drawn: Mapping[str, tuple[sparse.csc_matrix, np.ndarray]],
    weights: Mapping[str, float],
) -> np.ndarray:
    """Merit of near clusters for films, (n_films, m)."""

    def true(kind: str, matrix: sparse.csr_matrix) -> np.ndarray:
        of_parts, without = drawn[kind]
        held: np.ndarray = np.minimum(sum_weights(matrix, of_parts, near), 1)
        held += _NEUTRAL * without[near]
        return held

    subject = true("subject", films["parts"]) + true("word", films["literal"])
    return np.asarray(
        cosine.astype(np.float64)
        + weights["subject"] * subject / 2
        + weights["form"] * true("form", films["parts"])
        + weights["facet"] * true("facet", films["parts"])
    )
