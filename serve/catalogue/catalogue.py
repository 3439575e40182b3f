"""Read access to one release for the explorer and the API; safe for several threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.release.lookup import NotInReleaseError, find_release
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.report import Report
from serve.catalogue.database import fetch_rows, fetch_table, open_database, split_words
from serve.catalogue.export import csv_bytes, parquet_bytes
from serve.catalogue.facets import build_facets_sql, group_facets
from serve.catalogue.film_order import Sort, order_by
from serve.catalogue.filters import FACETS, Filters, Word, build_conditions
from serve.catalogue.micro_genres import MicroGenres
from serve.catalogue.neighbours import NeighbourLists
from serve.catalogue.records import (
    FacetValue,
    FamilyRow,
    FilmDetailRow,
    FilmRow,
    MicroGenreRow,
    ReleaseFigures,
    SiblingRow,
    SimilarFilmRow,
    SuggestionRow,
)
from serve.catalogue.suggestions import suggest_names
from serve.catalogue.trends import Trends

__all__ = ["Catalogue", "Filters", "Page", "Sort"]


@dataclass(frozen=True)
class Page:
    """One page of a selection of films.

    Attributes
    ----------
    total : int
        Number of films in the whole selection.
    rows : list of FilmRow
        The films of this page.
    """

    total: int
    rows: list[FilmRow]


class Catalogue:
    """An open release.

    Parameters
    ----------
    place : Path
        The folder of a release, or an output folder, whose newest release is opened.
    memory_limit : str
        Memory limit of DuckDB, such as "512MB".
    threads : int
        Maximum number of threads of a DuckDB query.

    Attributes
    ----------
    path : Path
        The folder of the release.
    id : str
        The release_id.
    manifest : ReleaseManifest
        Its manifest.json.
    row_of : dict of str to int
        The row in movies.parquet of each movie_id, from 0.
    trends : Trends
        Figures over time.

    Raises
    ------
    ReleaseError
        If there is no release, or it has another layout. Mine again.
    CorruptFileError
        If a file of the release is damaged.

    Examples
    --------
    >>> catalogue = Catalogue(Path("out"))  # doctest: +SKIP
    >>> page = catalogue.films(Filters(words="submarine"), sort="rating")  # doctest: +SKIP
    >>> titles = [film["title"] for film in page.rows]  # doctest: +SKIP
    """

    def __init__(self, place: Path, *, memory_limit: str = "512MB", threads: int = 2) -> None:
        release = ReleasedTables(find_release(Path(place)))
        self.path, self.id, self.manifest = release.path, release.id, release.manifest
        self._report = release.report
        self._films: pa.Table = release.movies.combine_chunks()
        self._connection = open_database(
            self._films, release.micro_genres, memory_limit=memory_limit, threads=threads
        )
        self._neighbours = NeighbourLists(release)
        self.row_of = self._neighbours.row_of
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
        """Return one page of a selection of films.

        Parameters
        ----------
        filters : Filters or None
            The selection; None for all films.
        sort : {"relevance", "rating", "popularity", "year", "title", "similarity"}
            With "relevance", films whose title contains the words come first, then popular films;
            without words it is the same as "popularity". "similarity" is the similarity of a film
            to the centroid of its micro-genre.
        descending : bool or None
            None for the default: ascending titles, everything else descending. Films without a
            value come last in both directions.
        offset : int
            Number of films to skip.
        limit : int
            Maximum number of films.
        """
        where, parameters, words = self._where(filters or Filters())
        order, order_parameters = order_by(sort, descending, words)
        found = fetch_rows(
            self._connection,
            f"SELECT row_index, count(*) OVER () AS total FROM film WHERE {where} "
            f"ORDER BY {order} LIMIT ? OFFSET ?",
            [*parameters, *order_parameters, limit, offset],
        )
        if found:
            return Page(found[0]["total"], self.films_at([row["row_index"] for row in found]))
        return Page(self.count(filters), [])

    def film(self, movie_id: str) -> FilmDetailRow:
        """Return one film with the description of its micro-genre and the name of its runner-up.

        Raises
        ------
        NotInReleaseError
            If the release has no such film.
        """
        (film,) = self.films_at([self.find_row(movie_id)])
        runner_up = film["runner_up"]
        name = None if runner_up is None else self._genres.name(runner_up)
        description = self._genres.get(film["cluster"])["description"]
        return {**film, "micro_genre_description": description, "runner_up_name": name}

    def find_row(self, movie_id: str) -> int:
        """Return the row of a film in movies.parquet, from 0.

        Raises
        ------
        NotInReleaseError
            If the release has no such film.
        """
        row = self.row_of.get(movie_id)
        if row is None:
            raise NotInReleaseError(f"no film with the id {movie_id!r} in release {self.id}")
        return row

    def films_at(self, rows: Sequence[int]) -> list[FilmRow]:
        """Return the films in the given rows of movies.parquet, in the order given."""
        found = self._films.take(pa.array(rows, pa.int64())).to_pylist()
        return cast(list[FilmRow], [{**film, **self.micro_genre_ids(film)} for film in found])

    def micro_genre_ids(self, film: Mapping[str, Any]) -> dict[str, str | None]:
        """Return the ids of `cluster` and `runner_up` of a film as a dict to merge with it.

        Returns
        -------
        dict
            micro_genre_id (str), and runner_up_id (str or None).
        """
        runner_up = film["runner_up"]
        return {
            "micro_genre_id": self._genres.id_of(film["cluster"]),
            "runner_up_id": None if runner_up is None else self._genres.id_of(runner_up),
        }

    def released_films(self) -> pa.Table:
        """Return movies.parquet as it was read, a table of `RELEASED_MOVIES`."""
        return self._films

    def similar(self, movie_id: str, limit: int = 10) -> list[SimilarFilmRow]:
        """Return the nearest films of a film, best first.

        The list ends with the last neighbour that the run stored, even if `limit` is larger.

        Raises
        ------
        NotInReleaseError
            If the release has no such film.
        """
        found = self._neighbours.nearest(self.find_row(movie_id), limit)
        with_ids = [{**row, "micro_genre_id": self._genres.id_of(row["cluster"])} for row in found]
        return cast(list[SimilarFilmRow], with_ids)

    def ids(self, filters: Filters | None = None) -> list[str]:
        """Return the movie_id of every film of a selection, in the order of movies.parquet."""
        return [self._neighbours.ids[row] for row in self.find_rows(filters)]

    def find_rows(self, filters: Filters | None = None) -> np.ndarray:
        """Return the rows in movies.parquet of a selection of films.

        Returns
        -------
        ndarray of shape (n_films,), int32
            Row numbers, ascending.
        """
        where, parameters, _ = self._where(filters or Filters())
        table = fetch_table(
            self._connection,
            f"SELECT row_index FROM film WHERE {where} ORDER BY row_index",
            parameters,
        )
        return np.asarray(table.column("row_index").to_numpy(), np.int32)

    def export(
        self,
        filters: Filters | None = None,
        sort: Sort = "relevance",
        format: Literal["csv", "parquet"] = "csv",
        descending: bool | None = None,
    ) -> bytes:
        """Return a whole selection as a file, in the order that `films` has for these arguments.

        See `export.csv_bytes` and `export.parquet_bytes`.
        """
        where, parameters, words = self._where(filters or Filters())
        order, order_parameters = order_by(sort, descending, words)
        chosen = fetch_table(
            self._connection,
            f"SELECT row_index FROM film WHERE {where} ORDER BY {order}",
            [*parameters, *order_parameters],
        )
        return self.export_rows(chosen.column("row_index").to_numpy(), format)

    def export_rows(self, rows: np.ndarray, format: Literal["csv", "parquet"] = "csv") -> bytes:
        """Return films in the given rows of movies.parquet as a file, in the order given."""
        table = self._films.take(pa.array(rows, pa.int64()))
        return csv_bytes(table) if format == "csv" else parquet_bytes(table)

    def count(self, filters: Filters | None = None) -> int:
        """Return the number of films of a selection."""
        where, parameters, _ = self._where(filters or Filters())
        sql = f"SELECT count(*) AS n FROM film WHERE {where}"
        return int(fetch_rows(self._connection, sql, parameters)[0]["n"])

    def facets(
        self, filters: Filters | None = None, facets: Sequence[str] = FACETS
    ) -> dict[str, list[FacetValue]]:
        """Count the films per value of facets, some of `filters.ALL_FACETS`.

        Each facet is counted without its own filter, so that it shows the other possible choices.
        Values with most films come first; decades come in order.
        """
        chosen = filters or Filters()
        conditions = build_conditions(chosen, self._words(chosen))
        sql, parameters = build_facets_sql(conditions, facets)
        return group_facets(fetch_rows(self._connection, sql, parameters), self._genres, facets)

    def suggest(self, text: str, limit: int = 10) -> list[SuggestionRow]:
        """Return names that a text begins, see `suggestions.suggest_names`."""
        return suggest_names(self._connection, text, limit)

    def micro_genres(self) -> list[MicroGenreRow]:
        """Return all micro-genres by cluster number."""
        return self._genres.all()

    def micro_genre(self, cluster: int | str) -> MicroGenreRow:
        """Return one micro-genre, by cluster number or micro_genre_id.

        Raises
        ------
        NotInReleaseError
            If the release has no such micro-genre.
        """
        return self._genres.get(cluster)

    def siblings(self, cluster: int) -> list[SiblingRow]:
        """Return the other micro-genres of the same family, nearest centroid first."""
        return self._genres.siblings(cluster)

    def nearest_micro_genres(self, cluster: int, limit: int = 8) -> list[SiblingRow]:
        """Return the nearest other micro-genres of all families, nearest centroid first."""
        return self._genres.nearest(cluster, limit)

    def centroid_similarity(self, cluster: int, other: int) -> float:
        """Return the cosine of the centroids of two micro-genres, -1 to 1."""
        return self._genres.similarity(cluster, other)

    def families(self) -> list[FamilyRow]:
        """Return all families by number."""
        return self._genres.families()

    @cached_property
    def _figures(self) -> ReleaseFigures:
        (counted,) = fetch_rows(
            self._connection,
            "SELECT count(*) AS films, min(year) AS first_year, max(year) AS last_year, "
            "count(vote_average) AS rated_films, avg(vote_average) AS vote_average, "
            "count(*) FILTER (weak) AS weak_films, count(DISTINCT language) AS languages, "
            "count(poster_path) AS posters FROM film",
        )
        figures = {
            "release_id": self.id,
            "created_at": self.manifest.created_at,
            "title": self._report.title,
            "attribution": self._report.attribution,
            "licence": self._report.licence,
            **counted,
            "micro_genres": len(self._genres.all()),
            "families": len(self._genres.families()),
            "counts": self.manifest.counts.to_dict(),
        }
        return cast(ReleaseFigures, figures)

    def figures(self) -> ReleaseFigures:
        """Return the figures of the release: numbers of films and groups, years, ratings."""
        return self._figures.copy()

    def report(self) -> Report:
        """Return report.json, the figures that the run recorded."""
        return self._report

    def films_table(self, columns: Sequence[str], filters: Filters | None = None) -> pa.Table:
        """Return columns of a selection of films, in the order of movies.parquet.

        Parameters
        ----------
        columns : sequence of str
            Columns of `RELEASED_MOVIES`, and `micro_genre_id`.
        filters : Filters or None
            The selection; None for all films.
        """
        table = self._films
        if filters not in (None, Filters()):
            table = table.take(pa.array(self.find_rows(filters)))
        if "micro_genre_id" in columns:
            numbers = table["cluster"].combine_chunks()
            known = self._genres.all()
            rows = pc.index_in(numbers, pa.array([g["cluster"] for g in known], pa.int32()))
            ids = pa.array([genre["micro_genre_id"] for genre in known], pa.string())
            table = table.append_column("micro_genre_id", ids.take(rows))
        return table.select(list(columns))

    def rejects(self, offset: int = 0, limit: int = 100) -> tuple[int, list[dict[str, Any]]]:
        """Return the number of rejected rows, and some of them, see `REJECTS`."""
        return len(self._rejects), self._rejects.slice(offset, limit).to_pylist()

    @cached_property
    def _rejects(self) -> pa.Table:
        return ReleasedTables(self.path).rejects

    def _words(self, filters: Filters) -> list[Word]:
        return split_words(self._connection, filters.words)

    def _where(self, filters: Filters) -> tuple[str, list[Any], list[Word]]:
        words = self._words(filters)
        conditions = build_conditions(filters, words)
        sql = " AND ".join(condition.sql for condition in conditions) or "true"
        return sql, [value for condition in conditions for value in condition.parameters], words
