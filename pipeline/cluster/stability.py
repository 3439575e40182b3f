"""How far two minings of different samples agree, for each k."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from pipeline.cluster.kmeans import cluster_points
from pipeline.cluster.mean_shift import build_landscape, is_random, linkage_of, tree_over
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, ids_and_matrix, matrix_of
from pipeline.settings import ClusterSettings

__all__ = ["LABELS", "agreement", "label_subsample", "reseed"]

# The cluster of a film of one subsample, for one k.
LABELS = pa.schema([("k", pa.int32()), ("movie_id", pa.string()), ("cluster", pa.int32())])


@stage("stability", version=3, inputs=("points",), outputs=("labels",), streamed=("points",))
def label_subsample(
    points: pa.Table | Parts,
    settings: ClusterSettings,
    ks: Sequence[int],
    part: int,
    seed: int,
    share: float = 0.8,
) -> dict[str, pa.Table]:
    """Cluster a random sample of the films, drawn by a hash of their ids, for each k.

    Returns
    -------
    {"labels": LABELS}, the films of the sample once for each k.
    """
    names, rows = ids_and_matrix(points)
    ids = names.to_pylist()
    chosen = np.array([_draw(movie_id, part, seed) < share for movie_id in ids], bool)
    rows = rows[chosen]
    kept = [movie_id for movie_id, inside in zip(ids, chosen, strict=True) if inside]
    tables = [LABELS.empty_table()]
    if kept:
        positions, landmarks, tree = build_landscape(rows, settings, seed)
        for k in ks:
            _, labels = cluster_points(rows, positions, landmarks, tree, settings, k, seed)
            columns = [pa.array([k] * len(kept), pa.int32()), kept, pa.array(labels, pa.int32())]
            tables.append(pa.table(columns, schema=LABELS))
    return {"labels": pa.concat_tables(tables)}


@stage(
    "reseed",
    version=3,
    inputs=("points", "assignments", "positions", "landmarks", "tree"),
    outputs=("agreement",),
    streamed=("points",),
)
def reseed(
    points: pa.Table | Parts,
    assignments: pa.Table,
    positions: pa.Table,
    landmarks: pa.Table,
    tree: pa.Table,
    settings: ClusterSettings,
    k: int,
    seed: int,
) -> dict[str, pa.Table]:
    """Cluster the training films again with another seed.

    The positions given are used again, and where no random choice has made it, the tree.

    Returns
    -------
    {"agreement": one row, `ari`: adjusted Rand index with the assignments given}
    """
    from sklearn.metrics import adjusted_rand_score

    rows, places = matrix_of(points), matrix_of(positions)
    grown = (matrix_of(landmarks), linkage_of(tree))
    if is_random(len(rows)):
        grown = tree_over(places, settings, seed)
    _, labels = cluster_points(rows, places, *grown, settings, k, seed)
    ours = assignments.column("cluster").to_numpy()
    return {"agreement": pa.table([[float(adjusted_rand_score(ours, labels))]], names=["ari"])}


def agreement(first: pa.Table, second: pa.Table) -> dict[int, float]:
    """Adjusted Rand index (Hubert and Arabie 1985) on the films both samples hold, by k."""
    from sklearn.metrics import adjusted_rand_score

    left, right = first.to_pandas(), second.to_pandas()
    both = left.merge(right, on=["k", "movie_id"], suffixes=("_first", "_second"))
    return {
        int(k): float(adjusted_rand_score(films["cluster_first"], films["cluster_second"]))
        for k, films in both.groupby("k")
    }


def _draw(movie_id: str, part: int, seed: int) -> float:
    digest = hashlib.blake2b(f"{seed}/{part}/{movie_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
