"""All models of a registry on the same held-out films: the content of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.cleaning.text_repair import count_words
from pipeline.errors import ModelError
from pipeline.fileio.manifest import file_sha256
from pipeline.fileio.parquet import read_table
from pipeline.genres.data.films import FILMS, label_matrix, texts_of
from pipeline.genres.models.metrics import (
    advantage,
    by_length,
    compared,
    figures,
    intervals,
    of_genres,
    together,
)
from pipeline.genres.training.registry import read_registry

__all__ = ["BASELINE", "evaluate", "films_of"]

BASELINE = "logistic-tfidf"
_BINS = np.linspace(0, 1, 11)


def films_of(folder: Path, data: str) -> pa.Table:
    """The films of `DIR/genres` whose file has the SHA-256 `data`: FILMS.

    Raises
    ------
    ModelError
        when the folder holds no such file.
    """
    for path in sorted((folder / "data").glob("films-*.parquet")):
        if file_sha256(path) == data:
            return read_table(path, FILMS.names)
    raise ModelError(f"{folder / 'data'} no longer holds the films of these models: train again")


def evaluate(folder: Path, resamples: int, seed: int, data: str | None = None) -> dict[str, Any]:
    """Measure every registered model on the films held out from all of them.

    Parameters
    ----------
    folder : `DIR/genres`. resamples : of the bootstrap.
    data : SHA-256 of the films whose models are compared; None: those of the newest model.

    Returns
    -------
    JSON: `films`, `genres`, `inputs` -> `models` (figures, intervals, genres, lengths, calibration,
    the lead over the baseline), `folds`, and `labels` (how often genres come together).
    """
    registry = read_registry(folder)
    chosen = data or _newest(folder, registry["models"])
    models = [row for row in registry["models"] if row["data"] == chosen]
    films = films_of(folder, chosen)
    part = np.array(films.column("part").to_pylist(), object)
    labels, genres = label_matrix(films)
    held = np.flatnonzero(part == "test")
    rows = {movie_id: row for row, movie_id in enumerate(films.column("movie_id").to_pylist())}
    words = np.array([count_words(t) for t in texts_of(films).overviews])[held]
    found: dict[str, Any] = {}
    for inputs in dict.fromkeys(row["inputs"] for row in models):
        own = [row for row in models if row["inputs"] == inputs and row["fold"] is None]
        told = {row["name"]: _told(folder, row, rows, held, genres) for row in own}
        if told:
            found[inputs] = _compared(told, labels[held], genres, words, resamples, seed)
    counts = {name: int((part == name).sum()) for name in ("train", "validation", "test")}
    return {
        "data": chosen,
        "films": counts,
        "genres": genres,
        "support": {g: int(labels[held][:, i].sum()) for i, g in enumerate(genres)},
        "labels": together(labels[held]).tolist(),
        "inputs": found,
        "folds": _folds(models),
        "seconds": {
            f"{row['name']} from {row['inputs']}": row["seconds"]
            for row in models
            if row["fold"] is None
        },
    }


def _newest(folder: Path, models: Sequence[Mapping[str, Any]]) -> str:
    if not models:
        raise ModelError(f"{folder} has no models: train some with `microgenres genres train`")
    newest = max(models, key=lambda row: (folder / "models" / row["folder"]).stat().st_mtime_ns)
    return str(newest["data"])


def _told(
    folder: Path,
    row: Mapping[str, Any],
    rows: Mapping[str, int],
    held: np.ndarray,
    genres: Sequence[str],
) -> tuple[np.ndarray, np.ndarray]:
    """What a model told of the held-out films: genres, bool, and probabilities, (n, genres)."""
    path = folder / "models" / f"{row['folder']}.predictions.parquet"
    table = read_table(path)
    table = table.filter(pc.equal(table.column("part"), "test"))
    place = {rows[movie_id]: n for n, movie_id in enumerate(table.column("movie_id").to_pylist())}
    column = {name: g for g, name in enumerate(genres)}
    told = np.zeros((len(held), len(genres)), bool)
    order = [place[int(film)] for film in held]
    lists = table.column("genres").to_pylist()
    for n, at in enumerate(order):
        told[n, [column[name] for name in lists[at]]] = True
    probabilities = np.array(table.column("probabilities").to_pylist(), np.float64)
    return told, probabilities[order]


def _compared(
    told: Mapping[str, tuple[np.ndarray, np.ndarray]],
    labels: np.ndarray,
    genres: Sequence[str],
    words: np.ndarray,
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    models: dict[str, Any] = {}
    for name, (own, probabilities) in told.items():
        models[name] = {
            **figures(own, labels),
            "intervals": intervals(own, labels, resamples, seed),
            "genres": of_genres(own, labels, genres),
            "lengths": by_length(own, labels, words),
            "calibration": _calibration(probabilities, labels),
            "confusion": together(labels, own).tolist(),
        }
        if BASELINE in told and name != BASELINE:
            ahead = advantage(own, told[BASELINE][0], labels, resamples, seed)
            models[name]["ahead_of_baseline"] = ahead
    return {"models": {name: models[name] for name in compared(models)}}


def _calibration(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """Brier score, expected calibration error over ten bins, and the bins: told and true shares."""
    flat, true = probabilities.ravel(), labels.ravel()
    which = np.clip(np.digitize(flat, _BINS) - 1, 0, 9)
    counts = np.bincount(which, minlength=10)
    said = np.bincount(which, flat, 10) / np.maximum(counts, 1)
    was = np.bincount(which, true, 10) / np.maximum(counts, 1)
    return {
        "brier": float(np.mean((flat - true) ** 2)),
        "error": float((counts * np.abs(said - was)).sum() / max(1, counts.sum())),
        "bins": [
            {"told": float(a), "true": float(b), "pairs": int(n)}
            for a, b, n in zip(said, was, counts, strict=True)
        ],
    }


def _folds(models: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row per model that was cross-validated: mean and spread of samples Jaccard and F1."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in models:
        if row["fold"] is not None:
            found.setdefault((row["name"], row["inputs"]), []).append(row["metrics"])
    rows = []
    for (name, inputs), metrics in sorted(found.items()):
        jaccard = np.array([m["jaccard"] for m in metrics])
        f1 = np.array([m["f1"]["samples"] for m in metrics])
        rows.append(
            {
                "name": name,
                "inputs": inputs,
                "folds": len(metrics),
                "jaccard": float(jaccard.mean()),
                "jaccard_spread": float(jaccard.std()),
                "f1": float(f1.mean()),
                "f1_spread": float(f1.std()),
            }
        )
    return rows
