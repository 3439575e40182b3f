"""A served release whose report has figures, and genre models beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.genres.data.files import put
from pipeline.genres.training.registry import register
from pipeline.genres.training.train import Job, train
from pipeline.schemas.vectors import column_of_vectors
from tests.support.films import EXACT, exact
from tests.support.genre_films import SEED, SETTINGS, divided_films
from tests.support.served_release import build

__all__ = ["FIGURES", "build_with_figures", "train_genres"]

FIGURES: dict[str, Any] = {
    "counts": {"rows_in": 40, "released": 40, "micro_genres": 4, "families": 2, "weak_films": 2},
    "name_truth": {"whole": 0.9, "subject": 0.88, "form": 0.95, "themed": 0.7},
    "clusters": {
        "subsample_ari": 0.63,
        "seed_ari": 0.96,
        "points_silhouette": -0.007,
        "cosine_silhouette": -0.03,
    },
    "neighbours": {"recall_at_10": 1.0},
    "k": {
        "chosen": 100,
        "elbow": 100,
        "best_silhouette_k": 150,
        "rule": "films per micro-genre aimed at",
        "curve": [
            {"k": 50, "clusters": 50, "silhouette": 0.2, "inertia": 1.2, "stability": None},
            {"k": 100, "clusters": 100, "silhouette": 0.22, "inertia": 1.0, "stability": 0.63},
            {"k": 150, "clusters": 149, "silhouette": 0.23, "inertia": 0.9, "stability": 0.65},
        ],
    },
    "comparison": [
        {
            "method": "agglomerative",
            "clusters": 4,
            "cosine_silhouette": 0.06,
            "outlier_share": 0.0,
            "ari_with_ours": 0.31,
        },
        {
            "method": "hdbscan",
            "clusters": 2,
            "cosine_silhouette": 0.22,
            "outlier_share": 0.85,
            "ari_with_ours": 0.001,
        },
    ],
    "data_quality": {"completeness": {"title": {"read": 1.0, "kept": 1.0}}},
    "seconds": {"embed": 12.5, "total": 40.0},
}


def build_with_figures(root: Path) -> Path:
    """Commit the release with the report `FIGURES`; return its folder."""
    folder = build(root)
    report = folder / "report.json"
    values = json.loads(report.read_text("utf-8")) | FIGURES
    report.chmod(0o644)
    report.write_text(json.dumps(values), encoding="utf-8")
    return folder


def train_genres(place: Path) -> None:
    """Train classifier chains on the sample and register them in `DIR/genres`."""
    divided = divided_films()
    films = str(put(place / "data", "films", divided.films))
    table = pa.table(
        {"movie_id": divided.films["movie_id"], "vector": column_of_vectors(divided.vectors)}
    )
    job = Job(
        model="transformation",
        inputs="both",
        films=films,
        folder=str(place / "models"),
        seed=SEED,
        vectors=str(put(place / "data", "vectors-both", table)),
        settings=SETTINGS,
        embed=EXACT,
        revision=exact().revision,
    )
    register(place, [train(job)])
