"""Bytes that one more film may cost a worker: a budget, held at a small scale."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.machine import Watch
from pipeline.cluster import assign, landscape, train
from pipeline.neighbours import build_index, nearest_films
from pipeline.settings import ClusterSettings, NeighbourSettings
from pipeline.tables import CENTROIDS
from pipeline.vectors import column_of_vectors
from tests.pipeline.planted import planted, points_table

FEW, MANY, DIM = 4_000, 12_000, 384
SETTINGS = ClusterSettings(components=32, smoothing_rounds=1, leaf_films=20)


def films(count: int) -> pa.Table:
    vectors, _ = planted(groups=count // 40, films=40, dim=DIM, noise=0.05)
    return points_table(vectors)


def grown(work: Callable[[pa.Table], object]) -> float:
    """Bytes that a film takes beyond its row of the input, from FEW to MANY films."""
    taken = []
    for count in (FEW, MANY):
        table = films(count)
        work(table)  # libraries take their own memory at their first call
        with Watch() as watch:
            work(table)
        taken.append(watch.grown_mib * 2**20)
    return (taken[1] - taken[0]) / (MANY - FEW)


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is worked a part at a time is cut here too, as it is beyond 16,384 films."""
    monkeypatch.setattr(import_module("pipeline.cluster.landscape"), "_EXACT", 1_000)
    monkeypatch.setattr(import_module("pipeline.cluster.landscape"), "_DIRECT", 500)
    monkeypatch.setattr(import_module("pipeline.cluster.landscape"), "_LANDMARKS", 200)
    monkeypatch.setattr(import_module("pipeline.cluster.kmeans"), "_PRODUCTS", 180_000)


def test_clustering_keeps_to_its_budget() -> None:
    def work(table: pa.Table) -> None:
        ground = landscape(table, SETTINGS, 1)
        train(table, **ground, settings=SETTINGS, k=180, seed=1)

    # the vectors as a matrix of their own, 1.5 KB; films times clusters would be 0.7 KB more
    assert grown(work) < 4_096


def test_assigning_keeps_to_its_budget() -> None:
    centroids = planted(groups=200, films=1, dim=DIM)[0]
    table = pa.table([np.arange(200, dtype=np.int32), column_of_vectors(centroids)], CENTROIDS(DIM))
    assert grown(lambda points: assign(points, table)) < 3_072


def test_an_index_keeps_to_its_budget() -> None:
    settings = NeighbourSettings(index="ivf-sq8")
    # the vectors as float32, and an index of a quarter of that, twice: as it is, and in bytes
    assert grown(lambda points: build_index(points, settings, len(points))) < 3_072


def test_neighbours_of_a_partition_take_what_the_partition_does() -> None:
    everyone = films(FEW)
    settings = NeighbourSettings(index="flat")
    index = build_index(everyone, settings, len(everyone))["index"]
    with Watch() as watch:
        nearest_films(everyone.slice(0, 500), everyone.select(["movie_id"]), index, settings)
    # its own films, and the index once more as FAISS holds it: never films times films
    assert watch.grown_mib * 2**20 < 2.5 * FEW * DIM * 4
