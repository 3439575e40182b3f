"""Documents and tokens a second of every way to encode, and how near it comes to float32."""

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
from benchmarks.lib.harness import Asked, Bench, Found, Plot, Row, medians, take_turns
from benchmarks.lib.machine import absent, gemm_peak, resident
from benchmarks.lib.vectors import real_texts, synthetic_texts
from pipeline.schemas.vectors import unit_rows

__all__ = ["BENCH", "flops"]

_SPAWN = get_context("spawn")
_BASELINE = "sentence-transformers"
_NEIGHBOURS = 10


class _Runner:
    """A way in processes of its own, kept from turn to turn: the model is loaded once in each.

    They start at the first turn. With no process it runs in this one.
    """

    def __init__(self, way: str, processes: int, threads: int) -> None:
        self.way, self.processes, self.threads = way, processes, threads
        self.pools: Sequence[Executor] = ()

    def _start(self) -> None:
        executors = [ProcessPoolExecutor(1, _SPAWN) for _ in range(self.processes)]
        self.pools = executors or [ThreadPoolExecutor(1)]
        for pool in self.pools:
            pool.submit(_prepare, self.way, self.threads).result()

    def __enter__(self) -> _Runner:
        return self

    def __exit__(self, *_: object) -> None:
        for pool in self.pools:
            pool.shutdown()

    def turn(self, texts: Sequence[str], path: Path) -> Row:
        """Encode the texts, each process its share, and keep the vectors as a NumPy file."""
        if not self.pools:
            self._start()
        began = time.perf_counter()
        parts = [
            pool.submit(_encode, self.way, texts[start :: len(self.pools)])
            for start, pool in enumerate(self.pools)
        ]
        answers = [part.result() for part in parts]
        seconds = time.perf_counter() - began
        vectors = np.empty((len(texts), answers[0][0].shape[1]), np.float32)
        for start, (found, _) in enumerate(answers):
            vectors[start :: len(self.pools)] = found
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, vectors)
        return {
            "seconds": seconds,
            "texts": len(texts),
            "peak_mib": max(peak for _, peak in answers),
        }


@cache
def _made(way: str) -> Any:
    if way == "pool":
        return Library(processes=os.cpu_count() or 1)
    return ENCODERS[way][0]()


def _prepare(way: str, threads: int) -> None:
    torch.set_num_threads(threads)
    os.environ["TOKENIZERS_PARALLELISM"] = "false" if threads == 1 else "true"
    _made(way).encode(["a film"] * 8)


def _encode(way: str, texts: Sequence[str]) -> tuple[np.ndarray, float]:
    vectors = _made(way).encode(texts)
    return vectors, resident()[1]


def flops(tokens: np.ndarray, layers: int = 6, dim: int = 384, wide: int = 1_536) -> float:
    """Floating-point operations of a BERT of this shape for texts of so many tokens.

    Products only: four of dim by dim and two of dim by wide for each token, and two of its
    attention to every other of its text.
    """
    dense = layers * (4 * dim * dim + 2 * dim * wide) * 2
    return float((dense * tokens + layers * 4 * dim * tokens**2).sum())


def measure(asked: Asked) -> Found:
    """Every way in turn on the same texts; figures are of the largest size."""
    cores = os.cpu_count() or 1
    chosen = chosen_dtype()
    runners = {
        f"ours, {cores} workers": ("ours", cores, 1),
        "ours, 1 worker": ("ours", 1, 1),
        _BASELINE: (_BASELINE, 1, cores),
        f"{_BASELINE}, pool of {cores}": ("pool", 1, cores),
    }
    missing = {}
    for way, (_, modules) in ENCODERS.items():
        why = absent(*modules)
        if why is not None:
            missing[way] = why
        elif way not in ("ours", f"ours, {chosen}", _BASELINE):
            runners[way] = (way, cores, 1) if way.startswith("ours") else (way, 1, cores)
    if asked.quick:  # all in this process, which no second pool of processes is started for
        del runners[f"{_BASELINE}, pool of {cores}"]
        missing[f"{_BASELINE}, pool of {cores}"] = "left out of a quick run"
        runners = {name: (way, 0, cores) for name, (way, _, _) in runners.items()}
    texts = real_texts(asked.release)
    rounds = 3 if asked.quick else 12
    peaks = {d: gemm_peak(d, threads=cores, rounds=rounds) for d in ("float32", chosen)}
    rows: list[Row] = []
    for size in asked.sizes:
        some = (texts + synthetic_texts(max(0, size - len(texts)), asked.seed))[:size]
        rows += _rows(some, runners, asked, peaks)
    figures = _figures(rows[-len(runners) :], cores, peaks)
    return Found(rows, figures, _notes(figures), missing)


def _dtype_of(way: str) -> str:
    """What a way computes in; 8-bit weights are counted as float32 all the same."""
    if way == "ours":
        return chosen_dtype()
    return "bfloat16" if "bfloat16" in way else "float32"


def _rows(
    texts: Sequence[str],
    runners: dict[str, tuple[str, int, int]],
    asked: Asked,
    peaks: Mapping[str, float],
) -> list[Row]:
    tokens = token_counts(texts)
    with ExitStack() as stack:
        folder = stack.enter_context(asked.folder("embedding"))
        key = f"embedding-{len(texts)}"
        paths = {name: folder / key / f"{number}.npy" for number, name in enumerate(runners)}
        turns = {}
        for name, how in runners.items():
            # a CPU without units for it is slow: a few texts are enough to tell
            few = len(texts) if _dtype_of(how[0]) in peaks else len(texts) // 8
            runner = stack.enter_context(_Runner(*how))
            some = texts[: max(few, 1)]
            turns[name] = lambda r=runner, t=some, p=paths[name]: r.turn(t, p)
        found = take_turns(turns, asked.repeats, asked.work, key)
        made = {name: np.load(path) for name, path in paths.items()}
    exact = made[_BASELINE]
    rows = []
    for name, runs in found.items():
        row = medians(runs)
        # vectors of the library in bfloat16 are not quite of unit length
        vectors, count = unit_rows(made[name]), row["texts"]
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
    """Share of each text's nearest ones, by the exact vectors, that these vectors find too."""
    count = min(_NEIGHBOURS, len(exact) - 1)
    if count < 1:
        return 1.0
    nearest = []
    for rows in (vectors, exact):
        likeness = rows @ rows.T
        np.fill_diagonal(likeness, -np.inf)
        nearest.append(np.argpartition(-likeness, count - 1, axis=1)[:, :count])
    return float(np.mean([len(set(a) & set(b)) / count for a, b in zip(*nearest, strict=True)]))


def _figures(rows: Sequence[Row], cores: int, peaks: Mapping[str, float]) -> dict[str, Any]:
    by = {row["contender"]: row for row in rows}
    ours, alone = by[f"ours, {cores} workers"], by["ours, 1 worker"]
    theirs, pool = by[_BASELINE], by.get(f"{_BASELINE}, pool of {cores}")
    speed = "documents_per_second"
    dtype = chosen_dtype()
    # what no encoder of that dtype can pass here: its products alone at the peak of this machine
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
        f"ours computes in {figures['dtype']} here: {figures['times_the_defaults']:.2f} times "
        f"encode's defaults at mean cosine {figures['mean_cosine']:.5f}, two workers "
        f"{figures['times_one_worker']:.2f} times one",
        f"this machine's own matrix products: {figures['gemm_gflops']:.0f} GFLOP/s in "
        f"{figures['dtype']}, {figures['float32_gemm_gflops']:.0f} in float32; at the former the "
        f"model's products alone allow {figures['limit_documents_per_second']:.0f} documents a "
        f"second, {figures['limit_times_the_defaults']:.2f} times encode's defaults here",
    ]


BENCH = Bench(
    name="embedding",
    title="Embedding with all-MiniLM-L6-v2: documents a second",
    measure=measure,
    sizes=(1_000,),
    quick_sizes=(48,),
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
