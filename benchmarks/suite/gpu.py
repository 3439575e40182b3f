"""Encoding on a GPU: documents per second, and the share of the bf16 peak of the device."""

from __future__ import annotations

import torch

from benchmarks.lib.encoders import Library, Ours, token_counts
from benchmarks.lib.harness import (
    Bench,
    BenchOptions,
    BenchResult,
    Plot,
    Row,
    median_row,
    take_turns,
)
from benchmarks.lib.machine import Watch, measure_gemm_peak
from benchmarks.lib.vectors import synthetic_texts
from benchmarks.suite.embedding import flops

__all__ = ["BENCH"]

_NONE = "not measured: PyTorch finds no CUDA device"
_MILLION = 1_000_000


def measure(options: BenchOptions) -> BenchResult:
    """Measure ours and sentence-transformers on the GPU; without one, the result says so."""
    if not torch.cuda.is_available():
        return BenchResult([], missing={"gpu": _NONE})
    peak = measure_gemm_peak(
        "bfloat16", device="cuda", shapes=((8192, 8192, 8192), (65536, 384, 1536))
    )
    encoders = {
        "ours, bfloat16": Ours("bfloat16", "cuda"),
        "sentence-transformers, float32": Library("float32", "cuda"),
        "sentence-transformers, bfloat16": Library("bfloat16", "cuda"),
    }
    rows: list[Row] = []
    for size in options.sizes:
        texts = synthetic_texts(size, options.seed)
        tokens = token_counts(texts)
        for encoder in encoders.values():
            encoder.encode(texts[:256])
        turns = take_turns(
            {
                name: lambda encoder=encoder, texts=texts: _run_turn(encoder, texts)
                for name, encoder in encoders.items()
            },
            options.repeats,
        )
        for name, runs in turns.items():
            row = median_row(runs)
            rows.append(
                {
                    "contender": name,
                    "texts": size,
                    **row,
                    "documents_per_second": size / row["seconds"],
                    "seconds_for_a_million": _MILLION * row["seconds"] / size,
                    "share_of_gemm_peak": flops(tokens) / row["seconds"] / 1e9 / peak,
                }
            )
    device = torch.cuda.get_device_name(0)
    note = f"{device}: {peak / 1000:.0f} TFLOP/s"
    return BenchResult(rows, {"card": device, "bf16_gflops": peak}, [note])


def _run_turn(encoder: Ours | Library, texts: list[str]) -> Row:
    with Watch() as watch:
        encoder.encode(texts)
    return watch.row


BENCH = Bench(
    name="gpu",
    title="Embedding on a GPU",
    measure=measure,
    sizes=(100_000,),
    quick_sizes=(256,),
    columns=(
        "contender",
        "texts",
        "seconds",
        "documents_per_second",
        "seconds_for_a_million",
        "share_of_gemm_peak",
    ),
    plot=Plot("documents_per_second"),
)
