"""Of which films of an update the names are true."""

from __future__ import annotations

import pyarrow as pa

from pipeline.schemas.mining import CLEAN_MOVIES, MICRO_GENRES
from pipeline.update.name_truth import names_true_of, share_of_true_names

GENRES = [
    {"cluster": 0, "subjects": ["ghost"], "form_genres": ["Horror"]},
    {"cluster": 1},  # its name is older than the columns
    {"cluster": 2, "facets": ["decade:1920"]},
]
FILMS = [
    {"movie_id": "a", "overview": "A ghost haunts a village in the hills.", "genres": ["Horror"]},
    {"movie_id": "b", "overview": "A ghost haunts a village in the hills.", "genres": ["Comedy"]},
    {"movie_id": "c", "overview": "A ghost haunts a village in the hills.", "genres": ["Horror"]},
    {"movie_id": "d", "overview": "Film with no known story.", "year": 1927},
]


def tables() -> tuple[pa.Table, pa.Table]:
    genres = pa.Table.from_pylist(GENRES, MICRO_GENRES)
    return genres, pa.Table.from_pylist(FILMS, CLEAN_MOVIES)


def test_names_are_measured_by_the_released_columns() -> None:
    genres, films = tables()
    clusters = pa.chunked_array([pa.array([0, 0, 1, 2], pa.int32())])
    assert names_true_of(genres, films, clusters).to_pylist() == [True, False, None, True]


def test_without_known_parts_nothing_is_measured() -> None:
    genres, films = tables()
    clusters = pa.chunked_array([pa.array([1, 1, 1, 1], pa.int32())])
    found = names_true_of(genres.slice(1, 1), films, clusters)
    assert (found.type, found.null_count) == (pa.bool_(), 4)
    empty = names_true_of(genres, films.slice(0, 0), clusters.slice(0, 0))
    assert (empty.type, len(empty)) == (pa.bool_(), 0)


def test_shares_count_films_of_which_it_is_known() -> None:
    movies = pa.table(
        {
            "cluster": pa.array([4, 4, 4, 7, 2], pa.int32()),
            "name_true": pa.array([True, False, True, None, False], pa.bool_()),
        }
    )
    assert share_of_true_names(movies) == {2: 0.0, 4: 2 / 3}
