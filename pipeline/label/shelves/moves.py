"""Moves of films to near clusters of whose likely names more is true of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from scipy import sparse

from pipeline.label.shelves.assigned import centroid_index, measured_assignments, sum_films
from pipeline.label.shelves.membership import parts_matrix, sum_weights
from pipeline.label.shelves.pull import KINDS, part_weights
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import matrix_of

__all__ = ["margin_weights", "move_films", "move_weights"]

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
        `assignments`: ASSIGNMENTS in the order of `points`, see `measured_assignments`. `sums`:
        SUMS. `weights`: column weight (float32), how surely each film belongs to its cluster, see
        `margin_weights`.
    """
    rows, means = matrix_of(points), matrix_of(centroids)
    parts = {
        "parts": parts_matrix(film_parts.column("parts"), width),
        "literal": parts_matrix(film_parts.column("literal"), width),
    }
    index = centroid_index(means)
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
    return {
        "assignments": measured_assignments(points.column("movie_id"), rows, assigned, means),
        "sums": sum_films(rows[there], assigned[there]),
        "weights": pa.table([pa.array(np.concatenate(sure), pa.float32())], ["weight"]),
    }


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
