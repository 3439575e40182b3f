"""How micro-genres lie in time and in ratings: every figure counted from the films."""

from __future__ import annotations

from typing import Any, Literal

import duckdb
import pyarrow as pa

from serve.catalogue.database import arrow_of, rows_of
from serve.catalogue.micro_genres import MicroGenres

__all__ = ["Trends"]

Span = tuple[int, int]  # first and last year, both included


class Trends:
    """Figures over the films of one release; films without a year or rating are not counted."""

    def __init__(self, films: duckdb.DuckDBPyConnection, genres: MicroGenres) -> None:
        self._films, self._genres = films, genres

    def films_by(
        self, unit: Literal["year", "decade"] = "decade", cluster: int | None = None
    ) -> list[dict[str, Any]]:
        """Rows `cluster`, `name`, `year` or `decade`, `films`; of all micro-genres or of one."""
        own, parameters = _own(cluster)
        column = {"year": "year", "decade": "decade"}[unit]
        return self._named(
            f"SELECT cluster, {column}, count(*) AS films FROM film "
            f"WHERE {column} IS NOT NULL AND {own} GROUP BY cluster, {column} "
            f"ORDER BY cluster, {column}",
            parameters,
        )

    def growth(self, before: Span, after: Span) -> list[dict[str, Any]]:
        """Each micro-genre's films in two spans of years, most grown first.

        Rows `cluster`, `name`, `before` and `after` (films), `before_share` and `after_share` (of
        all films of that span, 0 to 1), `change` (of the share: 0.5 is half as much again; None
        where there were none before). Shares, because a catalogue holds more films of some years.
        """
        rows = self._named(
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

    def ratings_by_decade(self, cluster: int | None = None) -> list[dict[str, Any]]:
        """Rows `decade`, `films` (rated), `mean`, `median`, `low` and `high` (quartiles)."""
        own, parameters = _own(cluster)
        return rows_of(
            self._films,
            "SELECT decade, count(*) AS films, avg(vote_average) AS mean, "
            "median(vote_average) AS median, quantile_cont(vote_average, 0.25) AS low, "
            "quantile_cont(vote_average, 0.75) AS high FROM film WHERE decade IS NOT NULL "
            f"AND vote_average IS NOT NULL AND {own} GROUP BY decade ORDER BY decade",
            parameters,
        )

    def rating_spread(self, min_films: int = 10) -> list[dict[str, Any]]:
        """Micro-genres with enough rated films, most consistent first, most divided last.

        Rows `cluster`, `name`, `films` (rated), `mean`, `deviation` (standard, of the sample).
        """
        return self._named(
            "SELECT cluster, count(*) AS films, avg(vote_average) AS mean, "
            "stddev_samp(vote_average) AS deviation FROM film WHERE vote_average IS NOT NULL "
            "GROUP BY cluster HAVING count(*) >= ? ORDER BY deviation, cluster",
            [max(2, min_films)],
        )

    def keywords(self, cluster: int | None = None, limit: int = 100) -> list[dict[str, Any]]:
        """Keywords of the catalogue with the films that carry them, most first: `keyword`,
        `films`."""
        own, parameters = _own(cluster)
        return rows_of(
            self._films,
            "SELECT keyword, count(*) AS films FROM (SELECT unnest(list_distinct(keywords)) "
            f"AS keyword FROM film WHERE {own}) GROUP BY keyword "
            "ORDER BY films DESC, keyword LIMIT ?",
            [*parameters, limit],
        )

    def year_and_rating(self, cluster: int | None = None, limit: int = 20_000) -> pa.Table:
        """movie_id, title, year, vote_average, vote_count, cluster of rated films, the most voted
        for first, as an Arrow table of at most `limit` rows."""
        own, parameters = _own(cluster)
        return arrow_of(
            self._films,
            "SELECT movie_id, title, year, vote_average, vote_count, cluster FROM film "
            f"WHERE year IS NOT NULL AND vote_average IS NOT NULL AND {own} "
            "ORDER BY vote_count DESC NULLS LAST, place LIMIT ?",
            [*parameters, limit],
        )

    def _named(self, sql: str, parameters: list[Any]) -> list[dict[str, Any]]:
        rows = rows_of(self._films, sql, parameters)
        return [row | {"name": self._genres.name(row["cluster"])} for row in rows]


def _own(cluster: int | None) -> tuple[str, list[Any]]:
    return ("true", []) if cluster is None else ("cluster = ?", [cluster])
