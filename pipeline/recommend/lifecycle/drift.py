"""Drift: whether a batch of ratings still resembles the training ratings, and stars still fit.

Ratings are compared by the Kolmogorov-Smirnov statistic, the mean and the standard deviation. Less
than `min_rows` ratings raise no alert, so small batches are checked together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from pipeline.settings import UpkeepSettings

__all__ = ["Drift", "RatingDistribution", "count_ratings", "find_alerts", "measure_drift"]

_STARS = np.arange(1, 11) / 2


class Drift(TypedDict):
    """How a batch differs from the training ratings.

    Attributes
    ----------
    rows : int
        Number of ratings of the batch.
    ks : float
        Kolmogorov-Smirnov statistic, 0 to 1.
    mean : float
        Mean of the batch in stars.
    mean_change, deviation_change : float
        Relative change of the mean and of the standard deviation; 0 if unchanged.
    """

    rows: int
    ks: float
    mean: float
    mean_change: float
    deviation_change: float


@dataclass(frozen=True)
class RatingDistribution:
    """The number of ratings with 0.5, 1, ... 5 stars.

    Examples
    --------
    >>> distribution = RatingDistribution((0, 0, 0, 0, 0, 10, 0, 10, 0, 0))
    >>> distribution.rows, distribution.mean, distribution.deviation
    (20, 3.5, 0.5)
    """

    counts: tuple[int, ...]

    @property
    def rows(self) -> int:
        """Number of ratings."""
        return sum(self.counts)

    @property
    def mean(self) -> float:
        """Mean in stars."""
        return float(_STARS @ np.array(self.counts)) / max(1, self.rows)

    @property
    def deviation(self) -> float:
        """Standard deviation in stars."""
        squares = (_STARS - self.mean) ** 2
        return float(np.sqrt(squares @ np.array(self.counts) / max(1, self.rows)))


def count_ratings(stars: np.ndarray) -> RatingDistribution:
    """Count ratings by their stars.

    Parameters
    ----------
    stars : ndarray of shape (n,), float
        0.5 to 5, in steps of 0.5.

    Examples
    --------
    >>> count_ratings(np.array([0.5, 5.0, 5.0])).counts
    (1, 0, 0, 0, 0, 0, 0, 0, 0, 2)
    """
    counts = np.bincount(np.round(stars * 2).astype(int), minlength=11)[1:11]
    return RatingDistribution(tuple(int(count) for count in counts))


def measure_drift(reference: RatingDistribution, batch: RatingDistribution) -> Drift:
    """Compare a batch with the training ratings.

    Parameters
    ----------
    reference : RatingDistribution
        Training ratings.
    batch : RatingDistribution
        Later ratings.

    Notes
    -----
    The statistic is that of `scipy.stats.ks_2samp`. SciPy needs all ratings and sorts them; a
    version stores only its ten counts, which are enough.

    Examples
    --------
    >>> same = RatingDistribution((0, 0, 0, 0, 0, 10, 0, 10, 0, 0))
    >>> lower = RatingDistribution((0, 10, 0, 0, 0, 0, 0, 10, 0, 0))
    >>> measure_drift(same, lower)["ks"]
    0.5
    """
    expected, found = (
        np.cumsum(np.array(ratings.counts) / max(1, ratings.rows)) for ratings in (reference, batch)
    )
    return {
        "rows": batch.rows,
        "ks": float(np.abs(expected - found).max()),
        "mean": batch.mean,
        "mean_change": batch.mean / max(reference.mean, 1e-9) - 1,
        "deviation_change": batch.deviation / max(reference.deviation, 1e-9) - 1,
    }


def find_alerts(
    drift: Drift,
    errors: Mapping[str, float],
    at_promotion: Mapping[str, float],
    settings: UpkeepSettings,
) -> list[tuple[str, float, float]]:
    """Return the figures that are beyond their thresholds.

    Parameters
    ----------
    drift : Drift
        From `measure_drift`.
    errors : mapping of str to float
        `rmse` and `mae` of the batch in stars, if they were measured.
    at_promotion : mapping of str to float
        `rmse` and `mae` of the version when it was promoted, if known.
    settings : UpkeepSettings
        Thresholds.

    Returns
    -------
    list of (str, float, float)
        Kind, value and threshold of each alert; empty below `min_rows` ratings.
    """
    if drift["rows"] < settings.min_rows:
        return []
    checked = [
        ("ks", drift["ks"], settings.ks),
        ("mean_change", abs(drift["mean_change"]), settings.mean_change),
        ("deviation_change", abs(drift["deviation_change"]), settings.deviation_change),
    ]
    for name in ("rmse", "mae"):
        if name in errors and at_promotion.get(name):
            growth = errors[name] / at_promotion[name] - 1
            checked.append((f"{name}_growth", growth, settings.performance_change))
    return [(kind, float(value), limit) for kind, value, limit in checked if value > limit]
