from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.fileio.external_sort import StreamedTable
from pipeline.neighbours.index import build_index, index_bytes, index_kind
from pipeline.neighbours.recall import recall_at_10
from pipeline.neighbours.search import nearest_films
from pipeline.schemas.mining import NEIGHBOURS
from pipeline.settings import NeighbourSettings
from tests.support.planted import planted, points_table


def search(vectors: np.ndarray, settings: NeighbourSettings) -> tuple[pa.Table, pa.Table]:
    films = points_table(vectors)
    index = build_index(films, settings, len(films))["index"]
    return nearest_films(films, films, index, settings)["neighbours"], index


def test_exact_neighbours_equal_brute_force() -> None:
    vectors, _ = planted(6, 20, noise=0.3)
    found, _ = search(vectors, NeighbourSettings(count=7))
    cosine = vectors @ vectors.T
    np.fill_diagonal(cosine, -np.inf)
    expected = np.argsort(-cosine, axis=1, kind="stable")[:, :7]
    ids = np.array([f"f{row:05d}" for row in range(len(vectors))])
    assert found.column("neighbour_id").to_pylist() == ids[expected].ravel().tolist()
    assert found.column("rank").to_pylist() == list(range(1, 8)) * len(vectors)


def test_a_film_is_not_its_own_neighbour_even_among_identical_films() -> None:
    vectors = np.repeat(planted(1, 1)[0], 30, axis=0)
    found, _ = search(vectors, NeighbourSettings(count=5))
    frame = found.to_pandas()
    assert (frame.movie_id != frame.neighbour_id).all()
    assert (frame.groupby("movie_id").size() == 5).all()


@pytest.mark.parametrize("films", [1, 2, 4])
def test_fewer_films_than_neighbours(films: int) -> None:
    found, _ = search(planted(1, films)[0], NeighbourSettings(count=10))
    assert len(found) == films * (films - 1)


@pytest.mark.parametrize(
    ("kind", "least"), [("flat", 1.0), ("hnsw", 0.95), ("ivf", 0.9), ("ivf-sq8", 0.85)]
)
def test_recall_of_each_index(kind: str, least: float) -> None:
    vectors, _ = planted(40, 50, noise=0.15)
    settings = NeighbourSettings(index=kind)  # type: ignore[arg-type]
    _, index = search(vectors, settings)
    assert index.column("kind")[0].as_py() == kind
    recall = recall_at_10(points_table(vectors), index, settings, seed=1)["recall"]
    assert least <= recall.column("recall")[0].as_py() <= 1


def test_the_index_is_chosen_by_size() -> None:
    settings = NeighbourSettings()
    kinds = [index_kind(films, settings) for films in (65_536, 65_537, 150_000, 150_001)]
    assert kinds == ["flat", "ivf", "ivf", "ivf-sq8"]
    larger = NeighbourSettings(flat_up_to=100, ivf_up_to=1_000)
    assert [index_kind(films, larger) for films in (100, 101, 1_001)] == ["flat", "ivf", "ivf-sq8"]
    assert index_kind(10, NeighbourSettings(index="hnsw")) == "hnsw"


def test_index_bytes_yields_the_rows_of_the_table() -> None:
    films = points_table(planted(20, 40)[0])
    index = build_index(films, NeighbourSettings(index="ivf"), len(films))["index"]
    rows = index["index"].to_pylist()
    assert len(rows) == 10  # the trained part, the lengths, eight runs of lists
    cut = pa.concat_tables([index.slice(0, 0), index.slice(1, 2), index.combine_chunks().slice(2)])
    assert list(map(bytes, index_bytes(index))) == rows
    assert list(map(bytes, index_bytes(cut))) == [rows[1], rows[2], *rows[2:]]


def test_recall_increases_with_searched_films() -> None:
    vectors = np.random.default_rng(0).normal(size=(2_000, 48)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    films = points_table(vectors)
    found = []
    for searched in (50, 400, 2_000):
        settings = NeighbourSettings(index="ivf", searched_films=searched)
        index = build_index(films, settings, len(films))["index"]
        recall = recall_at_10(films, index, settings, seed=1)["recall"]
        found.append(recall.column("recall")[0].as_py())
    assert found[0] < 0.5 < found[1] < 0.95
    assert found[2] == 1


KINDS = ("flat", "hnsw", "ivf", "ivf-sq8")


def true_sets(vectors: np.ndarray, count: int) -> list[set[int]]:
    cosine = vectors.astype(np.float64) @ vectors.T
    np.fill_diagonal(cosine, -np.inf)
    return [set(row) for row in np.argsort(-cosine, axis=1)[:, :count].tolist()]


@pytest.mark.parametrize("kind", KINDS)
def test_lists_are_full_and_ranked_by_decreasing_similarity(kind: str) -> None:
    vectors, _ = planted(20, 40, noise=0.2)
    found, _ = search(vectors, NeighbourSettings(index=kind, count=6))  # type: ignore[arg-type]
    assert found.schema == NEIGHBOURS
    assert sum(column.null_count for column in found.columns) == 0
    frame = found.to_pandas()
    assert (frame.movie_id != frame.neighbour_id).all()
    assert not frame.duplicated(["movie_id", "neighbour_id"]).any()
    assert frame["rank"].tolist() == list(range(1, 7)) * len(vectors)
    steps = frame.similarity.to_numpy().reshape(-1, 6)
    assert (np.diff(steps, axis=1) <= 0).all()
    row = {movie_id: n for n, movie_id in enumerate(dict.fromkeys(frame.movie_id))}
    left, right = frame.movie_id.map(row), frame.neighbour_id.map(row)
    cosine = (vectors[left] * vectors[right]).sum(1)
    assert frame.similarity.to_numpy() == pytest.approx(cosine, abs=0.03 if "sq8" in kind else 1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_with_more_identical_films_than_neighbours_none_is_its_own(kind: str) -> None:
    identical = np.repeat(planted(1, 1)[0], 40, axis=0)
    vectors = np.concatenate([planted(5, 20, seed=1)[0], identical])
    found, _ = search(vectors, NeighbourSettings(index=kind, count=5))  # type: ignore[arg-type]
    frame = found.to_pandas()
    assert (frame.movie_id != frame.neighbour_id).all()
    assert (frame.groupby("movie_id").size() == 5).all()
    of_identical = frame[frame.movie_id >= "f00100"]
    assert (of_identical.neighbour_id >= "f00100").all()


def test_of_equally_similar_films_the_lower_row_comes_first() -> None:
    vectors = np.repeat(planted(3, 1)[0], 4, axis=0)  # rows 0-3, 4-7 and 8-11 are identical
    frame = search(vectors, NeighbourSettings(count=3))[0].to_pandas()
    for movie_id, rows in frame.groupby("movie_id"):
        first = int(str(movie_id)[1:]) // 4 * 4
        identical = [f"f{row:05d}" for row in range(first, first + 4)]
        assert rows.neighbour_id.tolist() == [other for other in identical if other != movie_id]


def test_partitions_together_find_what_one_search_finds() -> None:
    vectors, _ = planted(6, 50, noise=0.3)
    settings = NeighbourSettings(count=4)
    films = points_table(vectors)
    whole, index = search(vectors, settings)
    spans = ((0, 7), (7, 200), (207, 93), (300, 0))
    ids = films.select(["movie_id"])
    listed = StreamedTable(
        ids.schema, len(ids), lambda: (ids.slice(at, size) for at, size in spans)
    )  # neither the vectors nor the ids of all films are in memory
    parts = [
        nearest_films(films.slice(at, size), listed, index, settings)["neighbours"]
        for at, size in spans
    ]
    together = pa.concat_tables(parts)
    for column in ("movie_id", "rank", "neighbour_id"):
        assert together.column(column).to_pylist() == whole.column(column).to_pylist()


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_call_gives_the_same_bytes(kind: str) -> None:
    vectors, _ = planted(20, 30, noise=0.3)
    settings = NeighbourSettings(index=kind)  # type: ignore[arg-type]
    first, second = (search(vectors, settings) for _ in range(2))
    assert first[0].equals(second[0])
    assert first[1].equals(second[1])


@pytest.mark.parametrize(("kind", "least"), [("hnsw", 0.97), ("ivf", 0.9), ("ivf-sq8", 0.9)])
def test_measured_recall_equals_the_recall_of_the_neighbours(kind: str, least: float) -> None:
    vectors, _ = planted(60, 50, dim=32, noise=0.15)
    settings = NeighbourSettings(index=kind)  # type: ignore[arg-type]
    found, index = search(vectors, settings)
    truth = true_sets(vectors, 10)
    listed = found.column("neighbour_id").to_pylist()
    hits = sum(int(other[1:]) in truth[n // 10] for n, other in enumerate(listed))
    share = hits / len(listed)
    recall = recall_at_10(points_table(vectors), index, settings, seed=1)["recall"]
    measured = recall.column("recall")[0].as_py()
    assert share > least
    # the measured recall counts the film itself among its ten nearest
    assert measured == pytest.approx(share, abs=0.03)


def test_an_index_of_other_vectors_has_low_recall() -> None:
    vectors, _ = planted(30, 40)
    settings = NeighbourSettings()
    wrong = np.random.default_rng(1).permutation(vectors)
    index = build_index(points_table(wrong), settings, len(wrong))["index"]
    recall = recall_at_10(points_table(vectors), index, settings, seed=1)["recall"]
    assert recall.column("recall")[0].as_py() < 0.1
