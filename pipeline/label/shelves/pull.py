"""What draws films to a cluster: the parts of its likely names, weighted.

Not one name but all good proposals count: a film more or less changes the weights a little, and
never exchanges one name for another.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

__all__ = ["KINDS", "PULL", "SHARP", "SOFT", "part_weights", "pull_of", "select_pull"]

_COLUMNS = {"subject": "subjects", "word": "words", "form": "genres", "facet": "facets"}
KINDS = tuple(_COLUMNS)

# Weight of each part in each cluster, 0 to 1, by kind. The part -1 stands for names without one.
PULL = pa.schema(
    [("kind", pa.string()), ("cluster", pa.int32()), ("part", pa.int32()), ("weight", pa.float64())]
)

SOFT, SHARP = 0.15, 0.04  # differences of value by which a proposal counts 1 / e as much


def pull_of(proposals: pa.Table, softness: float = SOFT) -> pa.Table:
    """Return the weights of the parts of the proposed names of each cluster.

    The weight of a proposal falls exponentially with the difference of its value to the best one
    (softmax); the weights of a cluster add up to 1.

    Parameters
    ----------
    proposals : pa.Table
        PROPOSED_NAMES, sorted by cluster.
    softness : float
        Difference of value by which a proposal counts 1 / e as much.

    Returns
    -------
    pa.Table
        PULL.
    """
    clusters = proposals.column("cluster").to_numpy()
    value = proposals.column("value").to_numpy()
    starts = np.flatnonzero(np.diff(clusters, prepend=-1))
    group = np.repeat(np.arange(len(starts)), np.diff([*starts, len(clusters)]))
    highest = np.maximum.reduceat(value, starts) if len(starts) else value
    weight = np.exp((value - highest[group]) / softness)
    weight /= np.bincount(group, weight)[group]
    every = proposals.column("every_genre").to_numpy(zero_copy_only=False)
    tables = []
    for kind in sorted(KINDS):
        lists = proposals.column(_COLUMNS[kind]).combine_chunks()
        lengths = lists.value_lengths().to_numpy(zero_copy_only=False)
        # of parts that must all be true, each is a fraction; of others one suffices
        shared = {"facet": lengths, "form": np.where(every, lengths, 1)}.get(kind, 1)
        none = np.flatnonzero(lengths == 0)
        row = np.concatenate([np.repeat(np.arange(len(lengths)), lengths), none])
        part = np.concatenate([lists.flatten().to_numpy(), np.full(len(none), -1)]).astype(np.int64)
        pairs = np.stack([clusters[row].astype(np.int64), part], axis=1)
        keys, position = np.unique(pairs, axis=0, return_inverse=True)
        total = np.bincount(position.ravel(), (weight / np.maximum(shared, 1))[row], len(keys))
        columns = [
            pa.array([kind] * len(keys), pa.string()),
            pa.array(keys[:, 0], pa.int32()),
            pa.array(keys[:, 1], pa.int32()),
            pa.array(total, pa.float64()),
        ]
        tables.append(pa.table(columns, schema=PULL))
    return pa.concat_tables(tables).combine_chunks()


def select_pull(pull: pa.Table, clusters: np.ndarray) -> pa.Table:
    """Return PULL of some clusters, which are numbered from 0 in the given order.

    Parameters
    ----------
    pull : pa.Table
        PULL.
    clusters : ndarray of int
        Numbers of clusters.
    """
    position = pc.index_in(pull.column("cluster"), value_set=pa.array(clusters, pa.int32()))
    numbered = pull.set_column(1, PULL.field("cluster"), position.cast(pa.int32()))
    return numbered.filter(pc.is_valid(position))


def part_weights(
    pull: pa.Table, kind: str, width: int, k: int
) -> tuple[sparse.csc_matrix, np.ndarray]:
    """Return the weights of the parts of one kind in each cluster.

    Parameters
    ----------
    pull : pa.Table
        PULL.
    kind : str
        One of KINDS.
    width : int
        Number of rows of PARTS.
    k : int
        Number of clusters.

    Returns
    -------
    weights : csc_matrix of shape (width, k), float64
    without : ndarray of shape (k,), float64
        Weights of the names without such a part.
    """
    own = pull.filter(pc.equal(pull.column("kind"), kind))
    part, cluster = own.column("part").to_numpy(), own.column("cluster").to_numpy()
    weight = own.column("weight").to_numpy()
    there = part >= 0
    positions = (part[there], cluster[there])
    weights = sparse.csc_matrix((weight[there], positions), shape=(width, k))
    return weights, np.bincount(cluster[~there], weight[~there], k)
