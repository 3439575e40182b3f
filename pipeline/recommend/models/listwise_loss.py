"""Weights of signals by how well each user's list comes out, not each film by itself.

For each user a film that was liked is chosen among others with the softmax of their scores
(McFadden 1974; ListNet, Cao et al. 2007). Scores that only grow with how much a user watches, or
with how much is watched at all, gain nothing by that.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.special import expit

__all__ = ["constant_of", "listwise_weights"]

Lists = Sequence[tuple[np.ndarray, np.ndarray]]

_ITERATIONS = 200


def listwise_weights(lists: Lists, penalty: float) -> np.ndarray:
    """The weights of the least loss, float64 (signals,).

    Parameters
    ----------
    lists : of each user the signals of films liked and of others, (films, signals) each; some of
        both. penalty : half of it times the squared weights is added to the users' mean loss.
    """

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = 0.0, np.zeros_like(weights)
        for liked, others in lists:
            mine, theirs = liked @ weights, others @ weights
            most = np.maximum(mine, theirs.max())
            each = np.exp(theirs - theirs.max())
            rest = each.sum() * np.exp(theirs.max() - most)
            own = np.exp(mine - most)
            total += float((np.log(own + rest) + most - mine).mean())
            share = rest / (own + rest)  # what the others have of the choice
            slope += share.mean() * (each @ others) / each.sum() - (share[:, None] * liked).mean(0)
        count = len(lists)
        told = total / count + penalty * float(weights @ weights) / 2
        return told, slope / count + penalty * weights

    width = lists[0][0].shape[1]
    found = minimize(
        loss, np.zeros(width), jac=True, method="L-BFGS-B", options={"maxiter": _ITERATIONS}
    )
    return np.asarray(found.x, np.float64)


def constant_of(scores: np.ndarray, share: float) -> float:
    """What to add so that scores, as log-odds, expect a `share` (between 0 and 1) to be liked."""
    reach = float(np.abs(scores).max()) + 50.0
    return float(brentq(lambda c: expit(scores + c).mean() - share, -reach, reach))
