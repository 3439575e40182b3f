"""Each kind of index at growing sizes: build time, bytes per film, recall, queries per second."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.lib.harness import (
    Bench,
    BenchOptions,
    BenchResult,
    Plot,
    Row,
    fit_exponent,
    median_row,
    take_turns,
)
from benchmarks.lib.machine import Watch
from benchmarks.lib.vectors import enlarge, real_vectors
from pipeline.neighbours.index import IVF_CODECS, build_index, index_bytes, index_kind
from pipeline.neighbours.one_process import neighbours_of_all
from pipeline.neighbours.recall import recall_at_10, recall_of_lists
from pipeline.neighbours.search import nearest_films
from pipeline.schemas.vectors import column_of_vectors
from pipeline.settings import NeighbourSettings

__all__ = ["BENCH", "KINDS"]

KINDS = ("flat", "ivf", "ivf-sq8", "hnsw")
_HNSW_FILMS = 1_000_000  # more would take hours to build on one thread
_QUERIES = 2_048  # films whose neighbours are searched in the timing of flat and hnsw


def measure(options: BenchOptions) -> BenchResult:
    """Measure each kind of index in turn, in a new process, on one thread like a worker."""
    real = real_vectors(options.release, quick=options.quick)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="neighbours-") as folder:
        for films in options.sizes:
            path = Path(folder) / f"{films}.npy"
            np.save(path, enlarge(real, films, options.seed).astype(np.float16))
            turns = take_turns(
                {
                    kind: lambda k=kind, p=path: options.call(_measure_one, str(p), k, options.seed)
                    for kind in KINDS
                    if kind != "hnsw" or films <= _HNSW_FILMS
                },
                options.repeats,
                options.work,
                f"neighbours-{films}",
            )
            rows += [
                {"contender": k, "films": films, **median_row(runs)} for k, runs in turns.items()
            ]
            path.unlink()
    figures = _figures(rows, options)
    auto = ", ".join(f"{kind} at {films:,}" for films, kind in figures["auto"].items())
    notes = [f"`auto` chooses {auto}"]
    if options.sizes[-1] > _HNSW_FILMS:
        notes.append(f"hnsw is measured up to {_HNSW_FILMS:,} films")
    return BenchResult(rows, figures, notes)


def _measure_one(path: str, kind: str, seed: int) -> Row:
    vectors = np.load(path)
    ids = pa.array([f"f{row:08d}" for row in range(len(vectors))])
    films = pa.table([ids, column_of_vectors(vectors, "float16")], ["movie_id", "vector"])
    settings = NeighbourSettings(index=kind)  # type: ignore[arg-type]
    with Watch() as built:
        index = build_index(films, settings, len(films))["index"]
    all_ids = films.select(["movie_id"])
    if kind in IVF_CODECS:
        began = time.perf_counter()
        near = neighbours_of_all(index, all_ids, settings)
        searching = time.perf_counter() - began
        found = recall_of_lists(films, all_ids, near, settings, seed)
    else:
        some = films.slice(0, min(_QUERIES, len(films)))
        began = time.perf_counter()
        nearest_films(some, all_ids, index, settings)
        searching = (time.perf_counter() - began) * len(films) / len(some)
        found = recall_at_10(films, index, settings, seed)
    return {
        "build_seconds": built.seconds,
        "bytes_per_film": sum(map(len, index_bytes(index))) / len(films),
        "recall_at_10": float(found["recall"].column(0)[0].as_py()),
        "queries_per_second": len(films) / searching,
        # cost of the stages on one worker: the index, and the neighbours of all films
        "stage_seconds": built.seconds + searching,
        "peak_mib": built.row["peak_mib"],
        "grown_mib": built.row["grown_mib"],
    }


def _figures(rows: list[Row], options: BenchOptions) -> dict[str, Any]:
    settings = NeighbourSettings()
    figures: dict[str, Any] = {
        "auto": {films: index_kind(films, settings) for films in options.sizes},
        "flat_up_to": settings.flat_up_to,
        "ivf_up_to": settings.ivf_up_to,
        "stage_exponent": {},
        "cheapest": {},
    }
    for kind in dict.fromkeys(str(row["contender"]) for row in rows):
        own: list[Mapping[str, Any]] = [row for row in rows if row["contender"] == kind]
        figures["stage_exponent"][kind] = fit_exponent(
            [row["films"] for row in own], [row["stage_seconds"] for row in own]
        )
    for films in options.sizes:
        at = [row for row in rows if row["films"] == films]
        figures["cheapest"][films] = min(at, key=lambda row: row["stage_seconds"])["contender"]
    return figures


BENCH = Bench(
    name="neighbours",
    title="Nearest films: each kind of index on one thread",
    measure=measure,
    sizes=(10_000, 100_000),
    quick_sizes=(5_000,),
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
