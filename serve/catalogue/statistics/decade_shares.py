"""Shares of micro-genres among the films of each decade, shrunk where there are few films."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from serve.catalogue.statistics.intervals import wilson_interval

__all__ = ["PRIOR_FILMS", "SMALL_BASE", "DecadeShare", "count_films", "decade_shares"]

PRIOR_FILMS = 20
"""Films of the whole catalogue that are added to each decade before a share is computed."""
SMALL_BASE = 50
"""A decade with fewer films than this is marked."""


class DecadeShare(TypedDict):
    """The share of a micro-genre among the films of one decade."""

    decade: int  # 1980 is 1980 to 1989
    films: int  # of the micro-genre
    base: int  # all films of the decade
    raw: float | None  # films / base, 0 to 1; None without films in the decade
    share: float  # shrunk towards the share among all films, 0 to 1
    low: float  # 95 % interval of the share
    high: float
    small: bool  # whether the decade has fewer than `SMALL_BASE` films


def count_films(rows: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """Return the number of films of each decade, from the first to the last without gaps.

    Parameters
    ----------
    rows : sequence of mappings
        Rows of `Trends.films_by("decade")`.

    Examples
    --------
    >>> count_films([{"decade": 1960, "films": 3}, {"decade": 1980, "films": 2}])
    {1960: 3, 1970: 0, 1980: 2}
    """
    if not rows:
        return {}
    decades = [row["decade"] for row in rows]
    counts = dict.fromkeys(range(min(decades), max(decades) + 1, 10), 0)
    for row in rows:
        counts[row["decade"]] += row["films"]
    return counts


def decade_shares(
    rows: Sequence[Mapping[str, Any]], cluster: int, counts: Mapping[int, int] | None = None
) -> list[DecadeShare]:
    """Return the share of a micro-genre among the films of each decade.

    Parameters
    ----------
    rows : sequence of mappings
        Rows of `Trends.films_by("decade")` of all micro-genres.
    cluster : int
        The micro-genre.
    counts : mapping of int to int, or None
        Result of `count_films(rows)`, if it is known.

    Returns
    -------
    list of DecadeShare
        All decades from the first to the last one with films, in order.

    Notes
    -----
    The share is the posterior mean of a binomial share whose prior is a beta distribution around
    the micro-genre's share among all films, with the weight of `PRIOR_FILMS` films (Efron and
    Morris 1975, "Data analysis using Stein's estimator and its generalizations", JASA 70). So a
    decade of three films hardly moves away from the mean, and one of 1,000 films is hardly shrunk.
    The interval is Wilson's with the same films added, so it contains the share.

    Examples
    --------
    >>> rows = [{"cluster": 0, "decade": 1980, "films": 4}, {"cluster": 1, "decade": 1980,
    ...         "films": 0}, {"cluster": 1, "decade": 1990, "films": 96}]
    >>> [(row["decade"], row["raw"], round(row["share"], 3)) for row in decade_shares(rows, 0)]
    [(1980, 1.0, 0.2), (1990, 0.0, 0.007)]
    """
    counts = count_films(rows) if counts is None else counts
    own = dict.fromkeys(counts, 0)
    for row in rows:
        if row["cluster"] == cluster:
            own[row["decade"]] += row["films"]
    mean = sum(own.values()) / max(1, sum(counts.values()))
    shares: list[DecadeShare] = []
    for decade, base in counts.items():
        films, trials = own[decade] + PRIOR_FILMS * mean, base + PRIOR_FILMS
        low, high = wilson_interval(films, trials)
        shares.append(
            {
                "decade": decade,
                "films": own[decade],
                "base": base,
                "raw": own[decade] / base if base else None,
                "share": films / trials,
                "low": low,
                "high": high,
                "small": base < SMALL_BASE,
            }
        )
    return shares
