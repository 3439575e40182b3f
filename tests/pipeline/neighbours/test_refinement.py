"""Near films are found through other near films."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.neighbours import refinement
from pipeline.neighbours.all_films import near_columns, near_table, search_lists
from pipeline.neighbours.index import build_index, index_bytes
from pipeline.neighbours.ivf_stream import InvertedLists
from pipeline.neighbours.refinement import refine
from pipeline.settings import NeighbourSettings
from tests.support.planted import planted, points_table


def inverted_file(vectors: np.ndarray) -> tuple[pa.Table, np.ndarray, int]:
    """Return an index, the vectors in the order of its lists, and the number of lists."""
    films = points_table(vectors)
    index = build_index(films, NeighbourSettings(index="ivf"), len(films))["index"]
    lists = InvertedLists(index_bytes(index))
    rows = np.concatenate([rows for _, rows, _ in lists])
    return index, vectors[rows], len(lists.lengths)


def recall(near: pa.Table, vectors: np.ndarray) -> float:
    positions, _ = near_columns(near)
    cosine = vectors @ vectors.T
    np.fill_diagonal(cosine, -np.inf)
    truth = np.argsort(-cosine, axis=1)[:, : positions.shape[1]]
    return float(np.mean([np.isin(a, b).mean() for a, b in zip(truth, positions, strict=True)]))


def test_refinement_finds_films_in_lists_that_were_not_searched() -> None:
    vectors, _ = planted(8, 250, dim=16, noise=0.25)
    index, ordered, lists = inverted_file(vectors)
    settings = NeighbourSettings(index="ivf", first_films=60)
    near = search_lists(index.slice(2), index, settings, 0, lists)["near"]
    shares = [recall(near, ordered)]
    for _ in range(3):
        before = near_columns(near)[1]
        near = refine(index.slice(2), near, near, index, 0, lists)["near"]
        positions, similarity = near_columns(near)
        assert (similarity >= before).all()
        assert (np.diff(similarity, axis=1) <= 0).all()
        assert (positions != np.arange(len(positions))[:, None]).all()
        assert all(len(set(row)) == len(row) for row in positions.tolist())
        expected = np.einsum("qd,qnd->qn", ordered, ordered[positions])
        np.testing.assert_allclose(similarity, expected, atol=1e-5)
        shares.append(recall(near, ordered))
    assert shares[0] < 0.75 and shares[3] > 0.9
    assert shares == sorted(shares)


def test_a_film_reaches_those_that_list_it() -> None:
    """Film 0 lists only far films, but film 5 lists film 0."""
    vectors, _ = planted(4, 30, dim=16, noise=0.2)
    index, ordered, lists = inverted_file(vectors)
    cosine = ordered @ ordered.T
    np.fill_diagonal(cosine, -1)
    best, worst = int(cosine[0].argmax()), int(cosine[0].argmin())
    near = np.full((len(ordered), 2), -1)
    similarity = np.full(near.shape, -np.inf, np.float32)
    near[0, 0], similarity[0, 0] = worst, cosine[0, worst]
    near[best, 0], similarity[best, 0] = 0, cosine[best, 0]
    table = near_table(near, similarity)
    found = near_columns(refine(index.slice(2), table, table, index, 0, lists)["near"])
    assert found[0][0].tolist() == [best, worst]
    assert found[1][0] == pytest.approx(cosine[0, [best, worst]], abs=1e-6)
    assert found[0][best].tolist()[0] == 0


def test_without_near_films_nothing_is_found() -> None:
    vectors, _ = planted(4, 30, dim=16, noise=0.2)
    index, _, lists = inverted_file(vectors)
    near = np.full((len(vectors), 3), -1)
    table = near_table(near, np.full(near.shape, -np.inf, np.float32))
    assert refine(index.slice(2), table, table, index, 0, lists)["near"].equals(table)


def test_blocks_of_films_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, _ = planted(8, 100, dim=16, noise=0.25)
    index, _, lists = inverted_file(vectors)
    settings = NeighbourSettings(index="ivf", first_films=40)
    near = search_lists(index.slice(2), index, settings, 0, lists)["near"]
    whole = refine(index.slice(2), near, near, index, 0, lists)["near"]
    monkeypatch.setattr(refinement, "_BLOCK", 37)
    assert refine(index.slice(2), near, near, index, 0, lists)["near"].equals(whole)
