"""One model on one slice: figures of lists and stars, of groups of users and of films new to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.recommend.data.films import Films, films_from
from pipeline.recommend.data.interactions import History, history
from pipeline.recommend.evaluation.metrics import errors, interval, list_figures, summary
from pipeline.recommend.models.base import Recommender
from pipeline.recommend.models.registry import model_named
from pipeline.recommend.models.validation_sets import Questions, questions
from pipeline.settings import RecommendSettings

__all__ = [
    "Measured",
    "ahead",
    "compare_piece",
    "fit_and_measure",
    "measured",
    "measured_of",
    "measured_on",
    "rating_errors",
]

_MEASURED = pa.schema(
    [
        ("figures", pa.string()),
        ("ndcg", pa.list_(pa.float64())),
        ("cold_ndcg", pa.list_(pa.float64())),
    ]
)
_GROUPS = (("unknown", 0, 0), ("up to 50 ratings", 1, 50), ("over 50 ratings", 51, 10**9))


@dataclass(frozen=True)
class Measured:
    """figures : JSON. ndcg, cold_ndcg : of each user, to be paired with those of other models."""

    figures: dict[str, Any]
    ndcg: np.ndarray
    cold_ndcg: np.ndarray


def measured(
    model: Recommender, known: History, films: Films, asked: Questions, seed: int
) -> Measured:
    """A fitted model's figures.

    Parameters
    ----------
    known : what it was fitted on. asked : of `questions.questions` on later ratings.
    """
    settings = model.settings
    found = list_figures(model.scores, asked, settings.k)
    told = summary(found, films, known.counts, settings.bootstrap, seed)
    told |= rating_errors(errors(model.stars, asked))
    told["by_activity"] = {}
    for name, least, most in _GROUPS:
        rows = (asked.before >= least) & (asked.before <= most)
        if rows.any():
            told["by_activity"][name] = {
                "users": int(rows.sum()),
                "ndcg": float(found["ndcg"][rows].mean()),
                "hit": float(found["hit"][rows].mean()),
            }
    cold = _cold(asked)
    of_cold = list_figures(model.scores, cold, settings.k, candidates=asked.cold)
    told["cold_films"] = {
        "users": len(cold.users),
        "films": int(asked.cold.sum()),
        **{
            name: float(of_cold[name].mean()) if len(cold.users) else 0.0
            for name in ("ndcg", "recall", "hit")
        },
    }
    nobody = replace(asked, given=asked.given * 0)
    nobody.given.eliminate_zeros()
    empty = list_figures(model.scores, nobody, settings.k)
    told["without_ratings"] = {
        "ndcg": float(empty["ndcg"].mean()),
        "hit": float(empty["hit"].mean()),
    }
    return Measured(told, found["ndcg"], of_cold["ndcg"])


def _cold(asked: Questions) -> Questions:
    """The users who liked films of which there was no rating, asked for these alone."""
    liked = asked.liked.multiply(asked.cold[None, :]).tocsr()
    liked.eliminate_zeros()
    return replace(asked, liked=liked).of(np.flatnonzero(np.diff(liked.indptr) > 0))


def rating_errors(wrong: np.ndarray) -> dict[str, float]:
    """RMSE and MAE of errors in stars, and how many there are."""
    if not len(wrong):
        return {"rmse": 0.0, "mae": 0.0, "ratings": 0}
    return {
        "rmse": float(np.sqrt((wrong**2).mean())),
        "mae": float(np.abs(wrong).mean()),
        "ratings": len(wrong),
    }


def measured_on(
    model: Recommender,
    known: History,
    later: pa.Table,
    films: Films,
    settings: RecommendSettings,
    seed: int,
) -> Measured:
    """A fitted model's figures on `later`, users' ratings in `known` being known."""
    asked = questions(known, later, films, settings.liked, settings.measured_users, seed)
    return measured(model, known, films, asked, seed)


def fit_and_measure(
    name: str,
    earlier: pa.Table,
    later: pa.Table,
    films: Films,
    settings: RecommendSettings,
    seed: int,
) -> tuple[Recommender, Measured]:
    """Fit the model so named on `earlier`, measure it on `later`."""
    known = history(earlier, films)
    model = model_named(name, settings)
    model.fit(known, films, seed)
    return model, measured_on(model, known, later, films, settings, seed)


def compare_piece(
    films: pa.Table,
    earlier: pa.Table,
    later: pa.Table,
    settings: RecommendSettings,
    model: str,
    about: Mapping[str, Any],
    seed: int,
) -> dict[str, pa.Table]:
    """The figures of `fit_and_measure` as a piece of a stage.

    Parameters
    ----------
    films, about : of `films.films_table` and `films.about_films`. earlier, later : RATINGS.

    Returns
    -------
    {"measured": one row of which `measured_of` makes Measured again}.
    """
    _, found = fit_and_measure(model, earlier, later, films_from(films, about), settings, seed)
    row = {"figures": json.dumps(found.figures), "ndcg": found.ndcg, "cold_ndcg": found.cold_ndcg}
    return {"measured": pa.table({name: [value] for name, value in row.items()}, _MEASURED)}


def measured_of(table: pa.Table) -> Measured:
    """What `compare_piece` found."""
    (row,) = table.to_pylist()
    lists = (np.array(row[name], float) for name in ("ndcg", "cold_ndcg"))
    return Measured(json.loads(row["figures"]), *lists)


def ahead(
    of: Mapping[str, Measured], best: str, samples: int, seed: int
) -> dict[str, dict[str, Any]]:
    """How far one model's nDCG is before that of each other, same users, with 95 % intervals."""
    first = of[best]
    return {
        name: {
            "ndcg": float((first.ndcg - other.ndcg).mean()),
            "interval": list(interval(first.ndcg - other.ndcg, samples, seed)),
            "cold_ndcg": float((first.cold_ndcg - other.cold_ndcg).mean())
            if len(first.cold_ndcg)
            else 0.0,
            "cold_interval": list(interval(first.cold_ndcg - other.cold_ndcg, samples, seed)),
        }
        for name, other in of.items()
        if name != best
    }
