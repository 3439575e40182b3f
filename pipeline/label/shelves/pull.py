"""What draws films to a cluster: the parts of its likely names, weighted.

Not one name but all good proposals count: a film more or less changes the weights a little, and
never exchanges one name for another.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from pipeline.schemas.name_parts import name_parts_of

__all__ = ["KINDS", "PULL", "SHARP", "SOFT", "part_weights", "pull_of", "select_pull"]

KINDS = ("subject", "word", "form", "facet")

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
    total: dict[tuple[str, int, int], float] = {}
    names = name_parts_of(proposals)
    for name, cluster, own in zip(names, clusters.tolist(), weight.tolist(), strict=True):
        # of parts that must all be true, each is a fraction; of others one suffices
        parts = (
            (name.subjects, 1),
            (name.words, 1),
            (name.genres, len(name.genres) if name.every_genre else 1),
            (name.facets, len(name.facets)),
        )
        for kind, (numbers, divisor) in zip(KINDS, parts, strict=True):
            for number in numbers or (-1,):
                key = (kind, cluster, number)
                total[key] = total.get(key, 0.0) + own / max(divisor, 1)
    rows = [
        {"kind": kind, "cluster": cluster, "part": part, "weight": total[kind, cluster, part]}
        for kind, cluster, part in sorted(total)
    ]
    return pa.Table.from_pylist(rows, PULL)


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
