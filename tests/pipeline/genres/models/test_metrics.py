"""Figures, probabilities and thresholds against scikit-learn and against cases by hand."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from pipeline.genres.models.calibration import (
    Objective,
    calibrate,
    choose_sets,
    decide,
    sigmoid,
    tune_thresholds,
)
from pipeline.genres.models.metrics import (
    Averages,
    bootstrap_intervals,
    count_pairs,
    f1s,
    measure,
    measure_advantage,
    measure_genres,
    measure_lengths,
)

FILMS = 400


@pytest.fixture(scope="module")
def prediction() -> tuple[np.ndarray, np.ndarray]:
    """Labels, and a prediction that is right for four of five pairs of film and genre."""
    chance = np.random.default_rng(3)
    labels = chance.random((FILMS, 5)) < (0.6, 0.4, 0.3, 0.2, 0.05)
    labels[~labels.any(1), 0] = True
    return labels, labels ^ (chance.random(labels.shape) < 0.2)


def test_figures_equal_scikit_learn(prediction: tuple[np.ndarray, np.ndarray]) -> None:
    labels, predicted = prediction
    figures: Any = measure(predicted, labels)
    assert figures["jaccard"] == pytest.approx(
        metrics.jaccard_score(labels, predicted, average="samples", zero_division=0)
    )
    assert figures["hamming"] == pytest.approx(metrics.hamming_loss(labels, predicted))
    assert figures["exact_match"] == pytest.approx(metrics.accuracy_score(labels, predicted))
    scores = {
        "precision": metrics.precision_score,
        "recall": metrics.recall_score,
        "f1": metrics.f1_score,
    }
    for name, score in scores.items():
        for average in Averages.__annotations__:
            expected = score(labels, predicted, average=average, zero_division=0)
            assert figures[name][average] == pytest.approx(expected), (name, average)
    rows = measure_genres(predicted, labels, list("abcde"))
    expected = metrics.f1_score(labels, predicted, average=None, zero_division=0)
    assert [row["f1"] for row in rows] == pytest.approx(list(expected))
    assert [row["support"] for row in rows] == labels.sum(0).tolist()


def test_figures_by_hand() -> None:
    labels = np.array([[1, 1, 0], [1, 1, 1], [0, 0, 1], [1, 0, 0]], bool)
    predicted = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 0], [1, 1, 1]], bool)
    figures = measure(predicted, labels)
    assert figures["at_least_one"] == 0.75
    assert figures["at_least_two"] == 0.5, "of the two films with two genres or more"
    assert figures["genres_predicted"] == 1.75
    assert measure(predicted[3:], labels[3:])["at_least_two"] is None
    assert count_pairs(labels).tolist() == [[3, 2, 1], [2, 2, 1], [1, 1, 2]]
    assert count_pairs(labels, predicted)[2].tolist() == [1, 1, 0]


def test_groups_by_length_cover_every_film(prediction: tuple[np.ndarray, np.ndarray]) -> None:
    labels, predicted = prediction
    words = np.arange(FILMS) % 150
    rows = measure_lengths(predicted, labels, words)
    assert sum(row["films"] for row in rows) == FILMS
    assert [row["from_words"] for row in rows] == [0, 20, 40, 60, 80, 120]
    assert rows[-1]["to_words"] is None
    chosen = words < 20
    assert rows[0]["jaccard"] == pytest.approx(
        measure(predicted[chosen], labels[chosen])["jaccard"]
    )


def test_intervals_contain_the_figure_and_narrow_with_more_films(
    prediction: tuple[np.ndarray, np.ndarray],
) -> None:
    labels, predicted = prediction
    wide = bootstrap_intervals(predicted[:50], labels[:50], 300, 1)
    narrow = bootstrap_intervals(predicted, labels, 300, 1)
    whole = measure(predicted, labels)
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
    assert bootstrap_intervals(predicted, labels, 300, 1) == narrow


def test_an_advantage_is_clear_only_if_there_is_one(
    prediction: tuple[np.ndarray, np.ndarray],
) -> None:
    labels, predicted = prediction
    ahead = measure_advantage(labels, predicted, labels, 200, 1)
    assert ahead["jaccard"] == pytest.approx(1 - measure(predicted, labels)["jaccard"])
    assert ahead["interval"][0] > 0
    none = measure_advantage(predicted, predicted, labels, 200, 1)
    assert none == {"jaccard": 0.0, "interval": [0.0, 0.0]}


def test_calibration_turns_scores_into_probabilities() -> None:
    chance = np.random.default_rng(2)
    truth = sigmoid(chance.normal(-1, 2, (20_000, 2)))
    labels = chance.random(truth.shape) < truth
    scores = 3 * np.log(truth / (1 - truth)) + 5
    found = calibrate(scores, labels).probabilities(scores)
    assert np.abs(found - truth).mean() < 0.01
    reversed_ = calibrate(-scores, labels).probabilities(-scores)
    assert np.ptp(reversed_, axis=0) == pytest.approx([0, 0]), "the slope is never negative"
    assert reversed_[0] == pytest.approx(labels.mean(0), abs=1e-3)
    flat = calibrate(np.zeros((10, 1)), np.zeros((10, 1), bool))
    assert 0 < flat.probabilities(np.zeros((1, 1)))[0, 0] < 0.2


def test_sigmoid_does_not_overflow() -> None:
    assert sigmoid(np.array([-1e6, 0.0, 1e6])).tolist() == [0.0, 0.5, 1.0]


def test_each_film_gets_at_least_the_nearest_genre() -> None:
    probabilities = np.array([[0.6, 0.1, 0.2], [0.3, 0.18, 0.1], [0.0, 0.0, 0.0]])
    found = decide(probabilities, np.array([0.5, 0.2, 0.4]))
    assert found.tolist() == [[True, False, False], [False, True, False], [True, False, False]]


@pytest.mark.parametrize("objective", ["jaccard", "f1", "balanced"])
def test_thresholds_are_tuned_for_each_genre(objective: Objective) -> None:
    chance = np.random.default_rng(8)
    labels = chance.random((600, 3)) < (0.5, 0.2, 0.1)
    labels[~labels.any(1), 0] = True
    raw = sigmoid(4 * labels - 2 + chance.normal(0, 1, labels.shape))
    raw[:, 2] *= 0.3  # a genre whose probabilities are all low
    thresholds = tune_thresholds(raw, labels, objective)
    assert thresholds[2] < thresholds[0]
    tuned = measure(decide(raw, thresholds), labels)
    plain = measure(decide(raw, np.full(3, 0.5)), labels)
    assert tuned["f1"]["samples"] > plain["f1"]["samples"]
    assert tuned["at_least_one"] >= plain["at_least_one"]


def gain(given: np.ndarray, truth: np.ndarray, objective: Objective) -> float:
    """Return the objective of one set of genres if another set is true."""
    hits, either = (given & truth).sum(), (given | truth).sum()
    jaccard, f1 = hits / either, 2 * hits / (given.sum() + truth.sum())
    return float(
        {"jaccard": jaccard, "f1": f1, "balanced": (jaccard + f1 + (hits > 0)) / 3}[objective]
    )


@pytest.mark.parametrize("objective", ["jaccard", "f1", "balanced"])
def test_no_other_set_has_a_greater_expected_objective(objective: Objective) -> None:
    sets = np.array(list(itertools.product((False, True), repeat=5)))
    candidates = sets[sets.any(1)]
    probabilities = np.random.default_rng(4).beta(0.6, 1.2, (40, 5))
    for chances, given in zip(probabilities, choose_sets(probabilities, objective), strict=True):
        weights = np.where(sets, chances, 1 - chances).prod(1)
        expected = [
            sum(w * gain(one, truth, objective) for w, truth in zip(weights, sets, strict=True))
            for one in candidates
        ]
        ours = expected[int(np.flatnonzero((candidates == given).all(1))[0])]
        assert ours == pytest.approx(max(expected), abs=1e-12)


def test_a_chosen_set_has_at_least_one_genre() -> None:
    probabilities = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.01, 0.05, 0.01]])
    found = choose_sets(probabilities, "f1")
    assert found.tolist() == [[True, False, False], [True] * 3, [False, True, False]]
    assert choose_sets(probabilities[:, :1], "f1").tolist() == [[True]] * 3
    assert choose_sets(np.zeros((0, 3)), "f1").shape == (0, 3)


def test_chosen_sets_beat_thresholds_if_probabilities_are_true() -> None:
    chance = np.random.default_rng(6)
    probabilities = chance.beta(0.4, 1.6, (6_000, 8))
    labels = chance.random(probabilities.shape) < probabilities
    has = labels.any(1)
    probabilities, labels = probabilities[has], labels[has]
    best = f1s(choose_sets(probabilities, "f1"), labels).mean()
    tuned = f1s(decide(probabilities, tune_thresholds(probabilities, labels, "f1")), labels).mean()
    assert best > tuned + 0.005
