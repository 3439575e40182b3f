"""Choice of one name for each cluster, so that no two clusters have the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pyarrow as pa

from pipeline.label.words.lexicon import normal_form
from pipeline.schemas.name_parts import NameParts, name_parts_of

__all__ = ["choose_printed_names", "choose_shelf_names", "own_margins", "proposal_names"]

_NEAREST = 0.3  # worth of a name that is nearest to the centroid of its own cluster
_MARGIN = 1.0  # worth of its margin, per cosine


def proposal_names(proposals: pa.Table) -> list[NameParts]:
    """Return the names of PROPOSED_NAMES, row by row."""
    return name_parts_of(proposals)


def choose_shelf_names(proposals: pa.Table, k: int) -> list[NameParts]:
    """Choose a name for each cluster towards which its films are moved.

    The best proposals of all clusters are taken first: of two clusters that could have one name,
    that whose films it describes better gets it.

    Parameters
    ----------
    proposals : pa.Table
        PROPOSED_NAMES of all clusters.
    k : int
        Number of clusters.

    Returns
    -------
    list of NameParts
        The name of each cluster. A cluster whose proposals other clusters have has no parts.
    """
    names = proposal_names(proposals)
    keys = [
        NameParts(tuple(sorted(name.subjects)), tuple(sorted(name.genres)), False, name.facets)
        for name in names
    ]
    chosen = _take_best(
        proposals.column("cluster").to_pylist(), proposals.column("value").to_numpy(), keys, set()
    )
    return [names[chosen[c]] if c in chosen else NameParts() for c in range(k)]


def choose_printed_names(
    proposals: pa.Table,
    printed: Sequence[str],
    margins: np.ndarray,
    taken: Collection[str] = (),
    fixed: Mapping[int, str] = MappingProxyType({}),
    language: str = "en",
) -> dict[int, int]:
    """Choose a printed name for each cluster; no two have the same `normal_form`.

    Parameters
    ----------
    proposals : pa.Table
        PROPOSED_NAMES of all clusters.
    printed : sequence of str
        Their texts, row by row.
    margins : ndarray of shape (n_proposals,), float
        Result of `own_margins`.
    taken : collection of str
        Names that no cluster may have, such as those of the level below.
    fixed : Mapping of int to str
        Clusters that have a name already, and these names.
    language : str
        Language of the names.

    Returns
    -------
    dict of int to int
        Row of the chosen proposal by cluster; without clusters of `fixed` and those for which no
        proposal is left.
    """
    forms = {normal_form(name, language) for name in (*taken, *fixed.values())}
    clusters = proposals.column("cluster").to_pylist()
    value = proposals.column("value").to_numpy() + _NEAREST * (margins > 0) + _MARGIN * margins
    open_rows = [row for row, cluster in enumerate(clusters) if cluster not in fixed]
    keys = [normal_form(printed[row], language) for row in open_rows]
    chosen = _take_best([clusters[row] for row in open_rows], value[open_rows], keys, forms)
    return {cluster: open_rows[position] for cluster, position in chosen.items()}


def own_margins(
    clusters: np.ndarray, name_vectors: np.ndarray, centroids: np.ndarray
) -> np.ndarray:
    """Return how much nearer names are to the centroid of their cluster than to any other.

    Parameters
    ----------
    clusters : ndarray of shape (n_names,), integer
        Cluster of each name.
    name_vectors : ndarray of shape (n_names, dim), float32
        Unit vectors of the names.
    centroids : ndarray of shape (k, dim), float32
        Unit mean text vector of each cluster.

    Returns
    -------
    ndarray of shape (n_names,), float32
        Cosine to the own centroid minus the highest one to another; the cosine itself if k is 1.
    """
    cosine = name_vectors @ centroids.T
    rows = np.arange(len(clusters))
    own = cosine[rows, clusters].copy()
    if len(centroids) < 2:
        return np.asarray(own)
    cosine[rows, clusters] = -np.inf
    return np.asarray(own - cosine.max(1))


def _take_best(
    clusters: Sequence[int], value: np.ndarray, keys: Sequence[object], taken: Collection[object]
) -> dict[int, int]:
    """Take rows by value, at most one of a cluster and one of a key; return row by cluster."""
    chosen: dict[int, int] = {}
    used = set(taken)
    # rounding: what differs in the last digits only must not depend on the kind of CPU
    order = sorted(range(len(clusters)), key=lambda n: (-round(float(value[n]), 6), clusters[n], n))
    for row in order:
        if clusters[row] not in chosen and keys[row] not in used:
            chosen[clusters[row]] = row
            used.add(keys[row])
    return chosen
