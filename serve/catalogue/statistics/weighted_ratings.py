"""Ratings weighted by votes: a film with few votes counts as nearly average."""

from __future__ import annotations

from typing import Literal, TypedDict

import duckdb

from serve.catalogue.database import fetch_rows
from serve.catalogue.statistics.intervals import mean_interval

__all__ = ["VOTES", "WeightedRating", "weighted_ratings"]

VOTES = 30
"""Default threshold: films with fewer votes are left out."""


class WeightedRating(TypedDict):
    """Weighted rating of the films of one micro-genre or decade."""

    key: int  # cluster or decade
    films: int  # with at least the threshold of votes
    plain: float  # mean of their ratings, 0 to 10
    rating: float  # mean of their weighted ratings, 0 to 10
    low: float | None  # 95 % interval of `rating`; None for one film
    high: float | None


def weighted_ratings(
    films: duckdb.DuckDBPyConnection,
    by: Literal["cluster", "decade"],
    votes: int = VOTES,
    cluster: int | None = None,
) -> list[WeightedRating]:
    """Return the mean weighted rating of each micro-genre or decade.

    Parameters
    ----------
    films : DuckDBPyConnection
        A database of `serve.catalogue.database.open_database`.
    by : {"cluster", "decade"}
        What films are grouped by.
    votes : int
        Films with fewer votes are left out, at least 0. It is also the weight of the mean.
    cluster : int or None
        One micro-genre only; None for all.

    Returns
    -------
    list of WeightedRating
        By key.

    Notes
    -----
    The weighted rating of a film with v votes and the rating R is (v R + m C) / (v + m), where m is
    the threshold and C the mean rating of all films that reach it: the Bayesian mean of IMDb's list
    of top rated films (https://help.imdb.com/article/imdb/track-movies-tv/ratings-faq). The
    interval of a group's mean is Student's t. Where the catalogue has ratings but no votes, the
    ratings are used as they are.
    """
    column = {"cluster": "cluster", "decade": "decade"}[by]
    rows = fetch_rows(
        films,
        "WITH voted AS (SELECT count(vote_count) > 0 AS known FROM film), "
        "rated AS (SELECT cluster, decade, vote_average AS r, "
        "CASE WHEN known THEN vote_count END AS v FROM film, voted "
        "WHERE vote_average IS NOT NULL AND (NOT known OR vote_count >= ?)), "
        "middle AS (SELECT avg(r) AS c FROM rated), "
        "weighted AS (SELECT *, CASE WHEN v IS NULL OR v + ? = 0 THEN r "
        "ELSE (v * r + ? * c) / (v + ?) END AS w FROM rated, middle) "
        f"SELECT {column} AS key, count(*) AS films, avg(r) AS plain, avg(w) AS rating, "
        "stddev_samp(w) AS deviation FROM weighted "
        f"WHERE {column} IS NOT NULL AND (? IS NULL OR cluster = ?) GROUP BY key ORDER BY key",
        [votes, votes, votes, votes, cluster, cluster],
    )
    found: list[WeightedRating] = []
    for row in rows:
        ends = mean_interval(row["rating"], row["deviation"] or 0.0, row["films"])
        low, high = ends or (None, None)
        found.append(
            {
                "key": row["key"],
                "films": row["films"],
                "plain": row["plain"],
                "rating": row["rating"],
                "low": low,
                "high": high,
            }
        )
    return found
