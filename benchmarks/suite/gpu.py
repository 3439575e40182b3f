"""The same encoding on a GPU: documents a second, and the share of the card's own bf16 peak."""

from __future__ import annotations

import torch

from benchmarks.lib.encoders import Library, Ours, token_counts
from benchmarks.lib.harness import Asked, Bench, Found, Plot, Row, medians, take_turns
from benchmarks.lib.machine import Watch, gemm_peak
from benchmarks.lib.vectors import synthetic_texts
from benchmarks.suite.embedding import flops

__all__ = ["BENCH"]

_NONE = "not measured: PyTorch sees no CUDA device here"
_MILLION = 1_000_000


def measure(asked: Asked) -> Found:
    """Ours and the library's on the card, in bf16; nothing, and why, where there is none."""
    if not torch.cuda.is_available():
        return Found([], missing={"gpu": _NONE})
    peak = gemm_peak("bfloat16", device="cuda", shapes=((8192, 8192, 8192), (65536, 384, 1536)))
    ways = {
        "ours, bfloat16": Ours("bfloat16", "cuda"),
        "sentence-transformers, float32": Library("float32", "cuda"),
        "sentence-transformers, bfloat16": Library("bfloat16", "cuda"),
    }
    rows: list[Row] = []
    for size in asked.sizes:
        texts = synthetic_texts(size, asked.seed)
        tokens = token_counts(texts)
        for way in ways.values():
            way.encode(texts[:256])
        found = take_turns(
            {name: lambda way=way, texts=texts: _turn(way, texts) for name, way in ways.items()},
            asked.repeats,
        )
        for name, runs in found.items():
            row = medians(runs)
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
    card = torch.cuda.get_device_name(0)
    return Found(rows, {"card": card, "bf16_gflops": peak}, [f"{card}: {peak / 1000:.0f} TFLOP/s"])


def _turn(way: Ours | Library, texts: list[str]) -> Row:
    with Watch() as watch:
        way.encode(texts)
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
