"""Confidence intervals of shares and of means."""

from __future__ import annotations

from functools import lru_cache
from math import sqrt

__all__ = ["mean_interval", "wilson_interval"]

_Z = 1.959964  # 97.5 % quantile of the standard normal distribution


def wilson_interval(successes: float, trials: float) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a share.

    Parameters
    ----------
    successes : float
        Number of successes, 0 to `trials`; may be fractional.
    trials : float
        Number of trials. Without any the interval is 0 to 1.

    Returns
    -------
    (float, float)
        Lower and upper end, 0 to 1.

    Notes
    -----
    Wilson 1927, "Probable inference, the law of succession, and statistical inference", JASA 22;
    recommended for small numbers by Brown, Cai and DasGupta 2001, Statistical Science 16(2).
    SciPy's `binomtest` gives the same, but only for whole numbers.

    Examples
    --------
    >>> [round(end, 3) for end in wilson_interval(2, 10)]
    [0.057, 0.51]
    """
    if trials <= 0:
        return 0.0, 1.0
    share, spread = successes / trials, _Z**2 / trials
    centre = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * sqrt(share * (1 - share) / trials + spread / (4 * trials))
    return max(0.0, centre - half), min(1.0, centre + half)


def mean_interval(mean: float, deviation: float, count: int) -> tuple[float, float] | None:
    """Return the 95 % interval of a mean by Student's t distribution.

    Parameters
    ----------
    mean, deviation : float
        Mean and sample standard deviation.
    count : int
        Number of values.

    Returns
    -------
    (float, float) or None
        Lower and upper end; None for fewer than two values.

    Notes
    -----
    Student 1908, "The probable error of a mean", Biometrika 6.

    Examples
    --------
    >>> mean_interval(6.0, 1.0, 1)
    >>> [round(end, 2) for end in mean_interval(6.0, 1.0, 25) or ()]
    [5.59, 6.41]
    """
    if count < 2:
        return None
    half = _quantile(count - 1) * deviation / sqrt(count)
    return mean - half, mean + half


@lru_cache(4_096)
def _quantile(degrees: int) -> float:
    """Return the 97.5 % quantile of Student's t distribution."""
    from scipy.stats import t  # takes a second to import

    return float(t.ppf(0.975, degrees))
