"""An inverted file built run by run has FAISS's own bytes and gives FAISS's own results."""

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
from pipeline.neighbours.ivf_stream import (
    CODES,
    InvertedLists,
    cut_into_runs,
    encode_films,
    header_pieces,
    list_pieces,
)
from pipeline.neighbours.recall import recall_at_10
from pipeline.settings import NeighbourSettings
from tests.pipeline.schemas.test_vectors import stored
from tests.support.planted import planted, points_table

RECIPES = ("IVF30,Flat", "IVF30,SQ8")


def trained(vectors: np.ndarray, recipe: str) -> Any:
    index = faiss.index_factory(vectors.shape[1], recipe, faiss.METRIC_INNER_PRODUCT)
    index.train(vectors)
    return index


def built(vectors: np.ndarray, index: Any, cuts: tuple[int, ...] = ()) -> list[bytes]:
    """The pieces of an inverted file whose vectors are encoded in parts, cut at `cuts`."""
    runs = cut_into_runs(index, len(vectors))
    starts = (0, *cuts, len(vectors))
    encoded = [
        encode_films(points_table(vectors[start:stop]), index, start, runs)
        for start, stop in pairwise(starts)
    ]
    lengths = np.sum([tables.pop("lengths")["films"].to_numpy() for tables in encoded], axis=0)
    pieces = header_pieces(index, lengths)
    for name in sorted(encoded[0]):
        codes = pa.concat_tables([tables[name] for tables in encoded])
        pieces += map(bytes, list_pieces(codes)[0])
    return pieces


def views(pieces: list[bytes]) -> Iterator[memoryview]:
    return map(memoryview, pieces)


@pytest.mark.parametrize("films", [0, 40, 2_000])  # lengths are sparse for few films, else full
@pytest.mark.parametrize("recipe", RECIPES)
def test_bytes_built_in_runs_equal_those_of_faiss(
    recipe: str, films: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ivf_stream, "_RUN_BYTES", 10_000)
    monkeypatch.setattr(ivf_stream, "_PIECE_BYTES", 4_000)
    vectors, _ = planted(40, 50, noise=0.3)
    index = trained(vectors, recipe)
    pieces = built(vectors[:films], index, cuts=(films // 3, films // 2))
    assert len(cut_into_runs(index, 2_000)) > 3
    assert films < 2_000 or len(pieces) > 20
    assert index.ntotal == 0
    index.add(vectors[:films])
    assert b"".join(pieces) == faiss.serialize_index(index).tobytes()


def test_for_millions_of_films_lists_grow_as_the_square_root_and_a_sample_trains_them(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(film_index, "_MAX_LISTS", 10)  # "millions" begin at 100 films
    monkeypatch.setattr(film_index, "_MAX_TRAINED", 500)
    vectors, _ = planted(40, 40, noise=0.3)
    films = points_table(vectors)
    settings = NeighbourSettings(index="ivf", searched_films=800)
    trained = film_index.train_index(films, settings, 1_600)["trained"]
    assert film_index.open_index(film_index.index_bytes(trained)).nlist == 40
    index = film_index.build_index(films, settings, 1_600)["index"]
    found = recall_at_10(films, index, settings, seed=1)["recall"]
    assert found["recall"][0].as_py() > 0.9
    # FAISS warns below 39 training films per list
    assert "WARNING" not in capfd.readouterr().err


@pytest.mark.parametrize("recipe", RECIPES)
def test_search_by_list_finds_what_faiss_finds(recipe: str) -> None:
    vectors, _ = planted(40, 50, noise=0.3)
    index = trained(vectors, recipe)
    few = vectors[:40]  # some lists are empty, or contain fewer films than are searched for
    lists, settings = InvertedLists(views(built(few, index))), NeighbourSettings()
    queries = vectors[::7]
    cosine, rows = neighbours._search_lists(lists, queries, 12, settings)
    index.add(few)
    index.nprobe = neighbours.probed_lists(index.nlist, index.ntotal, settings.searched_films)
    expected, expected_rows = index.search(queries, 12)
    found = expected_rows >= 0
    np.testing.assert_array_equal(rows >= 0, found)
    np.testing.assert_allclose(cosine[found], expected[found], atol=1e-5)
    assert (rows == expected_rows).mean() > 0.99  # ties and rounding can change the order


@pytest.mark.parametrize("recipe", RECIPES)
def test_films_of_a_list_are_sorted_by_row(recipe: str) -> None:
    vectors, _ = planted(40, 50, noise=0.3)
    index = trained(vectors, recipe)
    lists = InvertedLists(views(built(vectors, index, cuts=(700,))))
    assert lists.lengths.sum() == len(vectors)
    found = []
    for number, rows, codes in lists:
        assert (np.diff(rows) > 0).all() and len(rows) == lists.lengths[number]
        near = lists.vectors(number, codes)
        assert np.abs(near - vectors[rows]).max() < (1e-6 if "Flat" in recipe else 0.02)
        assert (index.quantizer.assign(vectors[rows], 1)[:, 0] == number).all()
        found += rows.tolist()
    assert sorted(found) == list(range(len(vectors)))


def test_runs_contain_each_list_once(monkeypatch: pytest.MonkeyPatch) -> None:
    index = trained(planted(40, 50)[0], "IVF30,SQ8")
    for size in (1, 500, 10**9):
        monkeypatch.setattr(ivf_stream, "_RUN_BYTES", size)
        runs = cut_into_runs(index, 100)
        assert [n for start, stop in runs for n in range(start, stop)] == list(range(30))
    assert len(runs) == 8  # also of a small index


def test_a_run_without_films_has_no_pieces() -> None:
    pieces, rows = list_pieces(CODES(8).empty_table())
    assert pieces == [] and rows.num_rows == 0


@pytest.mark.parametrize("kind", ["ivf", "ivf-sq8"])
def test_the_four_steps_give_the_same_index_as_one_call(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ivf_stream, "_RUN_BYTES", 50_000)
    vectors, _ = planted(30, 40, noise=0.2)
    films = points_table(vectors)
    settings = NeighbourSettings.model_validate({"index": kind})
    whole = film_index.build_index(films, settings, len(films))["index"]
    parts = stored(tmp_path / "films", films)
    trained_index = film_index.train_index(parts, settings, len(films))["trained"]
    encoded = [
        film_index.encode_films(films.slice(at, 400), trained_index, len(films), at)
        for at in range(0, len(films), 400)
    ]
    lengths = pa.concat_tables([tables.pop("lengths") for tables in encoded])
    index_parts = [film_index.write_header(trained_index, lengths)["index"]]
    names = sorted(encoded[0])
    assert len(names) > 1
    rows = []
    for name in names:
        codes = stored(tmp_path / name, pa.concat_tables([tables[name] for tables in encoded]))
        laid = film_index.write_lists(codes, kind)
        index_parts.append(laid["index"])
        rows += laid["rows"]["row"].to_pylist()
    assert pa.concat_tables(index_parts).equals(whole)
    lists = InvertedLists(film_index.index_bytes(whole))
    assert rows == [row for _, own, _ in lists for row in own.tolist()]
