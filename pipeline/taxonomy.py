"""Micro-genres to families: neighbouring micro-genres under one roof."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa
from scipy.cluster import hierarchy

from pipeline.schemas.vectors import matrix_of
from pipeline.settings import TaxonomySettings

__all__ = ["families_of", "micro_genre_ids"]


def families_of(centroids: pa.Table, films: np.ndarray, settings: TaxonomySettings) -> np.ndarray:
    """The family of each cluster, (k,) int64, numbered from the one with most films down.

    Ward's tree over the centroids, cut into `families` branches; `auto` is the square root of
    their number, so that a reader meets about as many families as members in each.
    """
    means = matrix_of(centroids)
    k = len(means)
    wanted = max(1, round(np.sqrt(k))) if settings.families == "auto" else settings.families
    if k < 2 or wanted < 2:
        return np.zeros(k, np.int64)
    tree = hierarchy.linkage(means.astype(np.float64), "ward")
    branch = hierarchy.fcluster(tree, min(wanted, k), "maxclust") - 1
    total = np.bincount(branch, weights=films)
    rank = np.empty(len(total), np.int64)
    rank[np.lexsort((np.arange(len(total)), -total))] = np.arange(len(total))
    return np.asarray(rank[branch])


def micro_genre_ids(names: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """An identity for each micro-genre that is read in an address: its name, simplified.

    Parameters
    ----------
    taken : ids that others have or had.
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
