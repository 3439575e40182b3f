"""Weights by users' lists: the least loss, no gain from what tells users apart, log-odds."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from pipeline.recommend.models.listwise_loss import Lists, constant_of, listwise_weights

TRUE = np.array([1.5, -0.7, 0.0])


def lists(users: int = 300, level: float = 0.0) -> Lists:
    """Of 40 films each, one is chosen by TRUE; the third signal is the same for all of a user's."""
    draw = np.random.default_rng(5)
    made = []
    for _ in range(users):
        films = draw.normal(0, 1, (40, 3))
        films[:, 2] = level * draw.normal()
        chosen = int((films @ TRUE + draw.gumbel(size=40)).argmax())
        made.append((films[[chosen]], np.delete(films, chosen, axis=0)))
    return made


def test_the_weights_that_made_the_choices_are_found() -> None:
    found = listwise_weights(lists(), 1e-4)
    np.testing.assert_allclose(found[:2], TRUE[:2], atol=0.2)
    smaller = listwise_weights(lists(), 1.0)
    assert np.linalg.norm(smaller) < np.linalg.norm(found), "a penalty draws weights to 0"


def test_what_is_the_same_for_all_films_of_a_user_gets_no_weight() -> None:
    assert abs(listwise_weights(lists(level=5.0), 1e-4)[2]) < 1e-3


def test_scores_far_apart_give_finite_weights() -> None:
    far = [(liked * 1_000, others * 1_000) for liked, others in lists(20)]
    assert np.isfinite(listwise_weights(far, 0.1)).all()


def test_the_constant_makes_the_scores_expect_the_share() -> None:
    scores = np.random.default_rng(6).normal(3, 4, 1_000)
    for share in (0.001, 0.3, 0.99):
        assert abs(expit(scores + constant_of(scores, share)).mean() - share) < 1e-6
