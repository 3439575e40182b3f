"""Encoding on a GPU: each part of the way of a text alone, all of them together, and the library.

The parts are measured one after the other, each with what the one before gives, so their sum says
what encoding would take if nothing ran at the same time, and the model's part how much of it is
arithmetic. A test runs all of it on the CPU.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from benchmarks.lib.encoders import Library, token_counts
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
from pipeline.embedding.bert_loader import load_packed_model
from pipeline.embedding.embed import VECTORS, encode
from pipeline.embedding.packed_batches import GPU_BATCH_FACTOR, stream_batches
from pipeline.embedding.token_rows import TokenRows
from pipeline.embedding.weights import identify
from pipeline.schemas.partitions import FULL_ROWS
from pipeline.schemas.vectors import column_of_vectors
from pipeline.settings import EmbedSettings
from pipeline.storage.work_store import WorkStore

__all__ = ["BENCH", "measure_on", "needed_flops"]

_NONE = "not measured: PyTorch finds no CUDA device"
_MILLION, _TOKENS = 1_000_000, 60
_GOAL_SECONDS, _GOAL_SHARE = 60, 0.4  # for a million texts of 60 tokens, of the peak
_MODEL, _WHOLE = "part: model", "ours, with commits"
_LIBRARY = "sentence-transformers"


def measure(options: BenchOptions) -> BenchResult:
    """Measure ours and sentence-transformers on the GPU; without one, the result says so."""
    if not torch.cuda.is_available():
        return BenchResult([], missing={"gpu": _NONE})
    return measure_on("cuda", options)


def measure_on(device: str, options: BenchOptions) -> BenchResult:
    """Measure on any device.

    Parameters
    ----------
    device : {"cuda", "cpu"}
        Where to encode.
    options : BenchOptions
        Sizes and repeats.

    Returns
    -------
    BenchResult
    """
    shapes = ((8192, 8192, 8192), (65536, 384, 1536)) if device == "cuda" else ((1024, 384, 1536),)
    way = _Way(device, GPU_BATCH_FACTOR * EmbedSettings().batch_tokens)
    peak = measure_gemm_peak(way.identity.dtype, device=device, shapes=shapes)
    libraries = {
        f"{_LIBRARY}, {dtype}": Library(dtype, device) for dtype in ("float32", "bfloat16")
    }
    rows: list[Row] = []
    for size in options.sizes:
        texts = synthetic_texts(size, options.seed)
        tokens = token_counts(texts)
        with options.work_folder("gpu") as folder:
            way.prepare(texts, WorkStore(folder / uuid.uuid4().hex))
            contenders: dict[str, Callable[[], object]] = {
                _WHOLE: way.encode_and_commit,
                "ours": way.encode_all,
                **way.parts,
            }
            for name, library in libraries.items():
                library.encode(texts[:256])
                contenders[name] = partial(library.encode, texts)
            turns = {name: partial(_run_turn, call, device) for name, call in contenders.items()}
            found = take_turns(turns, options.repeats)
        rows += _rows({name: median_row(runs) for name, runs in found.items()}, tokens, peak)
    figures = _figures(rows, tokens, device, peak)
    return BenchResult(rows, figures, _notes(figures))


class _Way:
    """The parts of the way of texts through a worker, with our model on a device.

    Parameters
    ----------
    device : {"cuda", "cpu"}
        Where to encode.
    batch_tokens : int
        Most tokens of a batch.
    """

    def __init__(self, device: str, batch_tokens: int) -> None:
        here = identify(EmbedSettings(device="cpu", dtype="float32"))
        dtype = "bfloat16"
        if device == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
            dtype = "float32"
        self.identity = replace(here, device=device, dtype=dtype)
        model = load_packed_model(self.identity)
        assert model is not None, "the bundled model is a BERT"
        self._model, self._encoder, self._batch_tokens = model, model.encoder, batch_tokens
        self.parts = {
            "part: tokenize": self._tokenize,
            "part: lay out": self._lay_out,
            "part: copy to device": self._copy_in,
            _MODEL: self._compute,
            "part: copy back": self._copy_back,
            "part: commit": self._commit,
        }

    def prepare(self, texts: Sequence[str], store: WorkStore) -> None:
        """Run each part once: each of them then has what the one before gives."""
        self._store = store
        self._pieces = [texts[n : n + FULL_ROWS] for n in range(0, len(texts), FULL_ROWS)]
        self._host: list[TokenRows] = []
        for part in self.parts.values():
            part()

    def encode_all(self) -> list[np.ndarray]:
        """Encode all pieces as a worker does; the parts overlap within a piece."""
        return [encode(piece, self.identity) for piece in self._pieces]

    def encode_and_commit(self) -> None:
        """Encode and commit one piece after the other as a worker does."""
        for number, piece in enumerate(self._pieces):
            _commit(self._store, number, encode(piece, self.identity))

    def _tokenize(self) -> None:
        self._tokens = [
            [tokens for _, tokens in stream_batches(self._model, piece, self._batch_tokens)]
            for piece in self._pieces
        ]

    def _lay_out(self) -> None:
        self._host = [self._encoder.lay_out(batch) for piece in self._tokens for batch in piece]

    def _copy_in(self) -> None:
        self._on_device = [rows.to(self._encoder.device) for rows in self._host]

    def _compute(self) -> None:
        self._encoded = [self._encoder.encode_rows(rows) for rows in self._on_device]

    def _copy_back(self) -> None:
        count = sum(len(piece) for piece in self._pieces)
        on_gpu = self._encoder.device.type == "cuda"
        self._vectors = torch.empty(count, self._encoder.dim, pin_memory=on_gpu)
        start = 0
        for vectors in self._encoded:
            self._vectors[start : start + len(vectors)].copy_(vectors, non_blocking=True)
            start += len(vectors)

    def _commit(self) -> None:
        for number, vectors in enumerate(torch.split(self._vectors, FULL_ROWS)):
            _commit(self._store, number, vectors.numpy())


def _commit(store: WorkStore, number: int, vectors: np.ndarray) -> None:
    """Commit the vectors of one piece under a fingerprint that is new, so nothing is reused."""
    hashes = pa.array([f"{row:064x}" for row in range(len(vectors))], pa.string())
    columns = [hashes, column_of_vectors(vectors, "float16")]
    table = pa.table(columns, schema=VECTORS(vectors.shape[1]))
    fingerprint = uuid.uuid4().hex
    store.commit(
        "embed",
        f"p{number:05d}",
        fingerprint,
        {"vectors": table},
        rows_in=len(vectors),
        seconds=0.0,
    )


def _run_turn(call: Callable[[], object], device: str) -> Row:
    with Watch() as watch:
        call()
        if device == "cuda":
            torch.cuda.synchronize()
    return watch.row


def _rows(medians: dict[str, Row], tokens: np.ndarray, peak: float) -> list[Row]:
    """Return a row for each contender; `share_of_parts` for parts, of the peak for the others."""
    parts = sum(row["seconds"] for name, row in medians.items() if name.startswith("part: "))
    rows = []
    for name, row in medians.items():
        part = name.startswith("part: ")
        computes = not part or name == _MODEL
        rows.append(
            {
                "contender": name,
                "texts": len(tokens),
                **row,
                "documents_per_second": len(tokens) / row["seconds"],
                "seconds_for_a_million": _MILLION * row["seconds"] / len(tokens),
                "share_of_parts": row["seconds"] / parts if part else None,
                "share_of_gemm_peak": flops(tokens) / row["seconds"] / 1e9 / peak
                if computes
                else None,
            }
        )
    return rows


def needed_flops(texts: int, tokens: int) -> float:
    """Return the floating-point operations of the default model for texts of equal length.

    Examples
    --------
    >>> round(needed_flops(1, 1) / 1e6, 2)
    21.24
    >>> round(needed_flops(1_000_000, 60) / 1e15, 2)
    1.31
    """
    return texts * flops(np.array([tokens]))


def _figures(rows: Sequence[Row], tokens: np.ndarray, device: str, peak: float) -> dict[str, Any]:
    """Return the figures of the largest size."""
    by = {row["contender"]: row for row in rows if row["texts"] == len(tokens)}
    parts = sum(row["seconds"] for name, row in by.items() if name.startswith("part: "))
    need = needed_flops(_MILLION, _TOKENS)
    ours, speed = by["ours"], "documents_per_second"
    return {
        "device": torch.cuda.get_device_name(0) if device == "cuda" else "the CPU",
        "gemm_gflops": peak,
        "tokens_per_text": float(tokens.mean()),
        "model_share": by[_MODEL]["share_of_parts"],
        "model_share_of_gemm_peak": by[_MODEL]["share_of_gemm_peak"],
        "parts_over_together": parts / by[_WHOLE]["seconds"],
        "times_the_library": ours[speed] / by[f"{_LIBRARY}, float32"][speed],
        "times_the_library_in_bfloat16": ours[speed] / by[f"{_LIBRARY}, bfloat16"][speed],
        "goal_petaflop": need / 1e15,
        "seconds_for_a_million_of_60_tokens": need / (peak * 1e9 * ours["share_of_gemm_peak"]),
        "seconds_at_goal_share": need / (peak * 1e9 * _GOAL_SHARE),
        "gflops_needed_for_goal": need / _GOAL_SECONDS / _GOAL_SHARE / 1e9,
    }


def _notes(figures: dict[str, Any]) -> list[str]:
    f = figures
    return [
        f"{f['device']}: products of matrices at {f['gemm_gflops']:,.0f} GFLOP/s. One after the "
        f"other, the parts take {f['parts_over_together']:.2f} times as long as together; the "
        f"model is {f['model_share']:.0%} of them, and runs at "
        f"{f['model_share_of_gemm_peak']:.0%} of that peak.",
        f"Texts here have {f['tokens_per_text']:.0f} tokens. A token needs 21.2 MFLOP, and 9,216 "
        f"FLOP more for each token of its text: {f['goal_petaflop']:.2f} PFLOP for a million texts "
        f"of 60 tokens, {f['seconds_at_goal_share']:,.0f} s at 40 % of this peak, "
        f"{f['seconds_for_a_million_of_60_tokens']:,.0f} s at the share that ours reaches. 60 s at "
        f"40 % need a peak of {f['gflops_needed_for_goal']:,.0f} GFLOP/s.",
        f"ours is {f['times_the_library']:.2f} times as fast as the library with its defaults, and "
        f"{f['times_the_library_in_bfloat16']:.2f} times as in bfloat16.",
    ]


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
        "share_of_parts",
        "share_of_gemm_peak",
    ),
    plot=Plot("documents_per_second"),
)
