"""Moves of films to near clusters whose name is true of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import faiss
import numpy as np
import pyarrow as pa
from scipy import sparse

from pipeline.label.keywords.text_centroids import sum_by_cluster
from pipeline.label.shelves.membership import parts_matrix, parts_true
from pipeline.schemas.mining import ASSIGNMENTS, CENTROIDS
from pipeline.schemas.name_parts import NameParts, name_parts_of
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import column_of_vectors, matrix_of, unit_rows

__all__ = ["mean_points", "move_films", "move_weights", "renumbered"]

_NEAR = 24  # nearest clusters of a film that are compared
_NEUTRAL = 0.5  # of the weight of a part, for a name without such a part
_BATCH = 8_192  # films compared at a time
_SUBJECT, _FORM, _FACET = 0.8, 0.4, 0.4  # weights, in median margins between two clusters


@stage(
    "move-films",
    inputs=("points", "film_parts", "centroids", "shelves"),
    outputs=("assignments", "sums"),
)
def move_films(
    points: pa.Table,
    film_parts: pa.Table,
    centroids: pa.Table,
    shelves: pa.Table,
    width: int,
    weights: Mapping[str, float],
) -> dict[str, pa.Table]:
    """Assign each film of one partition to the best of its nearest clusters.

    The merit of a cluster is the cosine to its centroid, plus the weight of each kind of part that
    its name has and that is true of the film.

    Parameters
    ----------
    points : pa.Table
        POINTS of the films.
    film_parts : pa.Table
        FILM_PARTS, row by row the same films.
    centroids : pa.Table
        CENTROIDS of the clusters.
    shelves : pa.Table
        SHELVES: the names of the same clusters.
    width : int
        Number of rows of PARTS.
    weights : mapping of str to float
        Weight of a true "subject", "form" and "facet", in cosine.

    Returns
    -------
    dict of str to pa.Table
        `assignments`: ASSIGNMENTS in the order of `points`. `runner_up` is the nearest other
        centroid; `margin` is negative if the film is nearer to it than to its own. `sums`: cluster,
        vector (float64) and films of the clusters that have films here.
    """
    rows, means = matrix_of(points), matrix_of(centroids)
    films, names = parts_matrix(film_parts.column("parts"), width), name_parts_of(shelves)
    literal = parts_matrix(film_parts.column("literal"), width)
    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatIP(means.shape[1])
    index.add(means)
    batches = [slice(start, start + _BATCH) for start in range(0, len(rows), _BATCH)]
    parts = [_assign(rows[own], films[own], literal[own], index, names, weights) for own in batches]
    clusters, similarity, runner_up, margin = (
        np.concatenate([part[n] for part in parts]) if parts else np.zeros(0, kind)
        for n, kind in enumerate((np.int64, np.float32, np.int64, np.float32))
    )
    single = len(means) < 2
    count = len(rows)
    columns = [
        points.column("movie_id").combine_chunks(),
        pa.array(clusters, pa.int32()),
        pa.array(similarity, pa.float32()),
        pa.nulls(count, pa.int32()) if single else pa.array(runner_up, pa.int32()),
        pa.nulls(count, pa.float32()) if single else pa.array(margin, pa.float32()),
        pa.array(np.zeros(count, bool)),
    ]
    found, totals = sum_by_cluster(rows, clusters)
    sums = [
        pa.array(found, pa.int32()),
        column_of_vectors(totals, "float64"),
        pa.array(np.bincount(clusters, minlength=len(means))[found], pa.int64()),
    ]
    return {
        "assignments": pa.table(columns, schema=ASSIGNMENTS),
        "sums": pa.table(sums, ["cluster", "vector", "films"]),
    }


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
        total[clusters] += vectors.flatten().to_numpy().reshape(len(part), -1)
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
    return {"subject": _SUBJECT * unit, "form": _FORM * unit, "facet": _FACET * unit}


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


def _assign(
    rows: np.ndarray,
    films: sparse.csr_matrix,
    literal: sparse.csr_matrix,
    index: faiss.Index,
    names: list[NameParts],
    weights: Mapping[str, float],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Cluster, similarity, nearest other cluster and margin of each film."""
    cosine, near = index.search(np.ascontiguousarray(rows), min(_NEAR, index.ntotal))
    merit = cosine.astype(np.float64)
    kinds = ("subjects", "genres", "facets")
    said = parts_true(literal, [NameParts(name.words) for name in names], near)[0]
    has_subject = np.array([bool(name.subjects) for name in names])[near]
    merit -= weights["subject"] / 2 * np.where(has_subject, ~said, 0.0)
    for kind, weight, true in zip(
        kinds, _in_order(weights), parts_true(films, names, near), strict=True
    ):
        has = np.array([bool(getattr(name, kind)) for name in names])[near]
        merit += weight * np.where(has, true, _NEUTRAL)
    own = merit.argmax(1)
    every = np.arange(len(rows))
    other = np.where(own == 0, min(1, near.shape[1] - 1), 0)
    return (
        near[every, own],
        cosine[every, own],
        near[every, other],
        cosine[every, own] - cosine[every, other],
    )


def _in_order(weights: Mapping[str, float]) -> tuple[float, float, float]:
    return weights["subject"], weights["form"], weights["facet"]
