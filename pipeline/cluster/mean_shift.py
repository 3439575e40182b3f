"""Smoothed positions of the points, and a merge tree from which seeds for any k are cut.

Plain k-means on sentence vectors finds different clusters in every sample of the same films.
Spherical mean shift replaces each film by the mean of its nearest films, which brings out the
dense regions that all samples share. Ward's merge tree (dendrogram) finds these regions again
without a random start. Large catalogues use `shared_neighbours` and `merge_forest` instead.

Notes
-----
Mean shift: Fukunaga and Hostetler 1975, "The estimation of the gradient of a density function",
IEEE Trans. Information Theory 21; Carreira-Perpinan 2006, "Fast nonparametric clustering with
Gaussian blurring mean-shift", ICML. Tree: Ward 1963, "Hierarchical grouping to optimize an
objective function", JASA 58.
"""

from __future__ import annotations

from typing import Literal

import faiss
import numpy as np
import pyarrow as pa
from scipy.cluster import hierarchy

from pipeline.cluster.lloyd import unit_means
from pipeline.cluster.merge_forest import build_merge_forest
from pipeline.cluster.pca import project
from pipeline.cluster.shared_neighbours import smooth_by_shared_neighbours
from pipeline.schemas.mining import POINTS
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, column_of_vectors, ids_and_matrix, unit_rows
from pipeline.settings import ClusterSettings

__all__ = [
    "EXACT_UP_TO",
    "TREE",
    "build_tree",
    "cut_seeds",
    "linkage_matrix",
    "smooth_and_link",
    "smooth_points",
    "tree_depends_on_seed",
]

# Merges over landmarks, as SciPy's linkage matrix. A landmark is a film or a small group of films.
TREE = pa.schema(
    [("left", pa.int32()), ("right", pa.int32()), ("height", pa.float64()), ("size", pa.int32())]
)

# Up to this number of films every film is a landmark: the memory of the tree grows with the square.
_FILM_LANDMARKS_UP_TO = 6_000
_LANDMARKS = 3_000
# Up to this number of films, search is exact and there is one tree. Beyond it, neighbours come from
# an inverted file and the tree is a forest: time grows as films^1.5, and memory hardly.
EXACT_UP_TO = 16_384
_MAX_FILMS_PER_LANDMARK = 16


@stage(
    "landscape",
    version=3,
    inputs=("points",),
    outputs=("positions", "landmarks", "tree"),
    streamed=("points",),
)
def smooth_points(
    points: pa.Table | Parts, settings: ClusterSettings, seed: int
) -> dict[str, pa.Table]:
    """Smooth the points of the training films and build their merge tree.

    Parameters
    ----------
    points : Table or Parts
        POINTS of the training films.
    settings : ClusterSettings
        Settings of the clustering.
    seed : int
        Seed of the run.

    Returns
    -------
    dict of str to Table
        "positions": POINTS of width `components`, in the order of `points`. "landmarks": POINTS,
        the leaves of the tree. "tree": TREE.
    """
    ids, rows = ids_and_matrix(points)
    positions, landmarks, linkage = smooth_and_link(rows, settings, seed)
    schema = POINTS(positions.shape[1])
    names = pa.array([str(row) for row in range(len(landmarks))], pa.string())
    merges = [
        pa.array(linkage[:, column], TREE.field(column).type, safe=False) for column in range(4)
    ]
    return {
        "positions": pa.table([ids, column_of_vectors(positions)], schema=schema),
        "landmarks": pa.table([names, column_of_vectors(landmarks)], schema=schema),
        "tree": pa.table(merges, schema=TREE),
    }


def smooth_and_link(
    points: np.ndarray, settings: ClusterSettings, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Smooth points and build their merge tree.

    Parameters
    ----------
    points : ndarray of shape (n_films, dim), float32
        Vectors of unit length.
    settings : ClusterSettings
        Settings of the clustering.
    seed : int
        Seed of the tree.

    Returns
    -------
    positions : ndarray of shape (n_films, components), float32
        Smoothed positions of unit length.
    landmarks : ndarray of shape (n_landmarks, components), float32
        Leaves of the tree, of unit length.
    linkage : ndarray of shape (n_landmarks - 1, 4), float64
        Merges in the format of `scipy.cluster.hierarchy.linkage`.
    """
    faiss.omp_set_num_threads(1)  # one order of summation: the same bytes with any number of cores
    if len(points) > EXACT_UP_TO and settings.smoothing_rounds:
        positions = smooth_by_shared_neighbours(points, settings)
    else:
        positions = project(points, settings)
        if len(points) <= EXACT_UP_TO:
            positions = _shift_to_means(positions, settings)
    return positions, *build_tree(positions, settings, seed)


def build_tree(
    positions: np.ndarray, settings: ClusterSettings, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Build the merge tree of smoothed positions. Only this part depends on the seed.

    Parameters
    ----------
    positions : ndarray of shape (n_films, components), float32
        Positions of unit length.
    settings : ClusterSettings
        Settings of the clustering.
    seed : int
        Seed of the k-means that finds landmarks.

    Returns
    -------
    landmarks : ndarray of shape (n_landmarks, components), float32
        Leaves of the tree, of unit length.
    linkage : ndarray of shape (n_landmarks - 1, 4), float64
        Merges in the format of `scipy.cluster.hierarchy.linkage`.
    """
    faiss.omp_set_num_threads(1)
    if len(positions) > EXACT_UP_TO:
        films = settings.leaf_films if settings.k == "auto" else len(positions) // settings.k
        # at least three landmarks in a micro-genre
        per_landmark = max(2, min(_MAX_FILMS_PER_LANDMARK, films // 3))
        # average linkage keeps the dense regions of smoothed positions whole; without smoothing
        # compact clusters are better
        method: Literal["average", "ward"] = "average" if settings.smoothing_rounds else "ward"
        return build_merge_forest(positions, seed, per_landmark, method)
    landmarks = positions
    if len(positions) > _FILM_LANDMARKS_UP_TO:
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
        landmarks = unit_rows(np.asarray(kmeans.centroids))
    if len(landmarks) < 2:
        return landmarks, np.zeros((0, 4))
    return landmarks, hierarchy.linkage(landmarks.astype(np.float64), "ward")


def tree_depends_on_seed(films: int) -> bool:
    """Return whether the merge tree of that number of films depends on the seed."""
    return films > _FILM_LANDMARKS_UP_TO


def linkage_matrix(tree: pa.Table) -> np.ndarray:
    """Return TREE as SciPy's linkage matrix, (n_landmarks - 1, 4) float64."""
    return np.stack([tree.column(i).to_numpy().astype(np.float64) for i in range(4)], axis=1)


def cut_seeds(landmarks: np.ndarray, linkage: np.ndarray, k: int) -> np.ndarray:
    """Cut the tree into k branches and return the mean of each, the seeds of k-means.

    Parameters
    ----------
    landmarks : ndarray of shape (n_landmarks, components), float32
        Leaves of the tree.
    linkage : ndarray of shape (n_landmarks - 1, 4), float64
        Merges in the format of `scipy.cluster.hierarchy.linkage`.
    k : int
        Number of branches.

    Returns
    -------
    ndarray of shape (at most k, components), float32
        Unit means of the landmarks of each branch. There are fewer than k if there are fewer
        landmarks, or if landmarks are identical.

    Examples
    --------
    >>> landmarks = np.eye(3, dtype=np.float32)[[0, 0, 1]]
    >>> linkage = hierarchy.linkage(landmarks, "ward")
    >>> sorted(cut_seeds(landmarks, linkage, 2).tolist())
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    if len(landmarks) < 2 or k < 2:
        return unit_rows(landmarks.mean(0, keepdims=True))
    branch = hierarchy.fcluster(linkage, min(k, len(landmarks)), "maxclust") - 1
    return unit_means(landmarks, branch, int(branch.max()) + 1)


def _shift_to_means(positions: np.ndarray, settings: ClusterSettings) -> np.ndarray:
    """Replace each film by the mean of its nearest films, `smoothing_rounds` times."""
    count = round(settings.smoothing_share * settings.leaf_films)
    count = min(count, max(1, len(positions) // 10))
    if count < 2:
        return positions
    for _ in range(settings.smoothing_rounds):
        index: faiss.Index = faiss.IndexFlatIP(positions.shape[1])
        index.add(positions)
        shifted = np.empty_like(positions)
        for start in range(0, len(positions), 4_096):
            _, near = index.search(positions[start : start + 4_096], count)
            shifted[start : start + 4_096] = positions[near].mean(1)
        positions = unit_rows(shifted)
    return positions
