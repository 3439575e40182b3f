"""Bytes that one more film may cost a worker: a budget, held at a small scale."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.lib.harness import apart
from benchmarks.lib.machine import Watch
from pipeline.cluster import assign, smooth_points, train
from pipeline.fileio.external_sort import StreamedTable
from pipeline.label.candidates import rank_candidates
from pipeline.label.term_counts import TERM_COUNTS, WORD_COUNTS
from pipeline.neighbours.index import build_index, encode_films, train_index
from pipeline.neighbours.search import nearest_films
from pipeline.observability.memory import release_memory
from pipeline.schemas.mining import CENTROIDS
from pipeline.schemas.vectors import column_of_vectors
from pipeline.settings import ClusterSettings, LabelSettings, NeighbourSettings
from tests.support.planted import planted, points_table

FEW, MANY, DIM = 4_000, 12_000, 384
SETTINGS = ClusterSettings(components=32, smoothing_rounds=1, leaf_films=20)


def films(count: int) -> pa.Table:
    vectors, _ = planted(groups=count // 40, films=40, dim=DIM, noise=0.05)
    return points_table(vectors)


def grown(work: Callable[[pa.Table], object], few: int = FEW, many: int = MANY) -> float:
    """Bytes that a film takes beyond its row of the input, from few to many films."""
    taken = []
    for count in (few, many):
        table = films(count)
        work(table)  # libraries take their own memory at their first call
        release_memory()  # what malloc keeps of it would hide what the second call takes
        with Watch() as watch:
            work(table)
        taken.append(watch.grown_mib * 2**20)
    return (taken[1] - taken[0]) / (many - few)


def least_of_three(taken: Callable[[], float], bound: float) -> float:
    """What `taken` returns in a process of its own; above `bound`, the least of two more."""
    found: list[float] = []
    while len(found) < 3 and min(found, default=bound) >= bound:
        found.append(apart(taken))
    return min(found)


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is worked a part at a time is cut here too, as it is beyond 16,384 films."""
    for name, value in {
        "mean_shift.EXACT_UP_TO": 1_000,
        "kmeans.EXACT_UP_TO": 1_000,
        "kmeans._SIMILARITIES": 180_000,
        "merge_forest._FILMS_PER_CELL": 2_000,
        "pca._ROWS": 1_000,
        "lloyd._SUMMED_ROWS": 1_000,
    }.items():
        module, _, constant = name.partition(".")
        monkeypatch.setattr(import_module(f"pipeline.cluster.{module}"), constant, value)


def test_clustering_keeps_to_its_budget() -> None:
    def work(table: pa.Table) -> None:
        smoothed = smooth_points(table, SETTINGS, 1)
        train(table, **smoothed, settings=SETTINGS, k=180, seed=1)

    # the vectors as a matrix of their own, 1.5 KB; films times clusters would be 0.7 KB more
    assert grown(work) < 4_096


def test_assigning_keeps_to_its_budget() -> None:
    centroids = planted(groups=200, films=1, dim=DIM)[0]
    table = pa.table([np.arange(200, dtype=np.int32), column_of_vectors(centroids)], CENTROIDS(DIM))
    assert grown(lambda points: assign(points, table)) < 3_072


def test_an_index_keeps_to_its_budget() -> None:
    # the vectors as float32, and an index of a quarter of that. Some 1,800 each time; one in eight
    # is 200 more, by what malloc happens to keep
    assert least_of_three(grown_by_an_index, 2_176) < 2_176


def grown_by_an_index() -> float:
    """In a process of its own: what models left in malloc's hands would count as the index's."""
    settings = NeighbourSettings(index="ivf-sq8")
    return grown(lambda points: build_index(points, settings, len(points)))


def test_neighbours_of_a_partition_take_what_the_partition_does() -> None:
    settings = NeighbourSettings(index="flat")
    indexes: dict[int, pa.Table] = {}

    def work(points: pa.Table) -> None:
        if len(points) not in indexes:
            indexes[len(points)] = build_index(points, settings, len(points))["index"]
        listed = points.select(["movie_id"])
        nearest_films(points.slice(0, 500), listed, indexes[len(points)], settings)

    # the index as FAISS holds it, and as it grows; 500 times the films would be 2.0 KB more
    assert grown(work) < 4_096


def test_an_inverted_file_is_filled_and_searched_in_memory_that_does_not_grow() -> None:
    assert least_of_three(grown_by_lists, 192) < 192


def grown_by_lists() -> float:
    """Bytes that a film of the catalogue takes whoever codes or looks for some hundred of them."""
    settings = NeighbourSettings(index="ivf-sq8", searched_films=1_000)
    made: dict[int, tuple[pa.Table, pa.Table]] = {}

    def work(points: pa.Table) -> None:
        count = len(points)
        if count not in made:
            index = build_index(points, settings, count)["index"]
            made[count] = train_index(points, settings, count)["trained"], index
        trained, index = made[count]
        some = points.slice(0, 500)
        encode_films(some, trained, count, 0)
        nearest_films(some, points.select(["movie_id"]), index, settings)

    # 8-bit vectors of all films would be 392
    return grown(work, MANY, 5 * MANY)


def test_terms_are_ranked_in_memory_that_does_not_grow() -> None:
    assert least_of_three(grown_by_terms, 24) < 24


def grown_by_terms() -> float:
    """Bytes that a further row of counted terms takes whoever ranks them."""
    for constant in ("_RANGE_ROWS", "_PENDING"):
        setattr(import_module("pipeline.label.candidates"), constant, 2_000)
    part, groups = 5_000, 50

    def counted(number: int) -> pa.Table:
        chance = np.random.default_rng(number)
        terms = [f"theme of {term}" for term in chance.integers(0, part, part).tolist()]
        films = pa.array(chance.integers(4, 9, part), pa.int32())
        clusters = pa.array(chance.integers(0, groups, part), pa.int32())
        own = [f"{term} in {number // 4}" for term in terms]  # the vocabulary grows, too
        return pa.table([clusters, own, films, films, films], schema=TERM_COUNTS)

    sizes = pa.table(
        [np.arange(groups, dtype=np.int32), *[np.full(groups, 100_000)] * 2],
        names=["cluster", "films", "keyword_films"],
    )
    taken = []
    for parts in (20, 80):
        terms = StreamedTable(TERM_COUNTS, parts * part, lambda n=parts: map(counted, range(n)))
        for _ in range(2):
            release_memory()
            with Watch() as watch:
                rank_candidates(terms, WORD_COUNTS.empty_table(), sizes, LabelSettings())
        taken.append(watch.grown_mib * 2**20)
    # a row that is ranked would be some 150
    return (taken[1] - taken[0]) / (60 * part)
