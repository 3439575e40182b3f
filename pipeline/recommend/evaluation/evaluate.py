"""Evaluation of a model on a later period: lists, stars, groups of users, films without ratings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypedDict

import numpy as np
import pyarrow as pa

from pipeline.recommend.data.films import Films, films_from_table
from pipeline.recommend.data.interactions import History, build_history
from pipeline.recommend.documents import (
    ActivityFigures,
    ColdFilmFigures,
    EmptyProfileFigures,
    EvaluationFigures,
    FilmMetadata,
)
from pipeline.recommend.evaluation.metrics import (
    bootstrap_interval,
    measure_lists,
    star_errors,
    summarise_lists,
)
from pipeline.recommend.models.base import Recommender
from pipeline.recommend.models.registry import create_model
from pipeline.recommend.models.validation_sets import ValidationSet, build_validation_set
from pipeline.schemas.stage import stage
from pipeline.settings import RecommendSettings

__all__ = [
    "Evaluation",
    "Lead",
    "StarErrors",
    "compare_piece",
    "compare_with",
    "evaluate",
    "evaluate_on",
    "evaluation_from_table",
    "fit_and_evaluate",
    "summarise_errors",
]

_MEASURED = pa.schema(
    [
        ("figures", pa.string()),
        ("ndcg", pa.list_(pa.float64())),
        ("cold_ndcg", pa.list_(pa.float64())),
    ]
)
# groups of users: name, fewest and most training ratings
_GROUPS = (("unknown", 0, 0), ("up to 50 ratings", 1, 50), ("over 50 ratings", 51, 10**9))


@dataclass(frozen=True)
class Evaluation:
    """The figures of a model, and values per user to compare it with other models.

    Attributes
    ----------
    figures : EvaluationFigures
        Means over users.
    ndcg : ndarray of shape (n_users,), float64
        nDCG of each user, 0 to 1.
    cold_ndcg : ndarray of shape (n_cold_users,), float64
        nDCG of lists of films without training ratings, of the users who liked such a film.
    """

    figures: EvaluationFigures
    ndcg: np.ndarray
    cold_ndcg: np.ndarray


class StarErrors(TypedDict):
    """Root mean squared and mean absolute error in stars, and the number of ratings."""

    rmse: float
    mae: float
    ratings: int


class Lead(TypedDict):
    """By how much one model's nDCG exceeds another's: means over users, 95 % intervals."""

    ndcg: float
    interval: list[float]
    cold_ndcg: float
    cold_interval: list[float]


def evaluate(
    model: Recommender, history: History, films: Films, validation: ValidationSet, seed: int
) -> Evaluation:
    """Evaluate a fitted model on a validation set.

    Parameters
    ----------
    model : Recommender
        A fitted model.
    history : History
        Ratings that count as training ratings.
    films : Films
        Films in the column order of the model.
    validation : ValidationSet
        From `build_validation_set`, on later ratings.
    seed : int
        Seed of the bootstrap.
    """
    settings = model.settings
    metrics = measure_lists(model.score, validation, settings.k)
    by_activity = {}
    for name, fewest, most in _GROUPS:
        rows = (validation.training_counts >= fewest) & (validation.training_counts <= most)
        if rows.any():
            by_activity[name] = ActivityFigures(
                users=int(rows.sum()),
                ndcg=float(metrics["ndcg"][rows].mean()),
                hit=float(metrics["hit"][rows].mean()),
            )
    cold = _select_cold(validation)
    cold_metrics = measure_lists(model.score, cold, settings.k, candidates=validation.cold)
    empty = replace(validation, profiles=validation.profiles * 0)
    empty.profiles.eliminate_zeros()
    empty_metrics = measure_lists(model.score, empty, settings.k)
    figures = EvaluationFigures(
        **summarise_lists(metrics, films, history.counts, settings.bootstrap, seed),
        **summarise_errors(star_errors(model.predict_stars, validation)),
        by_activity=by_activity,
        cold_films=ColdFilmFigures(
            users=len(cold.users),
            films=int(validation.cold.sum()),
            **{
                name: float(cold_metrics[name].mean()) if len(cold.users) else 0.0
                for name in ("ndcg", "recall", "hit")
            },
        ),
        without_ratings=EmptyProfileFigures(
            ndcg=float(empty_metrics["ndcg"].mean()), hit=float(empty_metrics["hit"].mean())
        ),
    )
    return Evaluation(figures, metrics["ndcg"], cold_metrics["ndcg"])


def _select_cold(validation: ValidationSet) -> ValidationSet:
    """Return the users who liked films without training ratings, with only these films."""
    liked = validation.liked.multiply(validation.cold[None, :]).tocsr()
    liked.eliminate_zeros()
    return replace(validation, liked=liked).select(np.flatnonzero(np.diff(liked.indptr) > 0))


def summarise_errors(errors: np.ndarray) -> StarErrors:
    """Return the RMSE and MAE of errors.

    Parameters
    ----------
    errors : ndarray of shape (n,), float64
        Predicted minus true stars.

    Examples
    --------
    >>> summarise_errors(np.array([1.0, -1.0, 0.0, 0.0]))["mae"]
    0.5
    """
    if not len(errors):
        return {"rmse": 0.0, "mae": 0.0, "ratings": 0}
    return {
        "rmse": float(np.sqrt((errors**2).mean())),
        "mae": float(np.abs(errors).mean()),
        "ratings": len(errors),
    }


def evaluate_on(
    model: Recommender,
    history: History,
    later: pa.Table,
    films: Films,
    settings: RecommendSettings,
    seed: int,
) -> Evaluation:
    """Evaluate a fitted model on a later period.

    Parameters
    ----------
    model : Recommender
        A fitted model.
    history : History
        Ratings before the period; the profiles are built from them.
    later : pa.Table of RATINGS
        Ratings of the period.
    films : Films
        Films in the column order of the model.
    settings : RecommendSettings
        Gives `liked` and `measured_users`.
    seed : int
        Seed of the sample of users and of the bootstrap.
    """
    validation = build_validation_set(
        history, later, films, settings.liked, settings.measured_users, seed
    )
    return evaluate(model, history, films, validation, seed)


def fit_and_evaluate(
    name: str,
    earlier: pa.Table,
    later: pa.Table,
    films: Films,
    settings: RecommendSettings,
    seed: int,
) -> tuple[Recommender, Evaluation]:
    """Fit a model on earlier ratings and evaluate it on later ones.

    Parameters
    ----------
    name : str
        Name of the model, a key of `models.registry.MODELS`.
    earlier, later : pa.Table of RATINGS
        Training ratings, and the ratings of the period after them.
    films : Films
        The films.
    settings : RecommendSettings
        Settings of the models.
    seed : int
        Seed of everything random.
    """
    history = build_history(earlier, films)
    model = create_model(name, settings)
    model.fit(history, films, seed)
    return model, evaluate_on(model, history, later, films, settings, seed)


@stage("compare-recommenders", inputs=("films", "earlier", "later"), outputs=("measured",))
def compare_piece(
    films: pa.Table,
    earlier: pa.Table,
    later: pa.Table,
    settings: RecommendSettings,
    model: str,
    about: FilmMetadata,
    seed: int,
) -> dict[str, pa.Table]:
    """Fit and evaluate one model, as a piece of the stage.

    Parameters
    ----------
    films : pa.Table
        From `films_to_table`.
    earlier, later : pa.Table of RATINGS
        Training ratings, and the ratings of the period after them.
    settings : RecommendSettings
        Settings of the models.
    model : str
        Name of the model.
    about : FilmMetadata
        From `film_metadata`.
    seed : int
        Seed of everything random.

    Returns
    -------
    dict of str to pa.Table
        `measured`: one row, which `evaluation_from_table` reads.
    """
    _, found = fit_and_evaluate(
        model, earlier, later, films_from_table(films, about), settings, seed
    )
    figures = json.dumps(found.figures.model_dump(mode="json"))
    row = {"figures": figures, "ndcg": found.ndcg, "cold_ndcg": found.cold_ndcg}
    return {"measured": pa.table({name: [value] for name, value in row.items()}, _MEASURED)}


def evaluation_from_table(table: pa.Table) -> Evaluation:
    """Return the evaluation in a table of `compare_piece`.

    Parameters
    ----------
    table : pa.Table
        One row: figures as JSON, ndcg and cold_ndcg as lists of float64.
    """
    (row,) = table.to_pylist()
    lists = (np.array(row[name], float) for name in ("ndcg", "cold_ndcg"))
    return Evaluation(EvaluationFigures.model_validate_json(row["figures"]), *lists)


def compare_with(
    evaluations: Mapping[str, Evaluation], first: str, samples: int, seed: int
) -> dict[str, Lead]:
    """Compare one model with each other model on the same users.

    Parameters
    ----------
    evaluations : mapping of str to Evaluation
        By name of the model, all on the same validation set.
    first : str
        Name of the model that is compared.
    samples : int
        Number of bootstrap samples.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    dict of str to Lead
        By name of the other model; positive if the first is better.
    """
    own = evaluations[first]
    leads: dict[str, Lead] = {}
    for name, other in evaluations.items():
        if name == first:
            continue
        difference = own.ndcg - other.ndcg
        cold = own.cold_ndcg - other.cold_ndcg
        leads[name] = {
            "ndcg": float(difference.mean()),
            "interval": list(bootstrap_interval(difference, samples, seed)),
            "cold_ndcg": float(cold.mean()) if len(cold) else 0.0,
            "cold_interval": list(bootstrap_interval(cold, samples, seed)),
        }
    return leads
