from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.lib.figures import render_block
from benchmarks.lib.harness import BenchOptions, BenchResult, Row, run_in_new_process
from benchmarks.lib.peers.topics import BERTOPIC, EVOC, TOPICS, find_missing_topics
from benchmarks.lib.vectors import NOISE, draw_films, draw_vectors, partition_sizes
from benchmarks.suite import from_vectors
from benchmarks.suite.from_vectors import RULES
from pipeline.schemas.mining import EMBEDDINGS, POINTS
from pipeline.schemas.vectors import column_of_vectors, matrix_of
from tests.support.planted import planted
from tests.support.prefect_process import PrefectProcess

REAL, _ = planted(20, 10, dim=64)
GROWS, FIXED = RULES


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_vectors, "real_vectors", lambda *_, **__: REAL)


@pytest.mark.parametrize("films", [1, 600, 10_000, 131_073, 1_000_000])
def test_partitions_have_equal_sizes(films: int) -> None:
    sizes = partition_sizes(films)
    assert sum(sizes) == films and max(sizes) <= 8_192 and max(sizes) - min(sizes) <= 1


def test_vectors_have_unit_length_and_depend_on_their_partition_only() -> None:
    vectors = {number: draw_vectors(REAL, 50, 7, number) for number in (0, 1, 2)}
    assert np.array_equal(draw_vectors(REAL, 50, 7, 2), vectors[2])  # again, alone
    assert vectors[0].dtype == np.float32 and vectors[0].shape == (50, 64)
    assert all(np.allclose(np.linalg.norm(v, axis=1), 1, atol=1e-5) for v in vectors.values())
    assert not np.allclose(vectors[0], vectors[1])
    assert not np.allclose(draw_vectors(REAL, 50, 8, 0), vectors[0])
    # a unit vector plus orthogonal noise; no vector is a real one
    cosine = (vectors[0] @ REAL.T).max(1)
    assert np.median(cosine) == pytest.approx(1 / np.sqrt(1 + NOISE**2), abs=0.1)
    assert cosine.max() < 0.99


def test_a_partition_has_the_tables_of_the_pipeline() -> None:
    real = pa.table([column_of_vectors(REAL)], names=["vector"])
    tables = draw_films(real, seed=7, partition=2, first=101, films=50)
    assert tables["embeddings"].schema == EMBEDDINGS(64) and tables["points"].schema == POINTS(64)
    ids = tables["points"]["movie_id"].to_pylist()
    assert (ids[0], ids[-1]) == ("syn-00000101", "syn-00000150")
    assert tables["embeddings"]["movie_id"].to_pylist() == ids
    assert np.array_equal(matrix_of(tables["points"]), draw_vectors(REAL, 50, 7, 2))
    assert np.allclose(matrix_of(tables["embeddings"]), matrix_of(tables["points"]), atol=1e-3)


def store_run(work: Path, films: int, contender: str, run: Row) -> None:
    place = work / f"from-vectors-{films}-seed-2026"
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{contender}-0.json").write_text(json.dumps({"films": films, **run}))


def measure_stored(work: Path) -> BenchResult:
    """Return the result for two sizes that an earlier command has measured."""
    for films, slow in ((10_000, 1), (80_000, 8)):
        for contender, power in (("k-grows", 1.5), ("k-fixed-at-1-000", 1)):
            seconds = {"landscape": 5.0 * slow**power, "tiny": 0.1 * slow, "total": 9.0 * slow}
            run = {
                "seconds": seconds,
                "stage_mib": {"landscape": {"worker": 700.0}},
                "driver_mib": 500.0,
                "worker_mib": 700.0 + slow,
                "server_mib": 200.0,
                "k": 200,
                "clusters": 190,
                "index": "flat",
                "recall_at_10": 1.0,
            }
            store_run(work, films, contender, run)
    peer = {"seconds": 60.0, "peak_mib": 900.0, "topics": 80, "unplaced_share": 0.25}
    for name in ("BERTopic-s-UMAP-and-HDBSCAN", "EVoC"):
        store_run(work, 10_000, name, peer)
    store_run(work, 80_000, "EVoC", peer | {"seconds": 480.0, "unplaced_share": 0.5})
    return from_vectors.measure(BenchOptions(sizes=(10_000, 80_000), work=work))


def test_growth_is_fitted_for_each_rule_and_measured_sizes_are_reused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(from_vectors, "find_missing_topics", dict)
    found = measure_stored(tmp_path)
    rows = {(row["rule"], row["contender"], row["films"]): row for row in found.rows}
    assert rows[GROWS, "landscape", 80_000]["exponent"] == pytest.approx(1.5)
    assert rows[FIXED, "landscape", 80_000]["exponent"] == pytest.approx(1.0)
    assert rows[FIXED, "landscape", 10_000]["worker_mib"] == 700
    assert not any(stage == "tiny" for _, stage, _ in rows)  # less than a second at each size
    assert found.figures[FIXED]["worker_bytes_per_film"] == pytest.approx(7 * 2**20 / 70_000)
    assert rows[GROWS, BERTOPIC, 10_000]["unplaced_share"] == 0.25
    assert (GROWS, BERTOPIC, 80_000) not in rows  # more films than BERTopic is measured with
    assert rows[GROWS, EVOC, 80_000]["exponent"] == pytest.approx(1.0)
    assert f"{BERTOPIC}: measured up to 50,000 films" in found.notes
    assert "EVoC: 480 s" in found.notes[-1] and "50 % of films without a topic" in found.notes[-1]


def test_the_readme_has_the_stages_of_each_rule(tmp_path: Path) -> None:
    record = {
        "rows": measure_stored(tmp_path).rows,
        "notes": [],
        "missing": {},
        "command": "c",
        "machine": {"cores": 2, "processor": "p"},
    }
    lines = render_block("from-vectors", record).splitlines()
    assert lines[0].startswith("|  | stage | 10,000 films, s | 80,000 films, s | exponent |")
    assert [line.split(" | ")[:4] for line in lines[2:6]] == [
        [f"| {GROWS}", "landscape", "5", "113.1"],
        [f"| {GROWS}", "total", "9", "72"],
        [f"| {FIXED}", "landscape", "5", "40"],
        [f"| {FIXED}", "total", "9", "72"],
    ]


@pytest.mark.slow
def test_a_quick_run_clusters_and_finds_neighbours_with_each_rule(
    tmp_path: Path, prefect: PrefectProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the peers are not installed for the tests
    left_out = dict.fromkeys(TOPICS, "left out")
    monkeypatch.setattr(from_vectors, "find_missing_topics", lambda: left_out)
    monkeypatch.setattr(from_vectors, "SMALL", 0.0)  # no stage with so few films takes a second
    with prefect.used():
        found = from_vectors.measure(
            BenchOptions(sizes=(600,), repeats=1, quick=True, work=tmp_path)
        )
    assert found.missing == left_out
    rows = {(row["rule"], row["contender"]): row for row in found.rows}
    for rule in RULES:
        for stage in ("vectors", "landscape", "k-curve", "assign", "index", "neighbours", "total"):
            assert rows[rule, stage]["films"] == 600 and rows[rule, stage]["seconds"] > 0
        memory = [row["worker_mib"] for (own, _), row in rows.items() if own == rule]
        assert any(mib and mib > 100 for mib in memory)
        (run,) = found.figures[rule]["runs"]
        assert run["index"] == "flat" and run["recall_at_10"] == 1
        assert 100 < run["driver_mib"] < 4_000 and 100 < run["worker_mib"] < 4_000
    few, many = (found.figures[rule]["runs"][0]["k"] for rule in RULES)
    assert 10 <= few <= 16 and many == 600  # 48 films per cluster; there are fewer than 1,000 films
    assert "600 films, k grows" in found.notes[0]
    assert not list(tmp_path.glob("**/out"))  # large files are deleted after the measurement


@pytest.mark.parametrize("name", TOPICS)
def test_a_peer_finds_topics_for_some_films(name: str, tmp_path: Path) -> None:
    if why := find_missing_topics().get(name):
        pytest.skip(f"the extra `bench` is needed: {why}")
    np.save(tmp_path / "real.npy", REAL)
    real = str(tmp_path / "real.npy")
    row = run_in_new_process(from_vectors._measure_peer, name, real, 300, 1)
    assert row["films"] == 300 and row["seconds"] > 0 and row["peak_mib"] > 100
    assert 1 <= row["topics"] <= 30 and 0 <= row["unplaced_share"] < 1
