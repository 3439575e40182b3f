"""Weights of signals, fitted to whole lists of films and not to each film separately.

For each user, a liked film is chosen from other films with the softmax of their scores. Signals
that are the same for all films of a user, such as how much the user watches, gain nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.special import expit

__all__ = ["Lists", "find_intercept", "fit_listwise_weights"]

Lists = Sequence[tuple[np.ndarray, np.ndarray]]

_ITERATIONS = 200


def fit_listwise_weights(lists: Lists, penalty: float) -> np.ndarray:
    """Return the weights with the smallest penalised softmax loss.

    Parameters
    ----------
    lists : sequence of (liked, others), ndarrays of shape (n_films, n_signals), float64
        Signals of the liked films and of other films of each user; at least one film in both.
    penalty : float
        Half of it times the sum of the squared weights is added to the mean loss of the users.

    Returns
    -------
    ndarray of shape (n_signals,), float64
        A film's score is its signals @ weights.

    Notes
    -----
    Conditional logit: McFadden, 1974. In ranking: Cao et al., "Learning to Rank: From Pairwise
    Approach to Listwise Approach" (ListNet), 2007.
    """

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, gradient = 0.0, np.zeros_like(weights)
        for liked, others in lists:
            liked_scores, other_scores = liked @ weights, others @ weights
            most = np.maximum(liked_scores, other_scores.max())
            each = np.exp(other_scores - other_scores.max())
            rest = each.sum() * np.exp(other_scores.max() - most)
            chosen = np.exp(liked_scores - most)
            total += float((np.log(chosen + rest) + most - liked_scores).mean())
            share = rest / (chosen + rest)  # probability that one of the other films is chosen
            gradient += share.mean() * (each @ others) / each.sum() - (share[:, None] * liked).mean(
                0
            )
        count = len(lists)
        value = total / count + penalty * float(weights @ weights) / 2
        return value, gradient / count + penalty * weights

    width = lists[0][0].shape[1]
    result = minimize(
        loss, np.zeros(width), jac=True, method="L-BFGS-B", options={"maxiter": _ITERATIONS}
    )
    return np.asarray(result.x, np.float64)


def find_intercept(scores: np.ndarray, share: float) -> float:
    """Return the constant that turns scores into log-odds with a given mean probability.

    Parameters
    ----------
    scores : ndarray of shape (n,), float
        Any values.
    share : float
        Wanted mean of the probabilities, between 0 and 1.

    Returns
    -------
    float
        To be added to each score.

    Examples
    --------
    >>> scores = np.array([-1.0, 0.0, 1.0])
    >>> round(abs(find_intercept(scores, 0.5)), 6)
    0.0
    >>> round(float(expit(scores + find_intercept(scores, 0.1)).mean()), 6)
    0.1
    """
    reach = float(np.abs(scores).max()) + 50.0
    return float(brentq(lambda c: expit(scores + c).mean() - share, -reach, reach))
