"""The benchmark of a GPU; the CPU takes its place where there is none."""

from __future__ import annotations

import pytest
import torch

from benchmarks.lib.harness import BenchOptions, BenchResult
from benchmarks.suite import gpu


def check(found: BenchResult) -> None:
    rows = {row["contender"]: row for row in found.rows}
    assert list(rows) == [
        "ours, with commits",
        "ours",
        "part: tokenize",
        "part: lay out",
        "part: copy to device",
        "part: model",
        "part: copy back",
        "part: commit",
        "sentence-transformers, float32",
        "sentence-transformers, bfloat16",
    ]
    assert all(row["documents_per_second"] > 0 for row in found.rows)
    shares = [row["share_of_parts"] for name, row in rows.items() if name.startswith("part: ")]
    assert sum(shares) == pytest.approx(1)
    assert rows["part: model"]["share_of_parts"] == found.figures["model_share"]
    assert rows["part: commit"]["share_of_gemm_peak"] is None
    assert 0 < rows["part: model"]["share_of_gemm_peak"] < 1.5  # few products measure the peak
    assert "60 s at 40 % need a peak of" in found.notes[1]


def test_without_a_gpu_nothing_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    found = gpu.measure(BenchOptions(sizes=(8,)))
    assert found.rows == []
    assert found.missing == {"gpu": "not measured: PyTorch finds no CUDA device"}


def test_all_parts_and_contenders_run_on_the_cpu() -> None:
    check(gpu.measure_on("cpu", BenchOptions(sizes=(24,), repeats=1, quick=True)))


def test_the_work_for_a_million_texts_of_60_tokens() -> None:
    layers, dim, wide, tokens = 6, 384, 1_536, 60
    a_token = layers * 2 * (4 * dim * dim + 2 * dim * wide + 2 * dim * tokens)
    assert gpu.needed_flops(1_000_000, tokens) == 1_000_000 * tokens * a_token


@pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no CUDA device")
def test_all_parts_and_contenders_run_on_a_gpu() -> None:
    check(gpu.measure(BenchOptions(sizes=(256,), repeats=1, quick=True)))
