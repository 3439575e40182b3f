from __future__ import annotations

import numpy as np

from benchmarks.lib.films import NOISE, Catalogue, write_catalogue
from benchmarks.lib.harness import Asked
from benchmarks.lib.machine import Watch
from benchmarks.suite import catalogue
from benchmarks.suite.catalogue import recovered, score


def test_noise_counts_for_nothing() -> None:
    planted = np.array([0, 0, 1, 1, NOISE, NOISE])
    told = score(planted, np.array([5, 5, 3, 3, 3, 5]))
    assert told["ami"] == 1.0 and told["noise_films"] == 2
    assert score(planted, np.array([5, 3, 3, 5, 3, 5]))["ami"] < 0.5


def test_planted_micro_genres_are_found_by_the_model_and_plain_k_means() -> None:
    told = recovered(240, 2026)
    assert told["planted"] == 4
    assert told["ami"] >= 0.85


def test_a_run_tells_rate_and_memory_at_each_size(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(
        catalogue,
        "recovered",
        lambda *_: score(np.arange(4), np.arange(4)) | {"films": 4, "planted": 4},
    )
    found = catalogue.measure(Asked(sizes=(100, 200), repeats=1, quick=True))
    assert [row["films"] for row in found.rows] == [100, 200]
    assert all(row["films_per_second"] > 0 and row["bytes_per_film"] > 50 for row in found.rows)


def _taken(films: int, folder: str) -> float:
    with Watch() as watch:
        write_catalogue(Catalogue(films), f"{folder}/f.parquet", f"{folder}/t.parquet")  # type: ignore[arg-type]
    return watch.grown_mib


def test_memory_does_not_grow_with_the_catalogue(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("benchmarks.lib.films._CHUNK", 500)
    small, large = (_taken(films, str(tmp_path)) for films in (1_000, 6_000))
    # held at once, 5,000 more films of 3 KB each as Python objects would be 15 MiB
    assert large - small < 10
