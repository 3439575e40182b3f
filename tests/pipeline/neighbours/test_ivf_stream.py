"""An inverted file laid run by run: FAISS's own bytes, and its own answers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pyarrow as pa
import pytest

from pipeline.neighbours import index as film_index
from pipeline.neighbours import ivf_stream
from pipeline.neighbours import search as neighbours
from pipeline.neighbours.ivf_stream import CODES, Lists, code_films, head, lay_lists, runs_of
from pipeline.settings import NeighbourSettings
from tests.pipeline.schemas.test_vectors import stored
from tests.support.planted import planted, points_table

RECIPES = ("IVF30,Flat", "IVF30,SQ8")


def trained(vectors: np.ndarray, recipe: str) -> Any:
    index = faiss.index_factory(vectors.shape[1], recipe, faiss.METRIC_INNER_PRODUCT)
    index.train(vectors)
    return index


def laid(vectors: np.ndarray, index: Any, cuts: tuple[int, ...] = ()) -> list[bytes]:
    """The pieces of an inverted file of vectors that are coded in several goes."""
    runs = runs_of(index, len(vectors))
    starts = (0, *cuts, len(vectors))
    coded = [
        code_films(points_table(vectors[start:stop]), index, start, runs)
        for start, stop in pairwise(starts)
    ]
    lengths = np.sum([made.pop("lengths")["films"].to_numpy() for made in coded], axis=0)
    pieces = head(index, lengths)
    for name in sorted(coded[0]):
        pieces += map(bytes, lay_lists(pa.concat_tables([made[name] for made in coded])))
    return pieces


def views(pieces: list[bytes]) -> Iterator[memoryview]:
    return map(memoryview, pieces)


@pytest.mark.parametrize("films", [0, 40, 2_000])  # few films are told by the lists that have any
@pytest.mark.parametrize("recipe", RECIPES)
def test_laid_in_runs_its_bytes_are_those_of_faiss(
    recipe: str, films: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ivf_stream, "_RUN_BYTES", 10_000)
    monkeypatch.setattr(ivf_stream, "_PIECE_BYTES", 4_000)
    vectors, _ = planted(40, 50, noise=0.3)
    index = trained(vectors, recipe)
    pieces = laid(vectors[:films], index, cuts=(films // 3, films // 2))
    assert len(runs_of(index, 2_000)) > 3
    assert films < 2_000 or len(pieces) > 20
    assert index.ntotal == 0
    index.add(vectors[:films])
    assert b"".join(pieces) == faiss.serialize_index(index).tobytes()


def test_of_very_many_films_lists_grow_as_their_root_and_some_train_them(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(film_index, "_LISTS", 10)  # at 100 films then, instead of a million
    monkeypatch.setattr(film_index, "_MOST_TRAINED_ON", 500)
    vectors, _ = planted(40, 40, noise=0.3)
    films = points_table(vectors)
    settings = NeighbourSettings(index="ivf", searched_films=800)
    trained = film_index.train_lists(films, settings, 1_600)["trained"]
    assert film_index.open_index(film_index.index_bytes(trained)).nlist == 40
    index = film_index.build_index(films, settings, 1_600)["index"]
    found = neighbours.recall_at(films, index, settings, seed=1)["recall"]
    assert found["recall"][0].as_py() > 0.9
    assert "WARNING" not in capfd.readouterr().err  # FAISS's, of 39 films a list


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_list_at_a_time_finds_what_the_index_itself_finds(recipe: str) -> None:
    vectors, _ = planted(40, 50, noise=0.3)
    index = trained(vectors, recipe)
    few = vectors[:40]  # some lists stay empty, and hold fewer than are looked for
    lists, settings = Lists(views(laid(few, index))), NeighbourSettings()
    queries = vectors[::7]
    cosine, rows = neighbours._search_lists(lists, queries, 12, settings)
    index.add(few)
    index.nprobe = neighbours.searched_lists(index.nlist, index.ntotal, settings)
    expected, expected_rows = index.search(queries, 12)
    found = expected_rows >= 0
    np.testing.assert_array_equal(rows >= 0, found)
    np.testing.assert_allclose(cosine[found], expected[found], atol=1e-5)
    assert (rows == expected_rows).mean() > 0.99  # ties and roundings may turn


@pytest.mark.parametrize("recipe", RECIPES)
def test_lists_come_with_their_films_in_the_order_of_rows(recipe: str) -> None:
    vectors, _ = planted(40, 50, noise=0.3)
    index = trained(vectors, recipe)
    lists = Lists(views(laid(vectors, index, cuts=(700,))))
    assert lists.lengths.sum() == len(vectors)
    met = []
    for number, rows, codes in lists:
        assert (np.diff(rows) > 0).all() and len(rows) == lists.lengths[number]
        near = lists.vectors(number, codes)
        assert np.abs(near - vectors[rows]).max() < (1e-6 if "Flat" in recipe else 0.02)
        assert (index.quantizer.assign(vectors[rows], 1)[:, 0] == number).all()
        met += rows.tolist()
    assert sorted(met) == list(range(len(vectors)))


def test_runs_hold_all_lists_once(monkeypatch: pytest.MonkeyPatch) -> None:
    index = trained(planted(40, 50)[0], "IVF30,SQ8")
    for size in (1, 500, 10**9):
        monkeypatch.setattr(ivf_stream, "_RUN_BYTES", size)
        runs = runs_of(index, 100)
        assert [n for start, stop in runs for n in range(start, stop)] == list(range(30))
    assert runs == [(0, 30)]


def test_a_run_without_films_has_no_pieces() -> None:
    assert lay_lists(CODES(8).empty_table()) == []


@pytest.mark.parametrize("kind", ["ivf", "ivf-sq8"])
def test_four_steps_make_the_index_that_one_makes(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ivf_stream, "_RUN_BYTES", 50_000)
    vectors, _ = planted(30, 40, noise=0.2)
    films = points_table(vectors)
    settings = NeighbourSettings.model_validate({"index": kind})
    whole = film_index.build_index(films, settings, len(films))["index"]
    made = film_index.train_lists(stored(tmp_path / "films", films), settings, len(films))
    start = made["trained"]
    coded = [
        film_index.code_films(films.slice(at, 400), start, len(films), at)
        for at in range(0, len(films), 400)
    ]
    lengths = pa.concat_tables([piece.pop("lengths") for piece in coded])
    tables = [film_index.head_lists(start, lengths)["index"]]
    names = sorted(coded[0])
    assert len(names) > 1
    for name in names:
        codes = stored(tmp_path / name, pa.concat_tables([piece[name] for piece in coded]))
        tables.append(film_index.lay_lists(codes, kind)["index"])
    assert pa.concat_tables(tables).equals(whole)
