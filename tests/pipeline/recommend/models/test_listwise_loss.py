"""Weights from users' lists: they are recovered, ignore constant signals, and give log-odds."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from pipeline.recommend.models.listwise_loss import Lists, find_intercept, fit_listwise_weights

TRUE = np.array([1.5, -0.7, 0.0])


def create_lists(users: int = 300, level: float = 0.0) -> Lists:
    """Return lists of 40 films: one is chosen by TRUE; the third signal is constant per user."""
    rng = np.random.default_rng(5)
    lists = []
    for _ in range(users):
        films = rng.normal(0, 1, (40, 3))
        films[:, 2] = level * rng.normal()
        chosen = int((films @ TRUE + rng.gumbel(size=40)).argmax())
        lists.append((films[[chosen]], np.delete(films, chosen, axis=0)))
    return lists


def test_the_true_weights_are_found() -> None:
    weights = fit_listwise_weights(create_lists(), 1e-4)
    np.testing.assert_allclose(weights[:2], TRUE[:2], atol=0.2)
    penalised = fit_listwise_weights(create_lists(), 1.0)
    assert np.linalg.norm(penalised) < np.linalg.norm(weights), "a penalty draws weights to 0"


def test_a_signal_that_is_constant_per_user_gets_no_weight() -> None:
    assert abs(fit_listwise_weights(create_lists(level=5.0), 1e-4)[2]) < 1e-3


def test_very_different_scores_give_finite_weights() -> None:
    far = [(liked * 1_000, others * 1_000) for liked, others in create_lists(20)]
    assert np.isfinite(fit_listwise_weights(far, 0.1)).all()


def test_the_intercept_gives_the_wanted_mean_probability() -> None:
    scores = np.random.default_rng(6).normal(3, 4, 1_000)
    for share in (0.001, 0.3, 0.99):
        assert abs(expit(scores + find_intercept(scores, share)).mean() - share) < 1e-6
