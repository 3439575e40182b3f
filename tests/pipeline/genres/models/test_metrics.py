"""Figures, probabilities and thresholds against scikit-learn's and against hand-made cases."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sklearn import metrics

from pipeline.genres.models.calibration import Wanted, best_set, calibrate, decide, sigmoid, tune
from pipeline.genres.models.metrics import (
    AVERAGES,
    advantage,
    by_length,
    f1s,
    figures,
    intervals,
    of_genres,
    together,
)

FILMS = 400


@pytest.fixture(scope="module")
def told() -> tuple[np.ndarray, np.ndarray]:
    """Labels, and a prediction that is right in four of five cells."""
    chance = np.random.default_rng(3)
    labels = chance.random((FILMS, 5)) < (0.6, 0.4, 0.3, 0.2, 0.05)
    labels[~labels.any(1), 0] = True
    return labels, labels ^ (chance.random(labels.shape) < 0.2)


def test_figures_are_those_of_scikit_learn(told: tuple[np.ndarray, np.ndarray]) -> None:
    labels, found = told
    told_of = figures(found, labels)
    assert told_of["jaccard"] == pytest.approx(
        metrics.jaccard_score(labels, found, average="samples", zero_division=0)
    )
    assert told_of["hamming"] == pytest.approx(metrics.hamming_loss(labels, found))
    assert told_of["exact_match"] == pytest.approx(metrics.accuracy_score(labels, found))
    theirs = {
        "precision": metrics.precision_score,
        "recall": metrics.recall_score,
        "f1": metrics.f1_score,
    }
    for name, score in theirs.items():
        for average in AVERAGES:
            wanted = score(labels, found, average=average, zero_division=0)
            assert told_of[name][average] == pytest.approx(wanted), (name, average)
    rows = of_genres(found, labels, list("abcde"))
    wanted = metrics.f1_score(labels, found, average=None, zero_division=0)
    assert [row["f1"] for row in rows] == pytest.approx(list(wanted))
    assert [row["support"] for row in rows] == labels.sum(0).tolist()


def test_hits_by_hand() -> None:
    labels = np.array([[1, 1, 0], [1, 1, 1], [0, 0, 1], [1, 0, 0]], bool)
    found = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 0], [1, 1, 1]], bool)
    told_of = figures(found, labels)
    assert told_of["at_least_one"] == 0.75
    assert told_of["at_least_two"] == 0.5, "of the two films that have two genres"
    assert told_of["genres_told"] == 1.75
    assert figures(found[3:], labels[3:])["at_least_two"] is None
    assert together(labels).tolist() == [[3, 2, 1], [2, 2, 1], [1, 1, 2]]
    assert together(labels, found)[2].tolist() == [1, 1, 0]


def test_lengths_cover_every_film(told: tuple[np.ndarray, np.ndarray]) -> None:
    labels, found = told
    words = np.arange(FILMS) % 150
    rows = by_length(found, labels, words)
    assert sum(row["films"] for row in rows) == FILMS
    assert [row["from_words"] for row in rows] == [0, 20, 40, 60, 80, 120]
    assert rows[-1]["to_words"] is None
    chosen = words < 20
    assert rows[0]["jaccard"] == pytest.approx(figures(found[chosen], labels[chosen])["jaccard"])


def test_intervals_hold_the_figure_and_narrow_with_films(
    told: tuple[np.ndarray, np.ndarray],
) -> None:
    labels, found = told
    wide = intervals(found[:50], labels[:50], 300, 1)
    narrow = intervals(found, labels, 300, 1)
    whole = figures(found, labels)
    for name, value in (
        ("jaccard", whole["jaccard"]),
        ("f1", whole["f1"]["samples"]),
        ("at_least_one", whole["at_least_one"]),
        ("micro_f1", whole["f1"]["micro"]),
        ("macro_f1", whole["f1"]["macro"]),
    ):
        low, high = narrow[name]
        assert low <= value <= high
        assert high - low < wide[name][1] - wide[name][0]
    assert intervals(found, labels, 300, 1) == narrow


def test_a_lead_is_clear_only_where_there_is_one(told: tuple[np.ndarray, np.ndarray]) -> None:
    labels, found = told
    ahead = advantage(labels, found, labels, 200, 1)
    assert ahead["jaccard"] == pytest.approx(1 - figures(found, labels)["jaccard"])
    assert ahead["interval"][0] > 0
    assert advantage(found, found, labels, 200, 1) == {"jaccard": 0.0, "interval": [0.0, 0.0]}


def test_calibration_makes_probabilities_of_scores() -> None:
    chance = np.random.default_rng(2)
    truth = sigmoid(chance.normal(-1, 2, (20_000, 2)))
    labels = chance.random(truth.shape) < truth
    scores = 3 * np.log(truth / (1 - truth)) + 5
    found = calibrate(scores, labels).probabilities(scores)
    assert np.abs(found - truth).mean() < 0.01
    lying = calibrate(-scores, labels).probabilities(-scores)
    assert np.ptp(lying, axis=0) == pytest.approx([0, 0]), "a score is not turned around"
    assert lying[0] == pytest.approx(labels.mean(0), abs=1e-3)
    flat = calibrate(np.zeros((10, 1)), np.zeros((10, 1), bool))
    assert 0 < flat.probabilities(np.zeros((1, 1)))[0, 0] < 0.2


def test_sigmoid_does_not_overflow() -> None:
    assert sigmoid(np.array([-1e6, 0.0, 1e6])).tolist() == [0.0, 0.5, 1.0]


def test_each_film_is_given_at_least_the_nearest_genre() -> None:
    probabilities = np.array([[0.6, 0.1, 0.2], [0.3, 0.18, 0.1], [0.0, 0.0, 0.0]])
    found = decide(probabilities, np.array([0.5, 0.2, 0.4]))
    assert found.tolist() == [[True, False, False], [False, True, False], [True, False, False]]


@pytest.mark.parametrize("wanted", ["jaccard", "f1", "balanced"])
def test_thresholds_are_tuned_for_each_genre(
    wanted: Wanted,
) -> None:
    chance = np.random.default_rng(8)
    labels = chance.random((600, 3)) < (0.5, 0.2, 0.1)
    labels[~labels.any(1), 0] = True
    raw = sigmoid(4 * labels - 2 + chance.normal(0, 1, labels.shape))
    raw[:, 2] *= 0.3  # a genre whose probabilities are all low
    thresholds = tune(raw, labels, wanted)
    assert thresholds[2] < thresholds[0]
    found = figures(decide(raw, thresholds), labels)
    plain = figures(decide(raw, np.full(3, 0.5)), labels)
    assert found["f1"]["samples"] > plain["f1"]["samples"]
    assert found["at_least_one"] >= plain["at_least_one"]


def worth(told: np.ndarray, truth: np.ndarray, wanted: Wanted) -> float:
    """What one set is worth where another is true."""
    hits, either = (told & truth).sum(), (told | truth).sum()
    jaccard, f1 = hits / either, 2 * hits / (told.sum() + truth.sum())
    return float(
        {"jaccard": jaccard, "f1": f1, "balanced": (jaccard + f1 + (hits > 0)) / 3}[wanted]
    )


@pytest.mark.parametrize("wanted", ["jaccard", "f1", "balanced"])
def test_no_set_of_genres_has_a_greater_expectation(wanted: Wanted) -> None:
    sets = np.array(list(itertools.product((False, True), repeat=5)))
    given = sets[sets.any(1)]
    probabilities = np.random.default_rng(4).beta(0.6, 1.2, (40, 5))
    for chances, told in zip(probabilities, best_set(probabilities, wanted), strict=True):
        weights = np.where(sets, chances, 1 - chances).prod(1)
        expected = [
            sum(w * worth(one, truth, wanted) for w, truth in zip(weights, sets, strict=True))
            for one in given
        ]
        ours = expected[int(np.flatnonzero((given == told).all(1))[0])]
        assert ours == pytest.approx(max(expected), abs=1e-12)


def test_the_best_set_has_a_genre_whatever_the_probabilities() -> None:
    probabilities = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.01, 0.05, 0.01]])
    found = best_set(probabilities, "f1")
    assert found.tolist() == [[True, False, False], [True] * 3, [False, True, False]]
    assert best_set(probabilities[:, :1], "f1").tolist() == [[True]] * 3
    assert best_set(np.zeros((0, 3)), "f1").shape == (0, 3)


def test_the_best_set_is_better_than_thresholds_where_probabilities_are_true() -> None:
    chance = np.random.default_rng(6)
    probabilities = chance.beta(0.4, 1.6, (6_000, 8))
    labels = chance.random(probabilities.shape) < probabilities
    has = labels.any(1)
    probabilities, labels = probabilities[has], labels[has]
    best = f1s(best_set(probabilities, "f1"), labels).mean()
    tuned = f1s(decide(probabilities, tune(probabilities, labels, "f1")), labels).mean()
    assert best > tuned + 0.005
