"""The nearest films of all films, found a run of lists at a time."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipeline.neighbours import one_process
from pipeline.neighbours.all_films import (
    NEAR,
    name_films,
    near_columns,
    near_table,
    search_lists,
    without_self,
)
from pipeline.neighbours.index import build_index, index_bytes
from pipeline.neighbours.ivf_stream import ROWS, InvertedLists
from pipeline.neighbours.one_process import neighbours_of_all
from pipeline.neighbours.refinement import refine
from pipeline.schemas.mining import NEIGHBOURS
from pipeline.schemas.vectors import Parts
from pipeline.settings import NeighbourSettings
from tests.pipeline.schemas.test_vectors import stored
from tests.support.planted import planted, points_table

KINDS = ("ivf", "ivf-sq8")


def settings_of(kind: str, **more: int) -> NeighbourSettings:
    return NeighbourSettings.model_validate({"index": kind, **more})


def built(vectors: np.ndarray, settings: NeighbourSettings) -> tuple[pa.Table, pa.Table]:
    films = points_table(vectors)
    return films, build_index(films, settings, len(films))["index"]


def runs_of(index: pa.Table, count: int) -> list[tuple[pa.Table, int, int]]:
    """Cut an index into runs of lists, each with its first list and one past its last."""
    lists = InvertedLists(index_bytes(index))
    found = list(lists)
    ends = np.linspace(0, len(lists.lengths), count + 1).astype(int).tolist()
    runs = []
    for start, stop in pairwise(ends):
        own = [codes.tobytes() + rows.tobytes() for n, rows, codes in found if start <= n < stop]
        kind = [index["kind"][0].as_py()] * len(own)
        runs.append((pa.table([kind, pa.array(own, pa.large_binary())], index.schema), start, stop))
    return runs


def in_runs(
    folder: Path, index: pa.Table, films: pa.Table, settings: NeighbourSettings, count: int
) -> pa.Table:
    """Run the stages on each run of lists, with all tables read from files."""
    ids = stored(folder / "ids", films.select(["movie_id"]))
    whole = stored(folder / "index", index)
    runs = runs_of(index, count)
    near = [search_lists(own, whole, settings, a, b)["near"] for own, a, b in runs]
    for step in range(settings.refinements):
        before: Parts = stored(folder / f"near{step}", pa.concat_tables(near))
        near = [
            refine(own, mine, before, whole, a, b)["near"]
            for mine, (own, a, b) in zip(near, runs, strict=True)
        ]
    lists = InvertedLists(index_bytes(index))
    numbers = {number: rows for number, rows, _ in lists}
    own_rows = [
        pa.table([np.concatenate([numbers[n] for n in range(a, b) if n in numbers])], ROWS)
        for _, a, b in runs
    ]
    rows = stored(folder / "rows", pa.concat_tables(own_rows))
    return pa.concat_tables(
        name_films(own, mine, rows, ids)["neighbours"]
        for mine, own in zip(near, own_rows, strict=True)
    )


def truth_of(vectors: np.ndarray, count: int) -> list[set[str]]:
    cosine = vectors.astype(np.float64) @ vectors.T
    np.fill_diagonal(cosine, -np.inf)
    near = np.argsort(-cosine, axis=1)[:, :count]
    return [{f"f{row:05d}" for row in rows} for rows in near.tolist()]


def share_found(found: pa.Table, vectors: np.ndarray, count: int) -> float:
    lists = found.to_pandas().groupby("movie_id")["neighbour_id"].apply(set)
    truth = truth_of(vectors, count)
    hits = [len(lists[f"f{row:05d}"] & near) for row, near in enumerate(truth)]
    return sum(hits) / (count * len(vectors))


@pytest.mark.parametrize("kind", KINDS)
def test_with_all_lists_searched_the_neighbours_are_those_of_an_exhaustive_search(
    kind: str,
) -> None:
    vectors, _ = planted(20, 40, noise=0.3)
    settings = settings_of(kind, count=7, first_films=len(vectors), refinements=0)
    films, index = built(vectors, settings)
    found = neighbours_of_all(index, films, settings)
    assert found.schema == NEIGHBOURS
    assert share_found(found, vectors, 7) > (0.9999 if kind == "ivf" else 0.97)


@pytest.mark.parametrize("kind", KINDS)
def test_lists_are_full_and_ranked_by_decreasing_similarity(kind: str) -> None:
    vectors, _ = planted(20, 40, noise=0.2)
    settings = settings_of(kind, count=6, first_films=60)
    films, index = built(vectors, settings)
    frame = neighbours_of_all(index, films, settings).to_pandas()
    assert sorted(set(frame.movie_id)) == films["movie_id"].to_pylist()
    assert (frame.movie_id != frame.neighbour_id).all()
    assert not frame.duplicated(["movie_id", "neighbour_id"]).any()
    assert frame["rank"].tolist() == list(range(1, 7)) * len(vectors)
    assert (np.diff(frame.similarity.to_numpy().reshape(-1, 6), axis=1) <= 0).all()
    row = frame.movie_id.str[1:].astype(int), frame.neighbour_id.str[1:].astype(int)
    cosine = (vectors[row[0]] * vectors[row[1]]).sum(1)
    assert frame.similarity.to_numpy() == pytest.approx(cosine, abs=0.03 if "sq8" in kind else 1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_runs_together_find_what_one_run_finds(tmp_path: Path, kind: str) -> None:
    vectors, _ = planted(40, 40, noise=0.3)
    settings = settings_of(kind, count=5, first_films=100, refinements=2)
    films, index = built(vectors, settings)
    whole = neighbours_of_all(index, films, settings)
    for count in (1, 3, 7):
        found = in_runs(tmp_path / str(count), index, films, settings, count)
        for column in ("movie_id", "rank", "neighbour_id"):
            assert found[column].to_pylist() == whole[column].to_pylist()
        np.testing.assert_allclose(found["similarity"], whole["similarity"], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_identical_films_are_no_neighbours_of_themselves(kind: str) -> None:
    identical = np.repeat(planted(1, 1)[0], 40, axis=0)
    vectors = np.concatenate([planted(5, 20, seed=1)[0], identical])
    settings = settings_of(kind, count=5)
    films, index = built(vectors, settings)
    frame = neighbours_of_all(index, films, settings).to_pandas()
    assert (frame.movie_id != frame.neighbour_id).all()
    assert (frame.groupby("movie_id").size() == 5).all()
    of_identical = frame[frame.movie_id >= "f00100"]
    assert (of_identical.neighbour_id >= "f00100").all()
    for _, own in of_identical.groupby("movie_id"):  # equally similar: in the order of the rows
        assert own.neighbour_id.is_monotonic_increasing


@pytest.mark.parametrize("films", [1, 2, 4])
def test_fewer_films_than_neighbours(films: int) -> None:
    settings = settings_of("ivf", count=10)
    table, index = built(planted(1, films)[0], settings)
    found = neighbours_of_all(index, table, settings)
    assert len(found) == films * (films - 1)


def test_a_film_is_dropped_from_its_own_row_or_the_last_one() -> None:
    near = np.array([[5, 7, 8], [7, 6, 8], [1, 2, 3]])
    cosine = np.array([[0.9, 0.8, 0.7], [0.9, 0.8, 0.7], [0.6, 0.5, 0.4]], np.float32)
    others, similarity = without_self(near, cosine, 5)
    assert others.tolist() == [[7, 8], [7, 8], [1, 2]]
    assert similarity.tolist() == cosine[[[0], [0], [2]], [[1, 2], [0, 2], [0, 1]]].tolist()


def test_near_films_are_stored_as_they_are() -> None:
    near = np.array([[3, -1], [2**31 - 1, 0]])
    cosine = np.array([[0.5, -np.inf], [1, 0.25]], np.float32)
    table = near_table(near, cosine)
    assert table.schema == NEAR(2)
    positions, similarity = near_columns(pa.concat_tables([table.slice(1), table.slice(0, 1)]))
    assert positions.tolist() == near[::-1].tolist()
    assert similarity.tolist() == cosine[::-1].tolist()
    assert [len(column) for column in near_columns(table.slice(0, 0))] == [0, 0]


def test_one_process_can_have_any_number_of_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, _ = planted(40, 40, noise=0.3)
    settings = settings_of("ivf", count=5, first_films=100)
    films, index = built(vectors[:300], settings)
    whole = neighbours_of_all(index, films, settings)
    for most in (1, 90):
        monkeypatch.setattr(one_process, "_FILMS", most)
        runs = list(one_process._runs(index))
        assert len(runs) == len(index) - 2 if most == 1 else 2 < len(runs) < len(index) - 2
        assert [start for _, start, _ in runs][1:] == [stop for *_, stop in runs][:-1]
        found = neighbours_of_all(index, films, settings)
        for column in ("movie_id", "rank", "neighbour_id"):
            assert found[column].to_pylist() == whole[column].to_pylist()
