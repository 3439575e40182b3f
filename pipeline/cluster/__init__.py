"""From points to micro-genres.

Points are smoothed, seeded in dense regions, refined by FAISS k-means, and assigned.
"""

from __future__ import annotations

from pipeline.cluster.assign import assign
from pipeline.cluster.choose_k import candidate_ks, choose_k
from pipeline.cluster.compare import METHODS, compare
from pipeline.cluster.kmeans import train
from pipeline.cluster.mean_shift import smooth_points
from pipeline.cluster.scale import TOO_FEW, adapt
from pipeline.cluster.stability import agreement, agreement_errors, label_subsample, perturb

__all__ = [
    "METHODS",
    "TOO_FEW",
    "adapt",
    "agreement",
    "agreement_errors",
    "assign",
    "candidate_ks",
    "choose_k",
    "compare",
    "label_subsample",
    "perturb",
    "smooth_points",
    "train",
]
