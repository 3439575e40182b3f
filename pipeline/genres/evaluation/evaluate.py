"""Evaluate all models of a registry on the same held-out films."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NotRequired, TypedDict, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.cleaning.text_repair import count_words
from pipeline.errors import ModelError
from pipeline.fileio.manifest import file_sha256
from pipeline.fileio.parquet import read_table
from pipeline.genres.data.films import FILMS, label_matrix, texts_of
from pipeline.genres.models.metrics import (
    Advantage,
    Figures,
    GenreFigures,
    LengthFigures,
    bootstrap_intervals,
    count_pairs,
    measure,
    measure_advantage,
    measure_genres,
    measure_lengths,
    rank_models,
)
from pipeline.genres.training.documents import RegisteredModel
from pipeline.genres.training.registry import read_registry

__all__ = ["BASELINE", "Evaluation", "FoldFigures", "ModelReport", "evaluate", "find_films"]

BASELINE = "logistic-tfidf"
_BINS = np.linspace(0, 1, 11)


class CalibrationBin(TypedDict):
    """Pairs of film and genre with similar probabilities."""

    predicted: float  # mean probability
    true: float  # share of pairs where the film has the genre
    pairs: int


class CalibrationFigures(TypedDict):
    """How well probabilities agree with outcomes."""

    brier: float  # Brier score
    error: float  # expected calibration error over ten bins
    bins: list[CalibrationBin]


class ModelReport(Figures):
    """All figures of one model."""

    intervals: dict[str, list[float]]  # 95 % intervals
    genres: list[GenreFigures]
    lengths: list[LengthFigures]
    calibration: CalibrationFigures
    confusion: list[list[int]]  # films by true genre (row) and predicted genre (column)
    ahead_of_baseline: NotRequired[Advantage]


class ModelComparison(TypedDict):
    """Models that read the same inputs, best first."""

    models: dict[str, ModelReport]


class FoldFigures(TypedDict):
    """Mean and standard deviation of a cross-validated model over its folds."""

    name: str
    inputs: str
    folds: int
    jaccard: float
    jaccard_spread: float
    f1: float
    f1_spread: float


class Evaluation(TypedDict):
    """The content of report.json."""

    data: str  # SHA-256 of the films
    films: dict[str, int]  # number of films by part
    genres: list[str]
    support: dict[str, int]  # held-out films by genre
    labels: list[list[int]]  # held-out films that have both genres
    inputs: dict[str, ModelComparison]
    folds: list[FoldFigures]
    seconds: dict[str, float]  # training time by model


def find_films(folder: Path, data: str) -> pa.Table:
    """Return the films of `DIR/genres` whose file has this checksum.

    Parameters
    ----------
    folder : Path
        `DIR/genres`.
    data : str
        SHA-256 of the file, hex.

    Returns
    -------
    pyarrow.Table
        `FILMS`.

    Raises
    ------
    ModelError
        If the folder has no such file.
    """
    for path in sorted((folder / "data").glob("films-*.parquet")):
        if file_sha256(path) == data:
            return read_table(path, FILMS.names)
    raise ModelError(f"{folder / 'data'} has no file with the films of these models: train again")


def evaluate(folder: Path, resamples: int, seed: int) -> Evaluation:
    """Measure every model on the films that were held out from training.

    Only models trained on the same films as the newest model are compared.

    Parameters
    ----------
    folder : Path
        `DIR/genres`.
    resamples : int
        Number of bootstrap samples of an interval.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    Evaluation
        JSON.

    Raises
    ------
    ModelError
        If there is no model, or its films are missing.
    """
    registered = read_registry(folder).models
    data = _newest_data(folder, registered)
    models = [row for row in registered if row.data == data]
    films = find_films(folder, data)
    part = np.array(films.column("part").to_pylist(), object)
    labels, genres = label_matrix(films)
    test = np.flatnonzero(part == "test")
    rows = {movie_id: row for row, movie_id in enumerate(films.column("movie_id").to_pylist())}
    words = np.array([count_words(t) for t in texts_of(films).overviews])[test]
    compared: dict[str, ModelComparison] = {}
    for inputs in dict.fromkeys(row.inputs for row in models):
        predictions = {
            row.name: _read_predictions(folder, row, rows, test, genres)
            for row in models
            if row.inputs == inputs and row.fold is None
        }
        if predictions:
            compared[inputs] = _compare(predictions, labels[test], genres, words, resamples, seed)
    return {
        "data": data,
        "films": {name: int((part == name).sum()) for name in ("train", "validation", "test")},
        "genres": genres,
        "support": {g: int(labels[test][:, i].sum()) for i, g in enumerate(genres)},
        "labels": count_pairs(labels[test]).tolist(),
        "inputs": compared,
        "folds": _measure_folds(models),
        "seconds": {
            f"{row.name} from {row.inputs}": row.seconds for row in models if row.fold is None
        },
    }


def _newest_data(folder: Path, models: Sequence[RegisteredModel]) -> str:
    """Return the checksum of the films that the newest model learnt from."""
    if not models:
        raise ModelError(f"{folder} has no models: train some with `microgenres genres train`")
    newest = max(models, key=lambda row: (folder / "models" / row.folder).stat().st_mtime_ns)
    return newest.data


def _read_predictions(
    folder: Path,
    model: RegisteredModel,
    rows: Mapping[str, int],
    test: np.ndarray,
    genres: Sequence[str],
) -> tuple[np.ndarray, np.ndarray]:
    """Return a model's predictions for the held-out films: genres (bool) and probabilities."""
    table = read_table(folder / "models" / f"{model.folder}.predictions.parquet")
    table = table.filter(pc.equal(table.column("part"), "test"))
    place = {rows[movie_id]: n for n, movie_id in enumerate(table.column("movie_id").to_pylist())}
    column = {name: g for g, name in enumerate(genres)}
    predicted = np.zeros((len(test), len(genres)), bool)
    order = [place[int(film)] for film in test]
    lists = table.column("genres").to_pylist()
    for row, at in enumerate(order):
        predicted[row, [column[name] for name in lists[at]]] = True
    probabilities = np.array(table.column("probabilities").to_pylist(), np.float64)
    return predicted, probabilities[order]


def _compare(
    predictions: Mapping[str, tuple[np.ndarray, np.ndarray]],
    labels: np.ndarray,
    genres: Sequence[str],
    words: np.ndarray,
    resamples: int,
    seed: int,
) -> ModelComparison:
    models: dict[str, ModelReport] = {}
    for name, (predicted, probabilities) in predictions.items():
        report = {
            **measure(predicted, labels),
            "intervals": bootstrap_intervals(predicted, labels, resamples, seed),
            "genres": measure_genres(predicted, labels, genres),
            "lengths": measure_lengths(predicted, labels, words),
            "calibration": _measure_calibration(probabilities, labels),
            "confusion": count_pairs(labels, predicted).tolist(),
        }
        models[name] = cast(ModelReport, report)
        if BASELINE in predictions and name != BASELINE:
            models[name]["ahead_of_baseline"] = measure_advantage(
                predicted, predictions[BASELINE][0], labels, resamples, seed
            )
    return {"models": {name: models[name] for name in rank_models(models)}}


def _measure_calibration(probabilities: np.ndarray, labels: np.ndarray) -> CalibrationFigures:
    flat, true = probabilities.ravel(), labels.ravel()
    which = np.clip(np.digitize(flat, _BINS) - 1, 0, 9)
    counts = np.bincount(which, minlength=10)
    predicted = np.bincount(which, flat, 10) / np.maximum(counts, 1)
    observed = np.bincount(which, true, 10) / np.maximum(counts, 1)
    return {
        "brier": float(np.mean((flat - true) ** 2)),
        "error": float((counts * np.abs(predicted - observed)).sum() / max(1, counts.sum())),
        "bins": [
            {"predicted": float(a), "true": float(b), "pairs": int(n)}
            for a, b, n in zip(predicted, observed, counts, strict=True)
        ],
    }


def _measure_folds(models: Sequence[RegisteredModel]) -> list[FoldFigures]:
    """Return the figures of each cross-validated model."""
    by_model: dict[tuple[str, str], list[Figures]] = {}
    for row in models:
        if row.fold is not None:
            by_model.setdefault((row.name, row.inputs), []).append(row.figures)
    rows: list[FoldFigures] = []
    for (name, inputs), figures in sorted(by_model.items()):
        jaccard = np.array([fold["jaccard"] for fold in figures])
        f1 = np.array([fold["f1"]["samples"] for fold in figures])
        rows.append(
            {
                "name": name,
                "inputs": inputs,
                "folds": len(figures),
                "jaccard": float(jaccard.mean()),
                "jaccard_spread": float(jaccard.std()),
                "f1": float(f1.mean()),
                "f1_spread": float(f1.std()),
            }
        )
    return rows
