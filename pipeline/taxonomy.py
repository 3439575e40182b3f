"""Families of micro-genres: similar micro-genres grouped together; and ids created from names."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa
from scipy.cluster import hierarchy

from pipeline.schemas.vectors import matrix_of
from pipeline.settings import TaxonomySettings

__all__ = ["assignments_to_families", "families_of", "family_table", "micro_genre_ids"]


def families_of(
    centroids: pa.Table, films: Sequence[int] | np.ndarray, settings: TaxonomySettings
) -> np.ndarray:
    """Group clusters into families: Ward's tree over the centroids, cut into branches.

    Parameters
    ----------
    centroids : pa.Table
        CENTROIDS of the k clusters.
    films : sequence of int, or ndarray of shape (k,)
        Number of films of each cluster.
    settings : TaxonomySettings
        `families` is the number of families; "auto" is the square root of the number of clusters,
        so that there are about as many families as members in each.

    Returns
    -------
    ndarray of shape (k,), int64
        The family of each cluster; family 0 has the most films.

    Notes
    -----
    Ward 1963, "Hierarchical grouping to optimize an objective function".
    """
    means = matrix_of(centroids)
    k = len(means)
    count = max(1, round(np.sqrt(k))) if settings.families == "auto" else settings.families
    if k < 2 or count < 2:
        return np.zeros(k, np.int64)
    tree = hierarchy.linkage(means.astype(np.float64), "ward")
    branch = hierarchy.fcluster(tree, min(count, k), "maxclust") - 1
    total = np.bincount(branch, weights=films)
    rank = np.empty(len(total), np.int64)
    rank[np.lexsort((np.arange(len(total)), -total))] = np.arange(len(total))
    return np.asarray(rank[branch])


def family_table(families: Sequence[int]) -> pa.Table:
    """Return the input `above` of the stage `candidates`: the family of each cluster, in turn."""
    return pa.table({"cluster": pa.array(families, pa.int32())})


def assignments_to_families(assignments: pa.Table, families: Sequence[int]) -> pa.Table:
    """Replace the cluster of each film by its family.

    Parameters
    ----------
    assignments : pa.Table
        ASSIGNMENTS, or any table with a column `cluster` (int32).
    families : sequence of int
        The family of each cluster.

    Examples
    --------
    >>> films = pa.table({"cluster": pa.array([0, 2, 1], pa.int32())})
    >>> assignments_to_families(films, [5, 5, 6])["cluster"].to_pylist()
    [5, 6, 5]
    """
    position = assignments.schema.get_field_index("cluster")
    own = np.asarray(families, np.int64)[assignments.column("cluster").to_numpy()]
    return assignments.set_column(position, "cluster", pa.array(own, pa.int32()))


def micro_genre_ids(names: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """Return an id for each micro-genre, readable in an address: its name, simplified.

    Parameters
    ----------
    names : sequence of str
        Names of the micro-genres.
    taken : collection of str
        Ids that other micro-genres have or had.

    Examples
    --------
    >>> micro_genre_ids(["Sci-Fi Ghosts", "Sci-Fi Ghosts!"], taken=["sci-fi-ghosts"])
    ['sci-fi-ghosts-2', 'sci-fi-ghosts-3']
    """
    ids: list[str] = []
    for name in names:
        plain = "".join(c if c.isalnum() else " " for c in name.casefold())
        base = "-".join(plain.split()) or "micro-genre"
        number, candidate = 2, base
        while candidate in ids or candidate in taken:
            candidate, number = f"{base}-{number}", number + 1
        ids.append(candidate)
    return ids
