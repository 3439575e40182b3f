from __future__ import annotations

import numpy as np

from benchmarks.lib.films import NOISE, Catalogue, write_catalogue
from benchmarks.lib.harness import BenchOptions
from benchmarks.lib.machine import Watch
from benchmarks.suite import catalogue
from benchmarks.suite.catalogue import measure_recovery, score


def test_noise_is_left_out_of_the_score() -> None:
    planted = np.array([0, 0, 1, 1, NOISE, NOISE])
    figures = score(planted, np.array([5, 5, 3, 3, 3, 5]))
    assert figures["ami"] == 1.0 and figures["noise_films"] == 2
    assert score(planted, np.array([5, 3, 3, 5, 3, 5]))["ami"] < 0.5


def test_k_means_finds_the_planted_micro_genres() -> None:
    figures = measure_recovery(240, 2026)
    assert figures["planted"] == 4
    assert figures["ami"] >= 0.85


def test_speed_and_memory_are_measured_at_each_size(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(
        catalogue,
        "measure_recovery",
        lambda *_: score(np.arange(4), np.arange(4)) | {"films": 4, "planted": 4},
    )
    found = catalogue.measure(BenchOptions(sizes=(100, 200), repeats=1, quick=True))
    assert [row["films"] for row in found.rows] == [100, 200]
    assert all(row["films_per_second"] > 0 and row["bytes_per_film"] > 50 for row in found.rows)


def _grown_mib(films: int, folder: str) -> float:
    with Watch() as watch:
        write_catalogue(Catalogue(films), f"{folder}/f.parquet", f"{folder}/t.parquet")  # type: ignore[arg-type]
    return watch.grown_mib


def test_memory_does_not_grow_with_the_catalogue(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("benchmarks.lib.films._CHUNK", 500)
    small, large = (_grown_mib(films, str(tmp_path)) for films in (1_000, 6_000))
    # 5,000 more films in memory, of 3 KB each as Python objects, would take 15 MiB
    assert large - small < 10
