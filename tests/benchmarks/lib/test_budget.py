"""The memory of a worker per additional film stays within a budget, tested at a small scale."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.lib.harness import run_in_new_process
from benchmarks.lib.machine import Watch
from pipeline.cluster import assign, smooth_points, train
from pipeline.fileio.external_sort import StreamedTable
from pipeline.label.keywords.candidates import rank_candidates
from pipeline.label.terms.film_terms import WORD_COUNTS
from pipeline.label.terms.term_counts import TERM_COUNTS
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


def bytes_per_film(work: Callable[[pa.Table], object], few: int = FEW, many: int = MANY) -> float:
    """Return the bytes per additional film beyond its row of the input, from few to many films."""
    taken = []
    for count in (few, many):
        table = films(count)
        work(table)  # libraries allocate memory of their own at the first call
        release_memory()  # memory that malloc retains would hide what the second call takes
        with Watch() as watch:
            work(table)
        taken.append(watch.grown_mib * 2**20)
    return (taken[1] - taken[0]) / (many - few)


def least_of_three(measure: Callable[[], float], bound: float) -> float:
    """Measure in a new process; above `bound`, return the least of up to three measurements."""
    found: list[float] = []
    while len(found) < 3 and min(found, default=bound) >= bound:
        found.append(run_in_new_process(measure))
    return min(found)


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in several parts, as the pipeline does beyond 16,384 films."""
    for name, value in {
        "near_films.EXACT_UP_TO": 1_000,
        "kmeans.EXACT_UP_TO": 1_000,
        "kmeans._SIMILARITIES": 180_000,
        "pca._ROWS": 1_000,
        "lloyd._SUMMED_ROWS": 1_000,
    }.items():
        module, _, constant = name.partition(".")
        monkeypatch.setattr(import_module(f"pipeline.cluster.{module}"), constant, value)


def test_the_memory_of_clustering() -> None:
    def work(table: pa.Table) -> None:
        smoothed = smooth_points(table, SETTINGS)
        train(table, **smoothed, settings=SETTINGS, k=180)

    # a copy of the vectors is 1.5 KB; a matrix of films by clusters would be 0.7 KB more
    assert bytes_per_film(work) < 4_096


def test_the_memory_of_assignment() -> None:
    centroids = planted(groups=200, films=1, dim=DIM)[0]
    table = pa.table([np.arange(200, dtype=np.int32), column_of_vectors(centroids)], CENTROIDS(DIM))
    assert bytes_per_film(lambda points: assign(points, table)) < 3_072


def test_the_memory_of_building_an_index() -> None:
    # The vectors as float32, and an index of a quarter of that: about 1,800. One run in eight has
    # 200 more, which malloc retains.
    assert least_of_three(measure_index, 2_176) < 2_176


def measure_index() -> float:
    """Return bytes per film; in this process, memory that malloc retains would be counted too."""
    settings = NeighbourSettings(index="ivf-sq8")
    return bytes_per_film(lambda points: build_index(points, settings, len(points)))


def test_the_memory_of_searching_neighbours_of_a_partition() -> None:
    settings = NeighbourSettings(index="flat")
    indexes: dict[int, pa.Table] = {}

    def work(points: pa.Table) -> None:
        if len(points) not in indexes:
            indexes[len(points)] = build_index(points, settings, len(points))["index"]
        listed = points.select(["movie_id"])
        nearest_films(points.slice(0, 500), listed, indexes[len(points)], settings)

    # the index of FAISS, and its growth; a matrix of 500 by all films would be 2.0 KB more
    assert bytes_per_film(work) < 4_096


def test_the_memory_of_an_inverted_file_does_not_grow() -> None:
    assert least_of_three(measure_inverted_file, 192) < 192


def measure_inverted_file() -> float:
    """Return bytes per film of the catalogue, when 500 films are encoded and searched."""
    settings = NeighbourSettings(index="ivf-sq8", searched_films=1_000)
    built: dict[int, tuple[pa.Table, pa.Table]] = {}

    def work(points: pa.Table) -> None:
        count = len(points)
        if count not in built:
            index = build_index(points, settings, count)["index"]
            built[count] = train_index(points, settings, count)["trained"], index
        trained, index = built[count]
        some = points.slice(0, 500)
        encode_films(some, trained, count, 0)
        nearest_films(some, points.select(["movie_id"]), index, settings)

    # 8-bit vectors of all films would be 392
    return bytes_per_film(work, MANY, 5 * MANY)


def test_the_memory_of_ranking_terms_does_not_grow() -> None:
    assert least_of_three(measure_terms, 24) < 24


def measure_terms() -> float:
    """Return bytes per additional row of term counts."""
    for constant in ("_RANGE_ROWS", "_PENDING"):
        setattr(import_module("pipeline.label.keywords.candidates"), constant, 2_000)
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
    # all rows in memory would be about 150 bytes each
    return (taken[1] - taken[0]) / (60 * part)
