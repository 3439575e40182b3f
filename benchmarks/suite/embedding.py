"""Documents and tokens per second of each encoder, and how close its vectors are to float32."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.lib.encoders import ENCODERS, Library, chosen_dtype, token_counts
from benchmarks.lib.harness import (
    Bench,
    BenchOptions,
    BenchResult,
    Plot,
    Row,
    median_row,
    take_turns,
)
from benchmarks.lib.machine import find_missing, measure_gemm_peak, read_resident
from benchmarks.lib.vectors import real_texts, synthetic_texts
from pipeline.schemas.vectors import unit_rows

__all__ = ["BENCH", "flops"]

_SPAWN = get_context("spawn")
_BASELINE = "sentence-transformers"
_NEIGHBOURS = 10


class _Runner:
    """An encoder in its own processes, which start at the first turn and load the model once.

    Parameters
    ----------
    encoder : str
        Name in ENCODERS, or "pool".
    processes : int
        Number of processes; 0 to encode in this process.
    threads : int
        Threads of each.
    """

    def __init__(self, encoder: str, processes: int, threads: int) -> None:
        self.encoder, self.processes, self.threads = encoder, processes, threads
        self.pools: Sequence[Executor] = ()

    def _start(self) -> None:
        executors = [ProcessPoolExecutor(1, _SPAWN) for _ in range(self.processes)]
        self.pools = executors or [ThreadPoolExecutor(1)]
        for pool in self.pools:
            pool.submit(_prepare, self.encoder, self.threads).result()

    def __enter__(self) -> _Runner:
        return self

    def __exit__(self, *_: object) -> None:
        for pool in self.pools:
            pool.shutdown()

    def turn(self, texts: Sequence[str], path: Path) -> Row:
        """Encode the texts, a share in each process, and save the vectors as a NumPy file."""
        if not self.pools:
            self._start()
        began = time.perf_counter()
        parts = [
            pool.submit(_encode, self.encoder, texts[start :: len(self.pools)])
            for start, pool in enumerate(self.pools)
        ]
        results = [part.result() for part in parts]
        seconds = time.perf_counter() - began
        vectors = np.empty((len(texts), results[0][0].shape[1]), np.float32)
        for start, (own, _) in enumerate(results):
            vectors[start :: len(self.pools)] = own
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, vectors)
        return {
            "seconds": seconds,
            "texts": len(texts),
            "peak_mib": max(peak for _, peak in results),
        }


@cache
def _load_encoder(encoder: str) -> Any:
    if encoder == "pool":
        return Library(processes=os.cpu_count() or 1)
    return ENCODERS[encoder][0]()


def _prepare(encoder: str, threads: int) -> None:
    torch.set_num_threads(threads)
    os.environ["TOKENIZERS_PARALLELISM"] = "false" if threads == 1 else "true"
    _load_encoder(encoder).encode(["a film"] * 8)


def _encode(encoder: str, texts: Sequence[str]) -> tuple[np.ndarray, float]:
    vectors = _load_encoder(encoder).encode(texts)
    return vectors, read_resident()[1]


def flops(tokens: np.ndarray, layers: int = 6, dim: int = 384, wide: int = 1_536) -> float:
    """Return the floating-point operations of the matrix products of a BERT.

    Each token has four products of dim by dim, two of dim by wide, and two of its attention to the
    tokens of its text.

    Parameters
    ----------
    tokens : ndarray of shape (n_texts,), int
        Number of tokens of each text.
    layers, dim, wide : int
        Number of layers, their width, and the width of the feed-forward part.
    """
    dense = layers * (4 * dim * dim + 2 * dim * wide) * 2
    return float((dense * tokens + layers * 4 * dim * tokens**2).sum())


def measure(options: BenchOptions) -> BenchResult:
    """Run all encoders in turn on the same texts; the figures are those of the largest size."""
    cores = os.cpu_count() or 1
    chosen = chosen_dtype()
    runners = {
        f"ours, {cores} workers": ("ours", cores, 1),
        "ours, 1 worker": ("ours", 1, 1),
        _BASELINE: (_BASELINE, 1, cores),
        f"{_BASELINE}, pool of {cores}": ("pool", 1, cores),
    }
    missing = {}
    for encoder, (_, modules) in ENCODERS.items():
        why = find_missing(*modules)
        if why is not None:
            missing[encoder] = why
        elif encoder not in ("ours", f"ours, {chosen}", _BASELINE):
            ours = encoder.startswith("ours")
            runners[encoder] = (encoder, cores, 1) if ours else (encoder, 1, cores)
    if options.quick:  # all in this process
        del runners[f"{_BASELINE}, pool of {cores}"]
        missing[f"{_BASELINE}, pool of {cores}"] = "left out of a quick run"
        runners = {name: (encoder, 0, cores) for name, (encoder, _, _) in runners.items()}
    texts = real_texts(options.release)
    rounds = 3 if options.quick else 12
    peaks = {d: measure_gemm_peak(d, threads=cores, rounds=rounds) for d in ("float32", chosen)}
    rows: list[Row] = []
    for size in options.sizes:
        some = (texts + synthetic_texts(max(0, size - len(texts)), options.seed))[:size]
        rows += _rows(some, runners, options, peaks)
    figures = _figures(rows[-len(runners) :], cores, peaks)
    return BenchResult(rows, figures, _notes(figures), missing)


def _dtype_of(encoder: str) -> str:
    """Return the dtype that an encoder computes in; 8-bit weights count as float32."""
    if encoder == "ours":
        return chosen_dtype()
    return "bfloat16" if "bfloat16" in encoder else "float32"


def _rows(
    texts: Sequence[str],
    runners: dict[str, tuple[str, int, int]],
    options: BenchOptions,
    peaks: Mapping[str, float],
) -> list[Row]:
    tokens = token_counts(texts)
    with ExitStack() as stack:
        folder = stack.enter_context(options.work_folder("embedding"))
        key = f"embedding-{len(texts)}"
        paths = {name: folder / key / f"{number}.npy" for number, name in enumerate(runners)}
        turns = {}
        for name, how in runners.items():
            # a CPU without units for the dtype is slow: measure it with fewer texts
            few = len(texts) if _dtype_of(how[0]) in peaks else len(texts) // 8
            runner = stack.enter_context(_Runner(*how))
            some = texts[: max(few, 1)]
            turns[name] = lambda r=runner, t=some, p=paths[name]: r.turn(t, p)
        turn_rows = take_turns(turns, options.repeats, options.work, key)
        saved = {name: np.load(path) for name, path in paths.items()}
    exact = saved[_BASELINE]
    rows = []
    for name, runs in turn_rows.items():
        row = median_row(runs)
        # vectors of the library in bfloat16 do not have exactly unit length
        vectors, count = unit_rows(saved[name]), row["texts"]
        peak = peaks.get(_dtype_of(runners[name][0]), peaks["float32"])
        rows.append(
            {
                "contender": name,
                **row,
                "documents_per_second": count / row["seconds"],
                "tokens_per_second": float(tokens[:count].sum()) / row["seconds"],
                "share_of_gemm_peak": flops(tokens[:count]) / row["seconds"] / 1e9 / peak,
                "mean_cosine": float((vectors * exact[:count]).sum(1).mean()),
                "same_neighbours": _same_neighbours(vectors, exact[:count]),
            }
        )
    return rows


def _same_neighbours(vectors: np.ndarray, exact: np.ndarray) -> float:
    """Return the share of each text's nearest texts, by exact vectors, that these vectors find."""
    count = min(_NEIGHBOURS, len(exact) - 1)
    if count < 1:
        return 1.0
    nearest = []
    for rows in (vectors, exact):
        similarity = rows @ rows.T
        np.fill_diagonal(similarity, -np.inf)
        nearest.append(np.argpartition(-similarity, count - 1, axis=1)[:, :count])
    return float(np.mean([len(set(a) & set(b)) / count for a, b in zip(*nearest, strict=True)]))


def _figures(rows: Sequence[Row], cores: int, peaks: Mapping[str, float]) -> dict[str, Any]:
    by = {row["contender"]: row for row in rows}
    ours, alone = by[f"ours, {cores} workers"], by["ours, 1 worker"]
    theirs, pool = by[_BASELINE], by.get(f"{_BASELINE}, pool of {cores}")
    speed = "documents_per_second"
    dtype = chosen_dtype()
    # upper limit of any encoder with that dtype: the products alone, at the peak of this machine
    limit = ours[speed] / ours["share_of_gemm_peak"]
    return {
        "dtype": dtype,
        "gemm_gflops": peaks[dtype],
        "float32_gemm_gflops": peaks["float32"],
        "times_the_defaults": ours[speed] / theirs[speed],
        "times_the_pool": pool and ours[speed] / pool[speed],
        "times_one_worker": ours[speed] / alone[speed],
        "mean_cosine": ours["mean_cosine"],
        "limit_documents_per_second": limit,
        "limit_times_the_defaults": limit / theirs[speed],
    }


def _notes(figures: dict[str, Any]) -> list[str]:
    return [
        f"ours computes in {figures['dtype']} here: {figures['times_the_defaults']:.2f} times the "
        f"speed of sentence-transformers with defaults, at a mean cosine of "
        f"{figures['mean_cosine']:.5f}; two workers are {figures['times_one_worker']:.2f} times as "
        "fast as one",
        f"peak of matrix products on this machine: {figures['gemm_gflops']:.0f} GFLOP/s in "
        f"{figures['dtype']}, {figures['float32_gemm_gflops']:.0f} in float32; at the former, the "
        f"products of the model alone limit encoding to "
        f"{figures['limit_documents_per_second']:.0f} documents per second, "
        f"{figures['limit_times_the_defaults']:.2f} times the defaults",
    ]


BENCH = Bench(
    name="embedding",
    title="Embedding with all-MiniLM-L6-v2: documents per second",
    measure=measure,
    sizes=(1_000,),
    quick_sizes=(192,),
    columns=(
        "contender",
        "texts",
        "seconds",
        "documents_per_second",
        "tokens_per_second",
        "share_of_gemm_peak",
        "mean_cosine",
        "same_neighbours",
        "peak_mib",
    ),
    plot=Plot("documents_per_second"),
)
