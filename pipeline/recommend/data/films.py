"""What is known of the films that are rated: genres, vectors and micro-genres of a release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.fileio.parquet import read_table
from pipeline.recommend.data.matrices import unit_rows
from pipeline.schemas.vectors import column_of_vectors, matrix_of

__all__ = ["Films", "about_films", "films_from", "films_of", "films_table", "one_hot"]

NOWHERE = -1


@dataclass(frozen=True)
class Films:
    """Films in one order, that of every model's columns.

    Attributes
    ----------
    ids : int64 (n,), ascending, MovieLens's. movie_ids : the release's, None where not linked.
    year : int64 (n,), 0 where unknown. genres : float32 (n, len(genre_names)), one-hot.
    vectors : float32 (n, dim) of unit length, 0 where the release has no such film.
    cluster : int64 (n,), the micro-genre's number, -1 where there is none; names by number.
    genome : float32 (n, components), 0 where a film has no tag scores; may have no columns.
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

    def __len__(self) -> int:
        return len(self.ids)

    def row_of(self, film_ids: np.ndarray) -> np.ndarray:
        """The row of each film, int64; -1 for one that is not here."""
        at = np.minimum(np.searchsorted(self.ids, film_ids), len(self.ids) - 1)
        return np.asarray(np.where(self.ids[at] == film_ids, at, NOWHERE), np.int64)

    @property
    def linked(self) -> np.ndarray:
        """Which films the release has, bool (n,)."""
        return np.asarray(self.cluster != NOWHERE, bool)


def one_hot(genres: list[list[str]]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Lists of genres as float32 (films, genres), and the genres' names in that order."""
    names = tuple(sorted({genre for own in genres for genre in own}))
    place = {name: at for at, name in enumerate(names)}
    matrix = np.zeros((len(genres), len(names)), np.float32)
    for row, own in enumerate(genres):
        matrix[row, [place[genre] for genre in own]] = 1.0
    return matrix, names


def films_of(films: pa.Table, release: Path | None, genome: pa.Table | None = None) -> Films:
    """FILMS, joined through `links.csv` with a release of the miner.

    Parameters
    ----------
    release : the folder of a release; None: films without vectors and micro-genres.
    genome : (film_id, vector) of `genome.reduce`.
    """
    films = films.sort_by("film_id")
    ids = films.column("film_id").to_numpy()
    genres, names = one_hot(films.column("genres").to_pylist())
    cluster = np.full(len(ids), NOWHERE, np.int64)
    vectors, clusters, release_id = np.zeros((len(ids), 1), np.float32), {}, None
    movie_ids: list[str | None] = [None] * len(ids)
    if release is not None:
        release_id = release.name
        movies = read_table(release / "movies.parquet", ["movie_id", "cluster"]).to_pydict()
        kept = read_table(release / "embeddings.parquet", ["movie_id", "vector"])
        known = matrix_of(kept)
        at = {movie: row for row, movie in enumerate(kept.column("movie_id").to_pylist())}
        own = dict(zip(movies["movie_id"], movies["cluster"], strict=True))
        vectors = np.zeros((len(ids), known.shape[1]), np.float32)
        tmdb, imdb = (films.column(name).to_pylist() for name in ("tmdb_id", "imdb_id"))
        for row, candidates in enumerate(zip(tmdb, imdb, strict=True)):
            movie = next((c for c in candidates if c is not None and c in own), None)
            if movie is not None:
                movie_ids[row], cluster[row] = movie, own[movie]
                if movie in at:
                    vectors[row] = known[at[movie]]
        vectors = unit_rows(vectors)
        told = read_table(release / "micro_genres.parquet", ["cluster", "micro_genre_name"])
        pairs = (told.column(n).to_pylist() for n in ("cluster", "micro_genre_name"))
        clusters = dict(zip(*pairs, strict=True))
    return Films(
        ids=ids,
        titles=films.column("title").to_pylist(),
        movie_ids=movie_ids,
        year=films.column("year").fill_null(0).to_numpy().astype(np.int64),
        genres=genres,
        genre_names=names,
        vectors=vectors,
        cluster=cluster,
        cluster_names=clusters,
        genome=_genome_rows(ids, genome),
        release_id=release_id,
    )


def _genome_rows(ids: np.ndarray, genome: pa.Table | None) -> np.ndarray:
    if genome is None or not genome.num_rows:
        return np.zeros((len(ids), 0), np.float32)
    known = matrix_of(genome)
    whole = np.zeros((len(ids), known.shape[1]), np.float32)
    place = {film: row for row, film in enumerate(genome.column("film_id").to_pylist())}
    rows = [(at, place[film]) for at, film in enumerate(ids.tolist()) if film in place]
    if rows:
        here, there = map(list, zip(*rows, strict=True))
        whole[here] = known[there]
    return whole


def films_table(films: Films) -> pa.Table:
    """Films as one table, from which `films_from` makes them again, with `about_films`."""
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


def about_films(films: Films) -> dict[str, Any]:
    """What `films_table` cannot hold: names of genres and micro-genres, the release; JSON."""
    return {
        "genres": list(films.genre_names),
        "micro_genres": {str(k): v for k, v in sorted(films.cluster_names.items())},
        "release_id": films.release_id,
    }


def films_from(table: pa.Table, told: Mapping[str, Any]) -> Films:
    """Films of `films_table` and `about_films`."""
    genome = "genome" in table.column_names
    return Films(
        ids=table.column("film_id").to_numpy(),
        titles=table.column("title").to_pylist(),
        movie_ids=table.column("movie_id").to_pylist(),
        year=table.column("year").to_numpy(),
        genres=matrix_of(table, "genres"),
        genre_names=tuple(told["genres"]),
        vectors=matrix_of(table, "vector"),
        cluster=table.column("cluster").to_numpy(),
        cluster_names={int(k): str(v) for k, v in told["micro_genres"].items()},
        genome=matrix_of(table, "genome") if genome else np.zeros((table.num_rows, 0), np.float32),
        release_id=told["release_id"],
    )
