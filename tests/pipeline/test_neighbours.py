from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.neighbours import build_index, index_kind, nearest_films, recall_at
from pipeline.settings import NeighbourSettings
from tests.pipeline.planted import planted, points_table


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


def test_a_film_is_not_its_own_neighbour_even_among_twins() -> None:
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
    recall = recall_at(points_table(vectors), index, settings, seed=1)["recall"]
    assert least <= recall.column("recall")[0].as_py() <= 1


def test_the_index_is_chosen_by_size() -> None:
    settings = NeighbourSettings()
    kinds = [index_kind(films, settings) for films in (10, 200_000, 200_001, 2_000_000)]
    assert kinds == ["flat", "flat", "ivf", "ivf-sq8"]
    assert index_kind(10, NeighbourSettings(index="hnsw")) == "hnsw"
