from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.lib.figures import block
from benchmarks.lib.harness import Asked, Found, Row, apart
from benchmarks.lib.machine import absent
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
def test_films_are_cut_as_a_catalogue_is(films: int) -> None:
    sizes = partition_sizes(films)
    assert sum(sizes) == films and max(sizes) <= 8_192 and max(sizes) - min(sizes) <= 1


def test_vectors_of_a_partition_are_unit_and_depend_on_no_other() -> None:
    made = {number: draw_vectors(REAL, 50, 7, number) for number in (0, 1, 2)}
    assert np.array_equal(draw_vectors(REAL, 50, 7, 2), made[2])  # by itself, and again
    assert made[0].dtype == np.float32 and made[0].shape == (50, 64)
    assert all(np.allclose(np.linalg.norm(v, axis=1), 1, atol=1e-5) for v in made.values())
    assert not np.allclose(made[0], made[1]) and not np.allclose(
        draw_vectors(REAL, 50, 8, 0), made[0]
    )
    # a unit vector and noise at right angles to it; none is a real one as it is
    cosine = (made[0] @ REAL.T).max(1)
    assert np.median(cosine) == pytest.approx(1 / np.sqrt(1 + NOISE**2), abs=0.1)
    assert cosine.max() < 0.99


def test_a_partition_comes_as_the_tables_of_the_route() -> None:
    real = pa.table([column_of_vectors(REAL)], names=["vector"])
    made = draw_films(real, seed=7, partition=2, first=101, films=50)
    assert made["embeddings"].schema == EMBEDDINGS(64) and made["points"].schema == POINTS(64)
    ids = made["points"]["movie_id"].to_pylist()
    assert (ids[0], ids[-1]) == ("syn-00000101", "syn-00000150")
    assert made["embeddings"]["movie_id"].to_pylist() == ids
    assert np.array_equal(matrix_of(made["points"]), draw_vectors(REAL, 50, 7, 2))
    assert np.allclose(matrix_of(made["embeddings"]), matrix_of(made["points"]), atol=1e-3)


def keep(work: Path, films: int, contender: str, run: Row) -> None:
    place = work / f"from-vectors-{films}-seed-2026"
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{contender}-0.json").write_text(json.dumps({"films": films, **run}))


def kept(work: Path) -> Found:
    """What is told of two sizes that an earlier command has measured."""
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
            keep(work, films, contender, run)
    told = {"seconds": 60.0, "peak_mib": 900.0, "topics": 80, "unplaced_share": 0.25}
    keep(work, 10_000, "BERTopic", told)
    return from_vectors.measure(Asked(sizes=(10_000, 80_000), work=work))


def test_stages_grow_by_either_rule_and_what_is_kept_is_not_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(from_vectors, "absent", lambda *_: None)
    found = kept(tmp_path)
    rows = {(row["rule"], row["contender"], row["films"]): row for row in found.rows}
    assert rows[GROWS, "landscape", 80_000]["exponent"] == pytest.approx(1.5)
    assert rows[FIXED, "landscape", 80_000]["exponent"] == pytest.approx(1.0)
    assert rows[FIXED, "landscape", 10_000]["worker_mib"] == 700
    assert not any(stage == "tiny" for _, stage, _ in rows)  # under a second at either size
    assert found.figures[FIXED]["worker_bytes_per_film"] == pytest.approx(7 * 2**20 / 70_000)
    assert rows[GROWS, "BERTopic", 10_000]["unplaced_share"] == 0.25
    assert (GROWS, "BERTopic", 80_000) not in rows  # beyond what it is given
    assert "25 % of films without one" in found.notes[-2]
    assert found.notes[-1] == "BERTopic is measured up to 50,000 films"


def test_the_readme_shows_the_rules_side_by_side(tmp_path: Path) -> None:
    told = {
        "rows": kept(tmp_path).rows,
        "notes": [],
        "missing": {},
        "command": "c",
        "machine": {"cores": 2, "processor": "p"},
    }
    lines = block("from-vectors", told).splitlines()
    assert lines[0].startswith("|  | stage | 10,000 films, s | 80,000 films, s | exponent |")
    assert [line.split(" | ")[:4] for line in lines[2:6]] == [
        [f"| {GROWS}", "landscape", "5", "113.1"],
        [f"| {GROWS}", "total", "9", "72"],
        [f"| {FIXED}", "landscape", "5", "40"],
        [f"| {FIXED}", "total", "9", "72"],
    ]


def test_a_quick_run_clusters_and_finds_neighbours_by_either_rule(
    tmp_path: Path, prefect: PrefectProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    # BERTopic is not among what the tests are run with
    monkeypatch.setattr(from_vectors, "absent", lambda *_: "left out")
    monkeypatch.setattr(from_vectors, "SMALL", 0.0)  # no stage of so few films takes a second
    with prefect.used():
        found = from_vectors.measure(Asked(sizes=(600,), repeats=1, quick=True, work=tmp_path))
    assert found.missing == {"BERTopic": "left out"}
    rows = {(row["rule"], row["contender"]): row for row in found.rows}
    for rule in RULES:
        for stage in ("vectors", "landscape", "k-curve", "assign", "index", "neighbours", "total"):
            assert rows[rule, stage]["films"] == 600 and rows[rule, stage]["seconds"] > 0
        seen = [row["worker_mib"] for (own, _), row in rows.items() if own == rule]
        assert any(mib and mib > 100 for mib in seen)
        (run,) = found.figures[rule]["runs"]
        assert run["index"] == "flat" and run["recall_at_10"] == 1
        assert 100 < run["driver_mib"] < 4_000 and 100 < run["worker_mib"] < 4_000
    few, many = (found.figures[rule]["runs"][0]["k"] for rule in RULES)
    assert 10 <= few <= 16 and many == 600  # 48 films each; there are no 1,000 to part
    assert "600 films, k grows" in found.notes[0]
    assert not list(tmp_path.glob("**/out"))  # what is large is gone once it is measured


@pytest.mark.skipif(absent("umap", "hdbscan") is not None, reason="the extra bench is not there")
def test_bertopic_finds_topics_and_leaves_films_without(tmp_path: Path) -> None:
    np.save(tmp_path / "real.npy", REAL)
    told = apart(from_vectors._bertopic, str(tmp_path / "real.npy"), 300, 1)
    assert told["films"] == 300 and told["seconds"] > 0 and told["peak_mib"] > 100
    assert 1 <= told["topics"] <= 30 and 0 <= told["unplaced_share"] < 1
