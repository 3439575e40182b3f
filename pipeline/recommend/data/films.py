"""The films that are rated, with their genres, and the vectors and micro-genres of a release."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.fileio.parquet import read_table
from pipeline.recommend.data.linking import FilmList, Linking, link_lists
from pipeline.recommend.data.matrices import normalise_rows
from pipeline.recommend.documents import FilmMetadata
from pipeline.schemas.vectors import column_of_vectors, matrix_of

__all__ = [
    "Films",
    "encode_genres",
    "film_metadata",
    "films_from_table",
    "films_to_table",
    "link_films",
    "listed",
]

_IMDB = re.compile(r"tt\d{5,10}")
_NO_CLUSTER = -1
_NO_ROW = -1


@dataclass(frozen=True)
class Films:
    """Films in a fixed order, which is also the column order of every model.

    Attributes
    ----------
    ids : ndarray of shape (n,), int64
        MovieLens ids, ascending.
    titles : list of str
        Titles without the year.
    movie_ids : list of (str or None)
        Ids in the release; None for a film that is not linked.
    year : ndarray of shape (n,), int64
        Year of release; 0 if unknown.
    genres : ndarray of shape (n, len(genre_names)), float32
        1 if the film has the genre, otherwise 0.
    genre_names : tuple of str
        Names of the columns of `genres`.
    vectors : ndarray of shape (n, dim), float32
        Embeddings of unit length; 0 for a film that the release does not have.
    cluster : ndarray of shape (n,), int64
        Number of the micro-genre; -1 if there is none.
    cluster_names : dict of int to str
        Names of the micro-genres.
    genome : ndarray of shape (n, n_components), float32
        Reduced tag genome; 0 for a film without tag scores. There may be no columns.
    release_id : str or None
        Release that the vectors and micro-genres come from.
    linking : Linking or None
        How the films are linked to the release; it is not stored with a model.
    """

    ids: np.ndarray
    titles: list[str]
    movie_ids: list[str | None]
    year: np.ndarray
    genres: np.ndarray
    genre_names: tuple[str, ...]
    vectors: np.ndarray
    cluster: np.ndarray
    cluster_names: dict[int, str]
    genome: np.ndarray
    release_id: str | None = None
    linking: Linking | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def row_of(self, film_ids: np.ndarray) -> np.ndarray:
        """Return the row of each film.

        Parameters
        ----------
        film_ids : ndarray of shape (m,), int64
            MovieLens ids, in any order.

        Returns
        -------
        ndarray of shape (m,), int64
            Rows; -1 for an unknown film.
        """
        at = np.minimum(np.searchsorted(self.ids, film_ids), len(self.ids) - 1)
        return np.asarray(np.where(self.ids[at] == film_ids, at, _NO_ROW), np.int64)

    @property
    def linked(self) -> np.ndarray:
        """Whether the release has the film, bool (n,)."""
        return np.asarray(self.cluster != _NO_CLUSTER, bool)


def encode_genres(genres: list[list[str]]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Encode lists of genres as indicators.

    Parameters
    ----------
    genres : list of list of str
        Genres of each film.

    Returns
    -------
    matrix : ndarray of shape (n_films, n_genres), float32
        1 if the film has the genre, otherwise 0.
    names : tuple of str
        Names of the columns, in alphabetical order.

    Examples
    --------
    >>> matrix, names = encode_genres([["Drama"], ["Comedy", "Drama"], []])
    >>> names
    ('Comedy', 'Drama')
    >>> matrix.tolist()
    [[0.0, 1.0], [1.0, 1.0], [0.0, 0.0]]
    """
    names = tuple(sorted({genre for film_genres in genres for genre in film_genres}))
    column = {name: at for at, name in enumerate(names)}
    matrix = np.zeros((len(genres), len(names)), np.float32)
    for row, film_genres in enumerate(genres):
        matrix[row, [column[genre] for genre in film_genres]] = 1.0
    return matrix, names


def link_films(films: pa.Table, release: Path | None, genome: pa.Table | None = None) -> Films:
    """Link rated films to a release, by the ids of TMDB or IMDb, else by title and year.

    Parameters
    ----------
    films : pa.Table of FILMS
        In any row order.
    release : Path or None
        Folder of a release; None: films without vectors and micro-genres.
    genome : pa.Table or None
        `ReducedGenome.films` of `reduce_genome`.

    Returns
    -------
    Films
        All films of the table, by ascending id.
    """
    films = films.sort_by("film_id")
    ids = films.column("film_id").to_numpy()
    genres, genre_names = encode_genres(films.column("genres").to_pylist())
    cluster = np.full(len(ids), _NO_CLUSTER, np.int64)
    vectors, cluster_names, release_id = np.zeros((len(ids), 1), np.float32), {}, None
    movie_ids: list[str | None] = [None] * len(ids)
    linking: Linking | None = None
    if release is not None:
        release_id = release.name
        columns = ["movie_id", "title", "year", "cluster"]
        movies = read_table(release / "movies.parquet", columns).to_pydict()
        embeddings = read_table(release / "embeddings.parquet", ["movie_id", "vector"])
        known = matrix_of(embeddings)
        row_of = {movie: row for row, movie in enumerate(embeddings.column("movie_id").to_pylist())}
        vectors = np.zeros((len(ids), known.shape[1]), np.float32)
        found, linking = link_lists(listed(films), _released(movies))
        for row in np.flatnonzero(found >= 0).tolist():
            movie = movies["movie_id"][found[row]]
            movie_ids[row], cluster[row] = movie, movies["cluster"][found[row]]
            if movie in row_of:
                vectors[row] = known[row_of[movie]]
        vectors = normalise_rows(vectors)
        named = read_table(release / "micro_genres.parquet", ["cluster", "micro_genre_name"])
        pairs = (named.column(n).to_pylist() for n in ("cluster", "micro_genre_name"))
        cluster_names = dict(zip(*pairs, strict=True))
    return Films(
        ids=ids,
        titles=films.column("title").to_pylist(),
        movie_ids=movie_ids,
        year=films.column("year").fill_null(0).to_numpy().astype(np.int64),
        genres=genres,
        genre_names=genre_names,
        vectors=vectors,
        cluster=cluster,
        cluster_names=cluster_names,
        genome=_genome_rows(ids, genome),
        release_id=release_id,
        linking=linking,
    )


def listed(films: pa.Table) -> FilmList:
    """Return a table of FILMS as a list to be linked."""
    titles, years, tmdb, imdb = (
        films.column(name).to_pylist() for name in ("title", "year", "tmdb_id", "imdb_id")
    )
    return FilmList(titles, years, {"tmdb": tmdb, "imdb": imdb})


def _released(movies: dict[str, list[Any]]) -> FilmList:
    """Return the films of a release as a list to be linked; the form of an id says whose it is."""
    ids: list[str] = movies["movie_id"]
    kinds = ["tmdb" if one.isdigit() else "imdb" if _IMDB.fullmatch(one) else "own" for one in ids]
    by_kind = {
        kind: [one if own == kind else None for one, own in zip(ids, kinds, strict=True)]
        for kind in ("tmdb", "imdb", "own")
    }
    return FilmList(movies["title"], movies["year"], by_kind)


def _genome_rows(ids: np.ndarray, genome: pa.Table | None) -> np.ndarray:
    """Return the components of each film, float32 (n, n_components); 0 without tag scores."""
    if genome is None or not genome.num_rows:
        return np.zeros((len(ids), 0), np.float32)
    known = matrix_of(genome)
    components = np.zeros((len(ids), known.shape[1]), np.float32)
    row_of = {film: row for row, film in enumerate(genome.column("film_id").to_pylist())}
    rows = [(at, row_of[film]) for at, film in enumerate(ids.tolist()) if film in row_of]
    if rows:
        target, source = map(list, zip(*rows, strict=True))
        components[target] = known[source]
    return components


def films_to_table(films: Films) -> pa.Table:
    """Return films as a table, without what `film_metadata` holds.

    Parameters
    ----------
    films : Films
        In their order.

    Returns
    -------
    pa.Table
        One row per film: film_id, title, movie_id, year, cluster, genres, vector and, if there are
        components, genome.
    """
    return pa.table(
        {
            "film_id": films.ids,
            "title": pa.array(films.titles, pa.string()),
            "movie_id": pa.array(films.movie_ids, pa.string()),
            "year": films.year,
            "cluster": films.cluster,
            "genres": column_of_vectors(films.genres),
            "vector": column_of_vectors(films.vectors),
            **({"genome": column_of_vectors(films.genome)} if films.genome.shape[1] else {}),
        }
    )


def film_metadata(films: Films) -> FilmMetadata:
    """Return what `films_to_table` cannot hold: names of genres and micro-genres, the release."""
    return {
        "genres": list(films.genre_names),
        "micro_genres": {str(k): v for k, v in sorted(films.cluster_names.items())},
        "release_id": films.release_id,
    }


def films_from_table(table: pa.Table, metadata: FilmMetadata) -> Films:
    """Return the films that `films_to_table` and `film_metadata` have stored.

    Parameters
    ----------
    table : pa.Table
        From `films_to_table`.
    metadata : FilmMetadata
        From `film_metadata`.
    """
    genome = "genome" in table.column_names
    return Films(
        ids=table.column("film_id").to_numpy(),
        titles=table.column("title").to_pylist(),
        movie_ids=table.column("movie_id").to_pylist(),
        year=table.column("year").to_numpy(),
        genres=matrix_of(table, "genres"),
        genre_names=tuple(metadata["genres"]),
        vectors=matrix_of(table, "vector"),
        cluster=table.column("cluster").to_numpy(),
        cluster_names={int(k): str(v) for k, v in metadata["micro_genres"].items()},
        genome=matrix_of(table, "genome") if genome else np.zeros((table.num_rows, 0), np.float32),
        release_id=metadata["release_id"],
    )
