"""Audit of shelves: films for which the name of their shelf is not true, and where they go."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from pipeline.label.shelves.assigned import centroid_index, sum_films
from pipeline.label.shelves.membership import parts_matrix, parts_true
from pipeline.label.shelves.moves import margin_weights
from pipeline.schemas.name_parts import NameParts, name_parts_of
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import matrix_of

__all__ = ["NEAR", "audit_films", "sum_split", "true_shelves"]

NEAR = 24  # nearest shelves of a film whose names are tried
_BATCH = 4_096  # films compared at a time


@stage(
    "audit-films",
    inputs=("points", "film_parts", "facets", "assignments", "centroids", "names"),
    outputs=("assignments", "sums", "weights"),
)
def audit_films(
    points: pa.Table,
    film_parts: pa.Table,
    facets: pa.Table,
    assignments: pa.Table,
    centroids: pa.Table,
    names: pa.Table,
    width: int,
    genres: Sequence[int],
    unit: float,
    near_enough: float,
    untagged: float,
    reach: float,
    keep_nameless: bool = False,
) -> dict[str, pa.Table]:
    """Check each film of one partition against the name of its shelf, and move those it is not of.

    Parameters
    ----------
    points, film_parts, facets, assignments : pa.Table
        POINTS, FILM_PARTS, FACETS and ASSIGNMENTS, row by row the same films.
    centroids : pa.Table
        CENTROIDS of the shelves.
    names : pa.Table
        SHELVES, the name of each.
    width : int
        Number of rows of PARTS.
    genres : sequence of int
        The rows that are genres. A film without any known genre is not checked for them.
    unit : float
        Margin, in cosine, from which a film counts in full, see `margin_weights`.
    near_enough, untagged : float
        Cosine to a centroid from which a film belongs to the shelf though it says no subject of it;
        and the same for a film without keywords, whose silence proves less.
    reach : float
        How much less near than the nearest shelf one may be to which a film moves, in cosine.
    keep_nameless : bool
        Whether films stay in a shelf whose name has no parts, see `many_nameless`.

    Returns
    -------
    dict of str to pa.Table
        `assignments`: cluster (int32) of each film, -1 for those that no shelf takes: thin films,
        and films for which no near name is true; and left (int32), the shelf that such a film was
        in before, otherwise -1. `sums`: SUMS. `weights`: column weight (float32),
        how surely a film belongs to its shelf: by how much nearer it is than the next shelf that
        would take it; null for films of no shelf.

    Notes
    -----
    A shelf takes a film if its name has a genre, the genres and facets are true, and the film says
    a subject in the words of the name or is near enough. A film stays where it is if the whole name
    is true of it in any words, or on the same conditions.
    """
    rows, means = matrix_of(points), matrix_of(centroids)
    shelf_names = name_parts_of(names)
    films = parts_matrix(film_parts.column("parts"), width)
    said = parts_matrix(film_parts.column("literal"), width)
    words = [NameParts(name.words or name.subjects) for name in shelf_names]
    has_name = np.array([bool(name.all_numbers) for name in shelf_names], bool)
    has_genre = np.array([bool(name.genres) for name in shelf_names], bool)
    own = assignments.column("cluster").to_numpy().astype(np.int64)
    thin = facets.column("thin").to_numpy(zero_copy_only=False)
    tagged = facets.column("tagged").to_numpy(zero_copy_only=False)
    unknown = films[:, list(genres)].getnnz(axis=1) == 0
    enough = np.where(tagged, near_enough, untagged)[:, None]
    index = centroid_index(means)
    shelves, sure = own.copy(), np.full(len(own), np.nan, np.float32)
    for start in range(0, len(rows), _BATCH):
        part = slice(start, start + _BATCH)
        cosine, near = index.search(np.ascontiguousarray(rows[part]), min(NEAR, len(means)))
        there = np.maximum(own[part], 0)  # of a film in no shelf: any shelf, it cannot stay
        compared = np.column_stack([there, near])
        subject, form, facet = parts_true(films[part], shelf_names, compared)
        form |= unknown[part][:, None]
        literal = parts_true(said[part], words, near)[0]
        other = form & facet & has_genre[compared]  # what must be true beside the subject
        at_home = np.einsum("ij,ij->i", rows[part], means[there]) >= enough[part][:, 0]
        stays = (subject & form & facet)[:, 0] | (other[:, 0] & at_home)
        stays &= (has_name[there] | keep_nameless) & (own[part] >= 0)
        taken = other[:, 1:] & (literal | (cosine >= enough[part]))
        shelves[part] = true_shelves(cosine, near, taken, own[part], stays, reach)
        shelves[part][thin[part]] = -1
        chosen = shelves[part][:, None]
        own_cosine = np.where(near == chosen, cosine, -np.inf).max(1)
        others = np.where(taken & (near != chosen), cosine, -np.inf).max(1)
        known = np.isfinite(others) & np.isfinite(own_cosine)
        margin = np.subtract(own_cosine, others, out=np.full(len(known), unit), where=known)
        sure[part] = margin_weights(margin, unit)
    none = shelves < 0
    left = np.where(none & ~thin, own, -1)
    columns = [pa.array(shelves, pa.int32()), pa.array(left, pa.int32())]
    return {
        "assignments": pa.table(columns, ["cluster", "left"]),
        "sums": sum_films(rows[~none], shelves[~none]),
        "weights": pa.table([pa.array(sure, pa.float32(), mask=none)], ["weight"]),
    }


@stage(
    "split-shelves",
    inputs=("points", "film_parts", "assignments", "names"),
    outputs=("sums",),
)
def sum_split(
    points: pa.Table, film_parts: pa.Table, assignments: pa.Table, names: pa.Table, width: int
) -> dict[str, pa.Table]:
    """Add up the films of one partition that left a shelf, by the shelf that is split off for them.

    Parameters
    ----------
    points, film_parts : pa.Table
        POINTS and FILM_PARTS.
    assignments : pa.Table
        Output of `audit_films`, row by row the same films.
    names : pa.Table
        SHELVES of the new shelves; `cluster` is the shelf that the films left.
    width : int
        Number of rows of PARTS.

    Returns
    -------
    dict of str to pa.Table
        `sums`: SUMS of the films for which the name is true, by row of `names`.
    """
    number = {cluster: row for row, cluster in enumerate(names.column("cluster").to_pylist())}
    left = assignments.column("left").to_numpy()
    own = np.array([number.get(cluster, -1) for cluster in left.tolist()], np.int64)
    rows = np.flatnonzero(own >= 0)
    films = parts_matrix(film_parts.column("parts"), width)[rows]
    true = np.logical_and.reduce(parts_true(films, name_parts_of(names), own[rows][:, None]))[:, 0]
    return {"sums": sum_films(matrix_of(points)[rows[true]], own[rows[true]])}


def true_shelves(
    cosine: np.ndarray,
    near: np.ndarray,
    taken: np.ndarray,
    own: np.ndarray,
    stays: np.ndarray,
    reach: float,
) -> np.ndarray:
    """Return the shelf of each film: its own if it stays, else the nearest that takes it.

    Parameters
    ----------
    cosine : ndarray of shape (n_films, m), float32
        Cosine of films to the centroids of the m nearest shelves, the nearest first.
    near : ndarray of shape (n_films, m), int64
        These shelves.
    taken : ndarray of shape (n_films, m), bool
        Whether each would take the film.
    own : ndarray of shape (n_films,), int64
        The shelf of each film.
    stays : ndarray of shape (n_films,), bool
        Whether the film stays there.
    reach : float
        How much less near than the nearest shelf one may be to which a film moves, in cosine.

    Returns
    -------
    ndarray of shape (n_films,), int64
        -1 for films that do not stay, and that no near shelf takes.

    Examples
    --------
    >>> cosine, near = np.array([[0.7, 0.6, 0.2]]), np.array([[4, 2, 9]])
    >>> taken = np.array([[False, False, True]])
    >>> own, stays = np.array([4]), np.array([False])
    >>> true_shelves(cosine, near, taken, own, stays, reach=0.6).tolist()
    [9]
    >>> true_shelves(cosine, near, taken, own, stays, reach=0.3).tolist()
    [-1]
    """
    allowed = taken & (cosine >= cosine[:, :1] - reach)
    first = near[np.arange(len(near)), allowed.argmax(1)]
    return np.where(stays, own, np.where(allowed.any(1), first, -1))
