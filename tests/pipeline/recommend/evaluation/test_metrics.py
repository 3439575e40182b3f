"""Metrics of lists, computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.recommend.evaluation.metrics import measure_lists, select_top
from tests.support.ratings import RatingsData


def test_metrics_of_one_list_by_hand(data: RatingsData) -> None:
    user = data.validation.select(np.array([0]))
    liked = user.liked.indices
    scores = np.zeros((1, len(data.films)), np.float32)
    scores[0, liked[0]] = 9.0  # first in the list; all others are wrong
    wrong = np.setdiff1d(np.arange(len(data.films)), np.r_[liked, user.profiles.indices])
    scores[0, wrong[:20]] = 5.0
    metrics = measure_lists(lambda _: scores, user, 10)
    best = (1 / np.log2(np.arange(2, 12)))[: len(liked)].sum()
    assert metrics["ndcg"][0] == pytest.approx(1 / best)
    assert metrics["precision"][0] == pytest.approx(0.1)
    assert metrics["recall"][0] == pytest.approx(1 / len(liked))
    assert metrics["hit"][0] == 1.0


def test_equal_scores_rank_by_column() -> None:
    assert select_top(np.array([[1.0, 3.0, 3.0, 2.0]]), 3).tolist() == [[1, 2, 3]]
