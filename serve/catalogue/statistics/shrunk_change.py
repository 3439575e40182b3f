"""The change of a share between two spans of years, shrunk where there are few films."""

from __future__ import annotations

__all__ = ["PRIOR", "shrunk_change"]

PRIOR = 5.0
"""Films that are added to both spans in proportion, as if the share had not changed."""


def shrunk_change(before: tuple[int, int], after: tuple[int, int]) -> float:
    """Return the relative change of a share, shrunk towards no change.

    Parameters
    ----------
    before, after : (int, int)
        Films of the group and all films, of each span.

    Returns
    -------
    float
        0.5 is 50 % more; above -1. 0 if one of the spans has no films at all, or the group none.

    Notes
    -----
    The share of each span is the posterior mean of a rate with a gamma prior whose mean is the rate
    in both spans together and whose weight is `PRIOR` expected films: the shrinkage of DuMouchel
    1999, "Bayesian data mining in large frequency tables", The American Statistician 53(3), with a
    fixed prior.

    Examples
    --------
    >>> round(shrunk_change((1, 260), (12, 271)), 1)  # 10.5 without shrinkage
    1.8
    """
    films, base = before[0] + after[0], before[1] + after[1]
    if not films or not before[1] or not after[1]:
        return 0.0
    rate = films / base
    old, new = ((own + PRIOR) / (all_films + PRIOR / rate) for own, all_films in (before, after))
    return new / old - 1
