"""Each index at growing sizes: time to build, bytes for a film, recall, queries a second."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.lib.harness import Asked, Bench, Found, Plot, Row, exponent, medians, take_turns
from benchmarks.lib.machine import Watch
from benchmarks.lib.vectors import enlarge, real_vectors
from pipeline.neighbours.index import build_index, index_bytes, index_kind
from pipeline.neighbours.search import nearest_films, recall_at_10
from pipeline.schemas.vectors import column_of_vectors
from pipeline.settings import NeighbourSettings

__all__ = ["BENCH", "KINDS"]

KINDS = ("flat", "ivf", "ivf-sq8", "hnsw")
_HNSW_FILMS = 1_000_000  # more would take it hours to build, on one thread
_QUERIES = 2_048  # films whose neighbours are looked for when searching is timed


def measure(asked: Asked) -> Found:
    """Every kind of index in turn, each in a process of its own, on one thread as a worker has."""
    real = real_vectors(asked.release, quick=asked.quick)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="neighbours-") as folder:
        for films in asked.sizes:
            path = Path(folder) / f"{films}.npy"
            np.save(path, enlarge(real, films, asked.seed).astype(np.float16))
            found = take_turns(
                {
                    kind: lambda k=kind, p=path: asked.place(_one, str(p), k, asked.seed)
                    for kind in KINDS
                    if kind != "hnsw" or films <= _HNSW_FILMS
                },
                asked.repeats,
                asked.work,
                f"neighbours-{films}",
            )
            rows += [{"contender": k, "films": films, **medians(f)} for k, f in found.items()]
            path.unlink()
    figures = _figures(rows, asked)
    auto = ", ".join(f"{kind} at {films:,}" for films, kind in figures["auto"].items())
    notes = [f"`auto` takes {auto}"]
    if asked.sizes[-1] > _HNSW_FILMS:
        notes.append(f"hnsw is built of {_HNSW_FILMS:,} films at most")
    return Found(rows, figures, notes)


def _one(path: str, kind: str, seed: int) -> Row:
    vectors = np.load(path)
    ids = pa.array([f"f{row:08d}" for row in range(len(vectors))])
    films = pa.table([ids, column_of_vectors(vectors, "float16")], ["movie_id", "vector"])
    settings = NeighbourSettings(index=kind)  # type: ignore[arg-type]
    with Watch() as built:
        index = build_index(films, settings, len(films))["index"]
    some = films.slice(0, min(_QUERIES, len(films)))
    everyone = films.select(["movie_id"])
    began = time.perf_counter()
    nearest_films(some, everyone, index, settings)
    searching = time.perf_counter() - began
    recall = recall_at_10(films, index, settings, seed)["recall"].column(0)[0].as_py()
    return {
        "build_seconds": built.seconds,
        "bytes_per_film": sum(map(len, index_bytes(index))) / len(films),
        "recall_at_10": float(recall),
        "queries_per_second": len(some) / searching,
        # what the stage costs on one worker: the index, and the neighbours of every film
        "stage_seconds": built.seconds + len(films) * searching / len(some),
        "peak_mib": built.row["peak_mib"],
        "grown_mib": built.row["grown_mib"],
    }


def _figures(rows: list[Row], asked: Asked) -> dict[str, Any]:
    settings = NeighbourSettings()
    found: dict[str, Any] = {
        "auto": {films: index_kind(films, settings) for films in asked.sizes},
        "flat_up_to": settings.flat_up_to,
        "ivf_up_to": settings.ivf_up_to,
        "stage_exponent": {},
        "cheapest": {},
    }
    for kind in dict.fromkeys(str(row["contender"]) for row in rows):
        own: list[Mapping[str, Any]] = [row for row in rows if row["contender"] == kind]
        found["stage_exponent"][kind] = exponent(
            [row["films"] for row in own], [row["stage_seconds"] for row in own]
        )
    for films in asked.sizes:
        at = [row for row in rows if row["films"] == films]
        found["cheapest"][films] = min(at, key=lambda row: row["stage_seconds"])["contender"]
    return found


BENCH = Bench(
    name="neighbours",
    title="Nearest films: each index on one thread",
    measure=measure,
    sizes=(10_000, 100_000),
    quick_sizes=(500,),
    columns=(
        "films",
        "contender",
        "build_seconds",
        "bytes_per_film",
        "recall_at_10",
        "queries_per_second",
        "stage_seconds",
        "peak_mib",
    ),
    plot=Plot("stage_seconds", x="films"),
)
