from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.lib.films import NOISE, TRUTH
from benchmarks.lib.planted_score import score, score_found, score_topics

PLANTED = np.repeat([0, 1, 2], 20)


def test_films_without_a_topic_lower_the_agreement_but_not_that_of_the_others() -> None:
    half = np.where(np.arange(60) % 2, PLANTED, -1)
    found = score_found(PLANTED, half)
    assert found["ami_of_placed"] == pytest.approx(1) and 0.2 < found["ami"] < 0.8
    assert score_found(PLANTED, PLANTED) == {"ami": 1.0, "ami_of_placed": 1.0, "planted": 3}
    assert score_found(PLANTED, np.full(60, -1))["ami_of_placed"] is None


def test_films_of_noise_do_not_count() -> None:
    noisy = np.where(np.arange(60) < 5, NOISE, PLANTED)
    wrong = np.where(np.arange(60) < 5, 2, PLANTED)
    assert score(noisy, wrong) == {"ami": 1.0, "noise_films": 5}


def test_films_are_matched_by_their_ids() -> None:
    ids = [f"f{number}" for number in range(60)]
    rows = {"movie_id": ids, "micro_genre": PLANTED.tolist(), "sequel": [False] * 60}
    truth = pa.table(rows, schema=TRUTH)
    order = np.random.default_rng(1).permutation(60)
    found = score_topics(truth, pa.chunked_array([pa.array(ids).take(order)]), PLANTED[order])
    assert found["ami"] == pytest.approx(1)
