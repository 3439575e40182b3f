"""The recall of lists of neighbours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipeline.neighbours.index import build_index
from pipeline.neighbours.recall import recall_of_lists
from pipeline.neighbours.search import nearest_films
from pipeline.settings import NeighbourSettings
from tests.pipeline.schemas.test_vectors import stored
from tests.support.planted import planted, points_table


def exact(vectors: np.ndarray, count: int = 10) -> tuple[pa.Table, pa.Table]:
    films = points_table(vectors)
    settings = NeighbourSettings(index="flat", count=count)
    index = build_index(films, settings, len(films))["index"]
    return films, nearest_films(films, films, index, settings)["neighbours"]


def recall(films: pa.Table, found: pa.Table, count: int = 10) -> float:
    settings = NeighbourSettings(recall_queries=150, count=count)
    return float(recall_of_lists(films, films, found, settings, 1)["recall"]["recall"][0].as_py())


@pytest.mark.parametrize("count", [3, 10, 12])
def test_all_true_neighbours_are_a_recall_of_one(count: int) -> None:
    films, found = exact(planted(20, 30, noise=0.3)[0], count)
    assert recall(films, found, count) == 1


def test_recall_is_the_share_of_the_true_neighbours_that_are_listed() -> None:
    films, found = exact(planted(20, 30, noise=0.3)[0])
    far = np.random.default_rng(0).permutation(found["neighbour_id"].to_numpy())
    wrong = np.where(found["rank"].to_numpy() <= 4, far, found["neighbour_id"].to_numpy())
    some = found.set_column(2, "neighbour_id", pa.array(wrong.astype(str)))
    assert recall(films, some) == pytest.approx(0.6, abs=0.02)
    assert recall(films, found.slice(0, 0)) == 0


def test_identical_films_are_interchangeable() -> None:
    films, found = exact(np.repeat(planted(4, 1)[0], 40, axis=0))
    ids = [
        f"f{int(i[1:]) // 40 * 40 + 39 - int(i[1:]) % 40:05d}"
        for i in found["neighbour_id"].to_pylist()
    ]
    assert recall(films, found.set_column(2, "neighbour_id", pa.array(ids))) == 1


def test_tables_in_parts_give_the_same_recall(tmp_path: Path) -> None:
    films, found = exact(planted(20, 40, noise=0.3)[0])
    settings = NeighbourSettings(recall_queries=150)
    some = found.slice(2_000)
    parts, listed = (stored(tmp_path / str(n), table) for n, table in enumerate((films, some)))
    measured = recall_of_lists(parts, parts, listed, settings, 1)["recall"]["recall"][0].as_py()
    assert measured == recall(films, some) < 1


def test_of_one_film_all_neighbours_are_found() -> None:
    films, found = exact(planted(1, 1)[0])
    assert recall(films, found) == 1
