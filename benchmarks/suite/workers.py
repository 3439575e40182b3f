"""Speedup with a second worker, measured, and with more workers, simulated from the tasks."""

from __future__ import annotations

import heapq
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from benchmarks.lib.harness import (
    Bench,
    BenchOptions,
    BenchResult,
    Plot,
    Row,
    median_row,
    take_turns,
)
from benchmarks.lib.vectors import synthetic_texts
from pipeline.embedding.embed import embed, warm
from pipeline.embedding.weights import identify
from pipeline.execution.runner import Piece, Stage, local_cluster, run_stage
from pipeline.settings import DaskSettings, EmbedSettings
from pipeline.storage.work_store import WorkStore

__all__ = ["BENCH", "makespan"]

_PIECE = 64  # texts of a piece: a few thousand texts are many tasks
_REAL = (1, 2)
_SIMULATED = (2, 4, 8, 16, 32, 64)


def measure(options: BenchOptions) -> BenchResult:
    """Measure strong and weak scaling of encoding with real Dask workers, then simulate more."""
    rows: list[Row] = []
    notes = []
    for size in options.sizes:
        strong = _measure_scaling(size, dict.fromkeys(_REAL, size), options)
        weak = _measure_scaling(size, {w: size * w for w in _REAL if w > 1}, options)
        one = strong[1]
        for workers, row in strong.items():
            rows.append(
                _row("strong, measured", size, workers, row, one["seconds"] / row["seconds"])
            )
        rows.append(_row("weak, measured", size, 1, one, 1.0))
        for workers, row in weak.items():
            gained = workers * one["seconds"] / row["seconds"]
            rows.append(_row("weak, measured", size * workers, workers, row, gained))
        tasks, overhead = one["tasks"], one["overhead"]
        for workers in _SIMULATED:
            seconds = makespan(tasks, workers, overhead)
            gained = makespan(tasks, 1, overhead) / seconds
            rows.append(_row("strong, simulated", size, workers, {"seconds": seconds}, gained))
        notes.append(
            f"simulated: list scheduling of the {len(tasks)} measured tasks of {size:,} texts, "
            f"with a measured overhead of {1000 * overhead:.0f} ms per task (scheduler, reading, "
            "checksums, commit); no network, and a scheduler that is never the bottleneck"
        )
    measured = [r for r in rows if r["contender"] == "strong, measured" and r["workers"] == 2]
    figures = {"two_workers_times_one": measured[-1]["speedup"], "piece_texts": _PIECE}
    return BenchResult(rows, figures, notes)


def _row(kind: str, texts: int, workers: int, row: Row, gained: float) -> Row:
    return {
        "contender": kind,
        "texts": texts,
        "workers": workers,
        "seconds": row["seconds"],
        "speedup": gained,
        "efficiency": gained / workers,
    }


def _measure_scaling(size: int, texts: dict[int, int], options: BenchOptions) -> dict[int, Row]:
    """Return the median turn for each number of workers."""
    settings = EmbedSettings(device="cpu")
    model = identify(settings)
    constants = {"revision": model.revision, "dtype": model.dtype}
    with tempfile.TemporaryDirectory(prefix="workers-") as folder:
        store = WorkStore(Path(folder))
        pieces = _create_pieces(
            store, synthetic_texts(max(texts.values()), options.seed), constants
        )
        turns = {
            w: lambda w=w, count=count: _run_turn(store, pieces[: -(-count // _PIECE)], w, settings)
            for w, count in texts.items()
        }
        runs = take_turns({str(w): turn for w, turn in turns.items()}, options.repeats)
        return {w: median_row(runs[str(w)]) for w in texts}


def _create_pieces(
    store: WorkStore, texts: Sequence[str], constants: dict[str, str]
) -> list[Piece]:
    pieces = []
    for start in range(0, len(texts), _PIECE):
        own = texts[start : start + _PIECE]
        table = pa.table({"text": own, "text_hash": [f"{start + n:08d}" for n in range(len(own))]})
        key = f"p{start:08d}"
        put = store.commit("texts", key, "0" * 64, {"texts": table}, rows_in=len(own), seconds=0.0)
        pieces.append(Piece(key, {"texts": (put.outputs["texts"],)}, constants))
    return pieces


def _run_turn(
    store: WorkStore, pieces: Sequence[Piece], workers: int, settings: EmbedSettings
) -> Row:
    model = identify(settings)
    with local_cluster(DaskSettings(workers=workers)) as client:
        client.run(warm, settings, model.revision, model.dtype)
        began = time.perf_counter()
        done = run_stage(store, Stage.of(embed, settings), pieces, client=client, resume=False)
        seconds = time.perf_counter() - began
    tasks = [manifest.seconds for manifest in done.manifests]
    return {
        "seconds": seconds,
        "tasks": tasks,
        "overhead": max(0.0, (seconds * workers - sum(tasks)) / len(tasks)),
    }


def makespan(tasks: Sequence[float], workers: int, overhead: float) -> float:
    """Return the seconds until all tasks are done, if the first free worker takes the next task.

    Examples
    --------
    >>> makespan([1.0, 2.0, 3.0], workers=2, overhead=0.0)
    4.0
    """
    free = [0.0] * workers
    for seconds in tasks:
        heapq.heapreplace(free, free[0] + seconds + overhead)
    return max(free)


BENCH = Bench(
    name="workers",
    title="Encoding over Dask: strong and weak scaling",
    measure=measure,
    sizes=(2_048,),
    quick_sizes=(128,),
    columns=("contender", "texts", "workers", "seconds", "speedup", "efficiency"),
    plot=Plot("speedup", x="workers"),
)
