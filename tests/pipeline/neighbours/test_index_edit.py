"""An edited index has the bytes of one in which all films are encoded with the same lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pyarrow as pa
import pytest

from pipeline.neighbours.index import build_index, index_bytes
from pipeline.neighbours.index_edit import edit_index, inverted_file_kind
from pipeline.schemas.mining import EMBEDDINGS
from pipeline.schemas.vectors import column_of_vectors, unit_rows
from pipeline.settings import NeighbourSettings

FILMS, DIM = 3_000, 16
KINDS = ("ivf", "ivf-sq8")


def embeddings(vectors: np.ndarray) -> pa.Table:
    ids = [str(row) for row in range(len(vectors))]
    columns = [pa.array(ids), pa.array(ids), pa.array(ids), column_of_vectors(vectors)]
    return pa.table(columns, schema=EMBEDDINGS(DIM, "float32"))


def vectors_of(films: int, seed: int) -> np.ndarray:
    return unit_rows(np.random.default_rng(seed).standard_normal((films, DIM)))


def written(folder: Path, vectors: np.ndarray, kind: str) -> Path:
    settings = NeighbourSettings.model_validate({"index": kind})
    path = folder / "index.faiss"
    table = embeddings(vectors)
    path.write_bytes(b"".join(index_bytes(build_index(table, settings, len(table))["index"])))
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_change_the_bytes_are_the_same(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, vectors_of(FILMS, 1), kind)
    assert inverted_file_kind(path) == kind
    none = embeddings(np.empty((0, DIM), np.float32))
    same = edit_index(path, kind, np.arange(FILMS), none, np.empty(0, np.int64))
    assert b"".join(index_bytes(same)) == path.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_film_taken_out_and_put_in_again_changes_nothing(tmp_path: Path, kind: str) -> None:
    vectors = vectors_of(FILMS, 1)
    path = written(tmp_path, vectors, kind)
    rows = np.random.default_rng(2).permutation(FILMS)[:50]
    new_rows = np.arange(FILMS)
    new_rows[rows] = -1
    again = edit_index(path, kind, new_rows, embeddings(vectors[rows]), rows)
    assert b"".join(index_bytes(again)) == path.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_films_leave_and_come_and_others_move(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, vectors_of(FILMS, 1), kind)
    new_rows = np.arange(FILMS) - 100  # the first hundred leave
    new_rows[:100] = -1
    added = vectors_of(20, 3)
    rows = np.arange(FILMS - 100, FILMS - 80)
    path.with_suffix(".new").write_bytes(
        b"".join(index_bytes(edit_index(path, kind, new_rows, embeddings(added), rows)))
    )
    index: Any = faiss.read_index(str(path.with_suffix(".new")))
    assert index.ntotal == FILMS - 80
    index.nprobe = index.nlist
    expected = np.concatenate([vectors_of(FILMS, 1)[100:], added])
    _, found = index.search(expected, 1)
    assert (found[:, 0] == np.arange(len(expected))).mean() > 0.99


def test_a_flat_index_is_no_inverted_file(tmp_path: Path) -> None:
    assert inverted_file_kind(written(tmp_path, vectors_of(200, 1), "flat")) is None
