"""Parts of names that are true of films, compared with `NameParts.is_true_of`."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from pipeline.label.shelves.membership import parts_matrix, parts_true, sum_weights
from pipeline.schemas.name_parts import FILM_PARTS, NameParts
from tests.pipeline.label.shelves.parts_of_films import WIDTH, film_parts, name

PARTS_OF_A_FILM = st.frozensets(st.integers(0, 9))
NUMBERS = st.lists(st.integers(0, 9), max_size=2, unique=True).map(tuple)
NAMES = st.builds(NameParts, NUMBERS, NUMBERS, st.booleans(), NUMBERS)


def table_of(films: list[frozenset[int]]) -> pa.Table:
    rows = [{"movie_id": str(n), "parts": sorted(own)} for n, own in enumerate(films)]
    return pa.Table.from_pylist(rows, FILM_PARTS)


@given(st.lists(PARTS_OF_A_FILM, max_size=12), st.integers(0, 12), st.integers(1, 4))
def test_a_matrix_has_a_one_for_each_true_part(
    films: list[frozenset[int]], start: int, size: int
) -> None:
    table = table_of(films)
    chunks = [table.slice(row, size) for row in range(0, len(table), size)]
    for given_table, own in (
        (table, films),
        (table.slice(start), films[start:]),  # offsets that do not begin at 0
        (pa.concat_tables(chunks) if chunks else table, films),
    ):
        for form in (given_table, given_table.column("parts")):
            found = parts_matrix(form, 10)
            assert found.shape == (len(own), 10)
            assert [frozenset(np.flatnonzero(row).tolist()) for row in found.toarray()] == own
            assert set(found.data.tolist()) <= {1.0}


def test_no_films_and_no_parts_give_empty_matrices() -> None:
    empty = FILM_PARTS.empty_table()
    assert parts_matrix(empty, 3).shape == (0, 3)
    assert parts_matrix(pa.chunked_array([], FILM_PARTS.field("parts").type), 3).shape == (0, 3)
    assert parts_matrix(film_parts(["", ""]), 0).shape == (2, 0)
    for found in parts_true(parts_matrix(empty, 3), [NameParts()], np.zeros((0, 1), int)):
        assert found.shape == (0, 1)
    # of films without parts, only a name without parts is true
    films, near = parts_matrix(film_parts(["", ""]), WIDTH), np.array([[0], [1]])
    subject, form, facets = parts_true(films, [NameParts(), name("ghost|Horror")], near)
    assert subject[:, 0].tolist() == form[:, 0].tolist() == [True, False]
    assert facets[:, 0].tolist() == [True, True]


@given(st.lists(PARTS_OF_A_FILM, min_size=1, max_size=10), st.lists(NAMES, min_size=1, max_size=5))
def test_whole_names_are_true_as_the_definition_says(
    films: list[frozenset[int]], names: list[NameParts]
) -> None:
    matrix = parts_matrix(table_of(films), 10)
    near = np.tile(np.arange(len(names)), (len(films), 1))
    subject, form, facets = parts_true(matrix, names, near)
    for row, film in enumerate(films):
        for column, own in enumerate(names):
            found = (subject[row, column], form[row, column], facets[row, column])
            some = NameParts(genres=own.genres, every_genre=own.every_genre)
            assert found == (
                NameParts(own.subjects).is_true_of(film),
                some.is_true_of(film),
                NameParts(facets=own.facets).is_true_of(film),
            )
            assert all(found) == own.is_true_of(film)


WEIGHTS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 3), st.floats(0.1, 1.0)),
    max_size=20,
    unique_by=lambda entry: entry[:2],
)


@given(st.lists(PARTS_OF_A_FILM, max_size=8), WEIGHTS)
def test_weights_of_true_parts_are_added_up_by_cluster(
    films: list[frozenset[int]], entries: list[tuple[int, int, float]]
) -> None:
    positions = ([part for part, _, _ in entries], [cluster for _, cluster, _ in entries])
    weights = sparse.csc_matrix(([weight for _, _, weight in entries], positions), shape=(10, 4))
    near = np.tile([3, 0, 2], (len(films), 1))
    found = sum_weights(parts_matrix(table_of(films), 10), weights, near)
    expected = [
        [sum(w for part, own, w in entries if part in film and own == n) for n in (3, 0, 2)]
        for film in films
    ]
    np.testing.assert_allclose(found, np.array(expected).reshape(found.shape))
