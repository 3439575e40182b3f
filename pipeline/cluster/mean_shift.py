"""Points to a smoothed landscape and a merge tree, from which seeds for any k are cut.

Plain k-means on sentence vectors finds other clusters in every sample of the same films. Averaging
each film with its nearest ones (mean shift on the sphere: Fukunaga and Hostetler 1975; Carreira-
Perpinan 2006) brings out the hills that every sample shares, and Ward's tree (Ward 1963) finds the
same hills again without a random start. For many films, see `hills` and `forest`.
"""

from __future__ import annotations

from typing import Literal

import faiss
import numpy as np
import pyarrow as pa
from scipy.cluster import hierarchy

from pipeline.cluster.lloyd import means, unit
from pipeline.cluster.merge_forest import forest
from pipeline.cluster.pca import project
from pipeline.cluster.shared_neighbours import hills
from pipeline.schemas.mining import POINTS
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, column_of_vectors, ids_and_matrix
from pipeline.settings import ClusterSettings

__all__ = [
    "EXACT",
    "TREE",
    "build_landscape",
    "is_random",
    "landscape",
    "linkage_of",
    "seeds",
    "tree_over",
]

# Ward's merges, as SciPy's linkage matrix, over landmarks; a landmark is a film or a small group.
TREE = pa.schema(
    [("left", pa.int32()), ("right", pa.int32()), ("height", pa.float64()), ("size", pa.int32())]
)

_DIRECT = 6_000  # up to here every film is a landmark: the tree takes memory quadratic in them
_LANDMARKS = 3_000
# Beyond so many films, near films are looked for in an inverted file, rows are worked a part at a
# time, and the tree is a forest: time then grows as films^1.5, and memory by little.
EXACT = 16_384
_PER_LANDMARK = 16  # films


@stage(
    "landscape",
    version=3,
    inputs=("points",),
    outputs=("positions", "landmarks", "tree"),
    streamed=("points",),
)
def landscape(
    points: pa.Table | Parts, settings: ClusterSettings, seed: int
) -> dict[str, pa.Table]:
    """Smooth the points of the training films and build the tree.

    Returns
    -------
    {"positions": POINTS of width `components`, in the order of `points`,
     "landmarks": POINTS of the tree's leaves, "tree": TREE}
    """
    ids, rows = ids_and_matrix(points)
    positions, landmarks, tree = build_landscape(rows, settings, seed)
    schema = POINTS(positions.shape[1])
    names = pa.array([str(row) for row in range(len(landmarks))], pa.string())
    merges = [pa.array(tree[:, column], TREE.field(column).type, safe=False) for column in range(4)]
    return {
        "positions": pa.table([ids, column_of_vectors(positions)], schema=schema),
        "landmarks": pa.table([names, column_of_vectors(landmarks)], schema=schema),
        "tree": pa.table(merges, schema=TREE),
    }


def build_landscape(
    points: np.ndarray, settings: ClusterSettings, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions (films, c), landmarks (l, c) and their linkage (l - 1, 4)."""
    faiss.omp_set_num_threads(1)  # sums in one order: the same bytes on any number of workers
    if len(points) > EXACT and settings.smoothing_rounds:
        positions = hills(points, settings)
    else:
        positions = project(points, settings)
        if len(points) <= EXACT:
            positions = _smooth(positions, settings)
    return positions, *tree_over(positions, settings, seed)


def tree_over(
    positions: np.ndarray, settings: ClusterSettings, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Landmarks (l, c) of positions and their linkage (l - 1, 4): all that depends on the seed."""
    faiss.omp_set_num_threads(1)
    if len(positions) > EXACT:
        films = settings.leaf_films if settings.k == "auto" else len(positions) // settings.k
        each = max(2, min(_PER_LANDMARK, films // 3))  # three landmarks in a micro-genre at least
        # where nothing was smoothed, compact clusters are wanted, not hills
        method: Literal["average", "ward"] = "average" if settings.smoothing_rounds else "ward"
        return forest(positions, seed, each, method)
    landmarks = positions
    if len(positions) > _DIRECT:
        kmeans = faiss.Kmeans(
            positions.shape[1],
            _LANDMARKS,
            niter=10,
            seed=seed % 2**31,
            spherical=True,
            min_points_per_centroid=1,
            max_points_per_centroid=len(positions),
        )
        kmeans.train(positions)
        landmarks = unit(np.asarray(kmeans.centroids))
    if len(landmarks) < 2:
        return landmarks, np.zeros((0, 4))
    return landmarks, hierarchy.linkage(landmarks.astype(np.float64), "ward")


def is_random(films: int) -> bool:
    """Whether the landscape of that many films depends on the seed."""
    return films > _DIRECT


def linkage_of(tree: pa.Table) -> np.ndarray:
    """TREE as SciPy's linkage matrix, (landmarks - 1, 4) float64."""
    return np.stack([tree.column(i).to_numpy().astype(np.float64) for i in range(4)], axis=1)


def seeds(landmarks: np.ndarray, tree: np.ndarray, k: int) -> np.ndarray:
    """Unit seeds (at most k, c) float32: the means of the k branches of the tree."""
    if len(landmarks) < 2 or k < 2:
        return unit(landmarks.mean(0, keepdims=True))
    branch = hierarchy.fcluster(tree, min(k, len(landmarks)), "maxclust") - 1
    return means(landmarks, branch, int(branch.max()) + 1)


def _smooth(positions: np.ndarray, settings: ClusterSettings) -> np.ndarray:
    """Each film becomes the mean of its nearest films, `smoothing_rounds` times."""
    count = round(settings.smoothing_share * settings.leaf_films)
    count = min(count, max(1, len(positions) // 10))
    if count < 2:
        return positions
    for _ in range(settings.smoothing_rounds):
        index: faiss.Index = faiss.IndexFlatIP(positions.shape[1])
        index.add(positions)
        smoothed = np.empty_like(positions)
        for start in range(0, len(positions), 4_096):
            _, nearest = index.search(positions[start : start + 4_096], count)
            smoothed[start : start + 4_096] = positions[nearest].mean(1)
        positions = unit(smoothed)
    return positions
