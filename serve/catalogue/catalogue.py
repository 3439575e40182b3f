"""Everything that the explorer and the API ask of one release; read only, safe for threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from pipeline.release.lookup import NotInReleaseError, find_release
from pipeline.release.reader import ReleasedTables
from serve.catalogue.database import arrow_of, open_database, plain_words, rows_of
from serve.catalogue.export import csv_bytes, parquet_bytes
from serve.catalogue.facets import facets_sql, named_facets
from serve.catalogue.filters import Condition, Filters, conditions
from serve.catalogue.micro_genres import MicroGenres
from serve.catalogue.neighbours import Nearby
from serve.catalogue.trends import Trends

__all__ = ["Catalogue", "Filters", "Page", "Sort"]

Sort = Literal["relevance", "rating", "popularity", "year", "title", "similarity"]

_ON_MAP = ["movie_id", "title", "year", "cluster", "x", "y"]
_ORDERS = {
    "rating": "vote_average",
    "popularity": "popularity",
    "year": "year",
    "title": "title_folded",
    "similarity": "similarity",
}


@dataclass(frozen=True)
class Page:
    """Some films of a selection: `total` of all that meet the filters, and `rows` of this page."""

    total: int
    rows: list[dict[str, Any]]


class Catalogue:
    """One release, opened.

    Parameters
    ----------
    place : the folder of a release, or an output folder, whose newest release is taken.
    release_id : which release of an output folder.
    memory_limit : what DuckDB may take, such as "512MB". threads : how many it may use.

    Films come as dicts of `tables.RELEASED_MOVIES`; missing values are None.

    Raises
    ------
    ReleaseError, CorruptFileError
        when there is no release, or it is of another layout (mine again) or damaged.
    """

    def __init__(
        self,
        place: Path,
        release_id: str | None = None,
        *,
        memory_limit: str = "512MB",
        threads: int = 2,
    ) -> None:
        release = ReleasedTables(find_release(Path(place), release_id))
        self.path, self.id, self.manifest = release.path, release.id, release.manifest
        self._report = release.report
        self._films: pa.Table = release.movies.combine_chunks()
        self._connection = open_database(self._films, memory_limit=memory_limit, threads=threads)
        self._nearby = Nearby(release)
        self.place_of = self._nearby.place_of  # the row in movies.parquet of each movie_id
        self._genres = MicroGenres(release, self._connection)
        self.trends = Trends(self._connection, self._genres)

    def films(
        self,
        filters: Filters | None = None,
        sort: Sort = "relevance",
        descending: bool | None = None,
        offset: int = 0,
        limit: int = 24,
    ) -> Page:
        """One page of a selection.

        Parameters
        ----------
        sort : `relevance` puts titles that hold the words first, then popular films; without
            words it is popularity. `similarity` is that to the own micro-genre.
        descending : None for what is usual: titles upwards, all else downwards. Films without the
            figure come last either way.
        """
        where, parameters, words = self._where(filters or Filters())
        order, ordered = _order(sort, descending, words)
        found = self._rows(
            f"SELECT place, count(*) OVER () AS total FROM film WHERE {where} "
            f"ORDER BY {order} LIMIT ? OFFSET ?",
            [*parameters, *ordered, limit, offset],
        )
        if found:
            return Page(found[0]["total"], self.at([row["place"] for row in found]))
        total = self._rows(f"SELECT count(*) AS n FROM film WHERE {where}", parameters)[0]["n"]
        return Page(total, [])

    def film(self, movie_id: str) -> dict[str, Any]:
        """One film, with `runner_up_name` beside; NotInReleaseError when there is none."""
        found = self.at([self.place(movie_id)])[0]
        runner_up = found["runner_up"]
        named = None if runner_up is None else self._genres.name(runner_up)
        return found | {"runner_up_name": named}

    def place(self, movie_id: str) -> int:
        """The row of a film in movies.parquet, from 0; NotInReleaseError when there is none."""
        place = self.place_of.get(movie_id)
        if place is None:
            raise NotInReleaseError(f"no film with the id {movie_id!r} in release {self.id}")
        return place

    def at(self, places: Sequence[int]) -> list[dict[str, Any]]:
        """The films of those rows, in the order asked for."""
        return list(self._films.take(pa.array(places, pa.int64())).to_pylist())

    def similar(self, movie_id: str, limit: int = 10) -> list[dict[str, Any]]:
        """The nearest films of a film, best first, as far as the run listed them.

        Each: `rank`, `similarity` (cosine of the texts), movie_id, title, year, cluster,
        micro_genre_name, family_name, vote_average, poster_path.
        """
        return self._nearby.of(self.place(movie_id), limit)

    def ids(self, filters: Filters | None = None) -> list[str]:
        """The movie_id of every film of a selection, in the order of the release."""
        return [self._nearby.ids[place] for place in self.places(filters)]

    def places(self, filters: Filters | None = None) -> np.ndarray:
        """The rows of every film of a selection, int32, ascending."""
        where, parameters, _ = self._where(filters or Filters())
        table = self._arrow(f"SELECT place FROM film WHERE {where} ORDER BY place", parameters)
        return np.asarray(table.column("place").to_numpy(), np.int32)

    def export(
        self,
        filters: Filters | None = None,
        sort: Sort = "relevance",
        format: Literal["csv", "parquet"] = "csv",
    ) -> bytes:
        """A whole selection as a file: UTF-8 CSV, lists joined with `; `, or Parquet.

        In CSV a text that a spreadsheet would take for a formula is preceded by an apostrophe.
        """
        where, parameters, words = self._where(filters or Filters())
        order, ordered = _order(sort, None, words)
        chosen = self._arrow(
            f"SELECT place FROM film WHERE {where} ORDER BY {order}", [*parameters, *ordered]
        )
        table = self._films.take(chosen.column("place"))
        return csv_bytes(table) if format == "csv" else parquet_bytes(table)

    def facets(self, filters: Filters | None = None) -> dict[str, list[dict[str, Any]]]:
        """Films per value of each of `filters.FACETS`, most first; decades in order.

        Each facet is counted without its own filter, so that it shows what else could be chosen.
        Each row: `value`, `films`, and for micro-genres and families `name`.
        """
        chosen = filters or Filters()
        sql, parameters = facets_sql(conditions(chosen, self._words(chosen)))
        return named_facets(self._rows(sql, parameters), self._genres)

    def micro_genres(self) -> list[dict[str, Any]]:
        """Rows of `tables.MICRO_GENRES` by cluster, with `popularity` (mean), `high_rated_share`
        (films rated 7 or more among the rated) and `peak_decade`."""
        return self._genres.all()

    def micro_genre(self, cluster: int | str) -> dict[str, Any]:
        """One of `micro_genres`, by cluster number or micro_genre_id; NotInReleaseError if none."""
        return self._genres.one(cluster)

    def siblings(self, cluster: int) -> list[dict[str, Any]]:
        """The other micro-genres of its family, nearest first; `closeness` is the cosine of the
        centroids."""
        return self._genres.siblings(cluster)

    def families(self) -> list[dict[str, Any]]:
        """Rows of `tables.FAMILIES`, with `clusters` (numbers), `vote_average` and `popularity`."""
        return self._genres.families()

    @cached_property
    def _figures(self) -> dict[str, Any]:
        counted = self._rows(
            "SELECT count(*) AS films, min(year) AS first_year, max(year) AS last_year, "
            "count(vote_average) AS rated_films, avg(vote_average) AS vote_average, "
            "count(*) FILTER (weak) AS weak_films, count(DISTINCT language) AS languages, "
            "count(poster_path) AS posters FROM film"
        )[0]
        told = {name: self._report.get(name) for name in ("title", "attribution", "licence")}
        return {
            "release_id": self.id,
            "created_at": self.manifest.get("created_at"),
            **told,
            **counted,
            "micro_genres": len(self._genres.all()),
            "families": len(self._genres.families()),
            "counts": dict(self.manifest.get("counts", {})),
        }

    def figures(self) -> dict[str, Any]:
        """Live figures: films, micro_genres, families, first_year, last_year, rated_films,
        vote_average, weak_films, languages, posters, and of the release release_id, created_at,
        title, attribution, licence, counts (rows_in, released, rejected)."""
        return dict(self._figures)

    def report(self) -> dict[str, Any]:
        """The run's own figures: report.json."""
        return self._report

    def map_points(self, filters: Filters | None = None) -> pa.Table:
        """movie_id, title, year, cluster, x, y of every film of a selection, as an Arrow table."""
        return self._films.select(_ON_MAP).take(pa.array(self.places(filters)))

    def close(self) -> None:
        """Give the memory back; no other call may follow."""
        self._connection.close()

    def _words(self, filters: Filters) -> list[tuple[str, str]]:
        return plain_words(self._connection, filters.words)

    def _where(self, filters: Filters) -> tuple[str, list[Any], list[tuple[str, str]]]:
        words = self._words(filters)
        found: list[Condition] = conditions(filters, words)
        sql = " AND ".join(condition.sql for condition in found) or "true"
        return sql, [value for condition in found for value in condition.parameters], words

    def _rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        return rows_of(self._connection, sql, parameters)

    def _arrow(self, sql: str, parameters: Sequence[Any]) -> pa.Table:
        return arrow_of(self._connection, sql, parameters)


def _order(
    sort: Sort, descending: bool | None, words: Sequence[tuple[str, str]]
) -> tuple[str, list[Any]]:
    """ORDER BY and its parameters; equals come in the order of the release, always the same."""
    if sort != "relevance":
        downwards = sort != "title" if descending is None else descending
        return f"{_ORDERS[sort]} {'DESC' if downwards else 'ASC'} NULLS LAST, place", []
    way = "DESC" if descending is None or descending else "ASC"
    if not words:
        return f"popularity {way} NULLS LAST, place", []
    phrase = " ".join(plain for plain, _ in words if plain)
    held = " AND ".join("contains(title_plain, ?)" for plain, _ in words if plain) or "true"
    rank = (
        f"CASE WHEN trim(title_plain) = ? THEN 4 WHEN starts_with(title_plain, ?) THEN 3 "
        f"WHEN {held} THEN 2 WHEN contains(told, ?) THEN 1 ELSE 0 END"
    )
    parameters = [phrase, f" {phrase}", *(f" {plain}" for plain, _ in words if plain), f" {phrase}"]
    return f"{rank} {way}, popularity DESC NULLS LAST, place", parameters
