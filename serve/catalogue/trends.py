"""Figures of micro-genres over time and of their ratings, computed from the films."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, cast

import duckdb
import pyarrow as pa

from serve.catalogue.database import fetch_rows, fetch_table
from serve.catalogue.micro_genres import MicroGenres
from serve.catalogue.records import (
    GrowthRow,
    KeywordRow,
    PeriodRow,
    RatingSpreadRow,
    RatingsRow,
    ShareRow,
)
from serve.catalogue.statistics.intervals import wilson_interval
from serve.catalogue.statistics.weighted_ratings import VOTES, WeightedRating, weighted_ratings

__all__ = ["Trends"]

Span = tuple[int, int]  # first and last year, both included


class Trends:
    """Figures over the films of one release. Films without a year or rating are not counted."""

    def __init__(self, films: duckdb.DuckDBPyConnection, genres: MicroGenres) -> None:
        self._films, self._genres = films, genres

    def films_by(
        self, unit: Literal["year", "decade"] = "decade", cluster: int | None = None
    ) -> list[PeriodRow]:
        """Count the films of each micro-genre per year or decade.

        Parameters
        ----------
        unit : {"year", "decade"}
            The period; each row has a field of this name.
        cluster : int or None
            One micro-genre only; None for all.
        """
        where, parameters = _in_cluster(cluster)
        column = {"year": "year", "decade": "decade"}[unit]
        return self._with_names(
            f"SELECT cluster, {column}, count(*) AS films FROM film "
            f"WHERE {column} IS NOT NULL AND {where} GROUP BY cluster, {column} "
            f"ORDER BY cluster, {column}",
            parameters,
        )

    def films_per_year(self) -> dict[int, int]:
        """Return the number of films of each year that has films, in order."""
        rows = fetch_rows(
            self._films,
            "SELECT year, count(*) AS films FROM film WHERE year IS NOT NULL "
            "GROUP BY year ORDER BY year",
        )
        return {row["year"]: row["films"] for row in rows}

    def shares(
        self, unit: Literal["year", "decade"] = "decade", clusters: Sequence[int] = ()
    ) -> list[ShareRow]:
        """Return the share of micro-genres among the films of each year or decade.

        Every period that has films comes with every micro-genre, also where the share is 0. The
        interval is Wilson's (1927) of 95 %, so a share of few films has a wide one.

        Parameters
        ----------
        unit : {"year", "decade"}
            The period.
        clusters : sequence of int
            Cluster numbers; empty for all micro-genres.

        Returns
        -------
        list of ShareRow
            By cluster number and period.
        """
        column = {"year": "year", "decade": "decade"}[unit]
        rows = fetch_rows(
            self._films,
            f"WITH known AS (SELECT cluster, {column} AS period, vote_average FROM film "
            f"WHERE {column} IS NOT NULL), "
            "base AS (SELECT period, count(*) AS films_in_period FROM known GROUP BY period), "
            "own AS (SELECT cluster, period, count(*) AS films, avg(vote_average) AS vote_average "
            "FROM known GROUP BY cluster, period) "
            "SELECT cluster, period, coalesce(films, 0) AS films, films_in_period, vote_average "
            "FROM base CROSS JOIN (SELECT DISTINCT cluster FROM film) LEFT JOIN own "
            "USING (cluster, period) WHERE ? OR list_contains(?::INTEGER[], cluster) "
            "ORDER BY cluster, period",
            [not clusters, list(clusters)],
        )
        shares = [
            {
                **row,
                **_share(row["films"], row["films_in_period"]),
                "micro_genre_id": self._genres.id_of(row["cluster"]),
                "micro_genre_name": self._genres.name(row["cluster"]),
            }
            for row in rows
        ]
        return cast(list[ShareRow], shares)

    def growth(self, before: Span, after: Span) -> list[GrowthRow]:
        """Compare the films of each micro-genre in two spans of years, largest growth first.

        The change is one of shares, not of counts, because a catalogue has more films of some
        years than of others.
        """
        rows: list[GrowthRow] = self._with_names(
            "WITH n AS (SELECT cluster, count(*) FILTER (year BETWEEN ? AND ?) AS before, "
            "count(*) FILTER (year BETWEEN ? AND ?) AS after FROM film GROUP BY cluster) "
            "SELECT cluster, before, after, "
            "before / nullif(sum(before) OVER (), 0) AS before_share, "
            "after / nullif(sum(after) OVER (), 0) AS after_share FROM n ORDER BY cluster",
            [*before, *after],
        )
        for row in rows:
            old, new = row["before_share"], row["after_share"]
            row["change"] = None if not old or new is None else new / old - 1
        return sorted(rows, key=lambda row: (row["change"] is None, -(row["change"] or 0.0)))

    def ratings_by_decade(self) -> list[RatingsRow]:
        """Return mean, median and quartiles of the ratings of each decade."""
        return fetch_rows(
            self._films,
            "SELECT decade, count(*) AS films, avg(vote_average) AS mean, "
            "median(vote_average) AS median, quantile_cont(vote_average, 0.25) AS low, "
            "quantile_cont(vote_average, 0.75) AS high FROM film WHERE decade IS NOT NULL "
            "AND vote_average IS NOT NULL GROUP BY decade ORDER BY decade",
        )

    def rating_spread(self, min_films: int = 10) -> list[RatingSpreadRow]:
        """Return how far the ratings of each micro-genre spread, smallest spread first.

        Parameters
        ----------
        min_films : int
            Minimum number of rated films of a micro-genre, at least 2.
        """
        return self._with_names(
            "SELECT cluster, count(*) AS films, avg(vote_average) AS mean, "
            "stddev_samp(vote_average) AS deviation FROM film WHERE vote_average IS NOT NULL "
            "GROUP BY cluster HAVING count(*) >= ? ORDER BY deviation, cluster",
            [max(2, min_films)],
        )

    def weighted_ratings(
        self, by: Literal["cluster", "decade"], votes: int = VOTES, cluster: int | None = None
    ) -> list[WeightedRating]:
        """Return mean ratings weighted by votes; see `statistics.weighted_ratings`."""
        return weighted_ratings(self._films, by, votes, cluster)

    def keywords(self, cluster: int | None = None, limit: int = 100) -> list[KeywordRow]:
        """Return the most frequent keywords of all films or of one micro-genre."""
        where, parameters = _in_cluster(cluster)
        return fetch_rows(
            self._films,
            "SELECT keyword, count(*) AS films FROM (SELECT unnest(list_distinct(keywords)) "
            f"AS keyword FROM film WHERE {where}) GROUP BY keyword "
            "ORDER BY films DESC, keyword LIMIT ?",
            [*parameters, limit],
        )

    def year_and_rating(self, cluster: int | None = None, limit: int = 20_000) -> pa.Table:
        """Return the rated films with a year, those with most votes first.

        Parameters
        ----------
        cluster : int or None
            One micro-genre only; None for all.
        limit : int
            Maximum number of films.

        Returns
        -------
        pyarrow.Table
            movie_id (string), title (string), year (int32), vote_average (float64, 0 to 10),
            vote_count (int64), cluster (int32).
        """
        where, parameters = _in_cluster(cluster)
        return fetch_table(
            self._films,
            "SELECT movie_id, title, year, vote_average, vote_count, cluster FROM film "
            f"WHERE year IS NOT NULL AND vote_average IS NOT NULL AND {where} "
            "ORDER BY vote_count DESC NULLS LAST, row_index LIMIT ?",
            [*parameters, limit],
        )

    def _with_names(self, sql: str, parameters: list[Any]) -> list[Any]:
        rows = fetch_rows(self._films, sql, parameters)
        return [row | {"name": self._genres.name(row["cluster"])} for row in rows]


def _share(films: int, base: int) -> dict[str, float]:
    """Return `films` / `base` as share, share_low and share_high, 0 to 1.

    Examples
    --------
    >>> {name: round(share, 2) for name, share in _share(1, 10).items()}
    {'share': 0.1, 'share_low': 0.02, 'share_high': 0.4}
    """
    low, high = wilson_interval(films, base)
    return {"share": films / base, "share_low": low, "share_high": high}


def _in_cluster(cluster: int | None) -> tuple[str, list[Any]]:
    return ("true", []) if cluster is None else ("cluster = ?", [cluster])
