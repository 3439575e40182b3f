"""Evaluations of several models on the same users, their comparison, and the stage."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.recommend.data.films import film_metadata, films_to_table
from pipeline.recommend.data.temporal_split import select_between
from pipeline.recommend.evaluation.evaluate import (
    compare_piece,
    compare_with,
    evaluation_from_table,
    fit_and_evaluate,
)
from pipeline.schemas.stage import spec_of
from tests.support.ratings import SEED, SETTINGS, RatingsData


def test_models_are_compared_on_the_same_users(data: RatingsData) -> None:
    ratings = data.prepared.whole()
    time = np.sort(ratings.column("timestamp").to_numpy())
    border = int(time[int(0.8 * len(time))])
    earlier, later = select_between(ratings, None, border), select_between(ratings, border, None)
    found = {
        name: fit_and_evaluate(name, earlier, later, data.films, SETTINGS, SEED)[1]
        for name in ("bias", "item-knn", "content")
    }
    bias, content = found["bias"].figures, found["content"].figures
    assert bias.users == len(found["bias"].ndcg) > 30
    low, high = bias.intervals["ndcg"]
    assert low <= bias.ndcg <= high and 0 < bias.ndcg <= 1
    assert 0 < bias.coverage < content.coverage <= 1
    assert bias.novelty < content.novelty
    assert 0 < bias.diversity <= 1
    assert set(bias.by_activity) <= {"unknown", "up to 50 ratings", "over 50 ratings"}
    assert sum(group.users for group in bias.by_activity.values()) == bias.users
    lead = compare_with(found, "bias", 200, SEED)["content"]
    assert lead["ndcg"] == pytest.approx(bias.ndcg - content.ndcg)
    assert lead["interval"][0] <= lead["ndcg"] <= lead["interval"][1]


def test_the_stage_returns_the_same_evaluation(data: RatingsData) -> None:
    ratings = data.prepared.whole()
    earlier, later = ratings.filter(ratings["timestamp"].to_numpy() % 5 > 0), data.later
    films, metadata = films_to_table(data.films), film_metadata(data.films)
    tables = compare_piece(films, earlier, later, SETTINGS, "bias", metadata, SEED)
    assert set(tables) == set(spec_of(compare_piece).outputs)
    _, expected = fit_and_evaluate("bias", earlier, later, data.films, SETTINGS, SEED)
    found = evaluation_from_table(tables["measured"])
    assert found.figures == expected.figures
    assert found.ndcg.tolist() == expected.ndcg.tolist()
    assert found.cold_ndcg.tolist() == expected.cold_ndcg.tolist()
