from __future__ import annotations

import pytest
import torch

from benchmarks.lib.harness import BenchOptions
from benchmarks.suite import gpu


def test_without_a_gpu_nothing_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    found = gpu.measure(BenchOptions(sizes=(8,)))
    assert found.rows == []
    assert found.missing == {"gpu": "not measured: PyTorch finds no CUDA device"}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no CUDA device")
def test_all_contenders_encode_on_a_gpu() -> None:
    found = gpu.measure(BenchOptions(sizes=(256,), repeats=1, quick=True))
    assert len(found.rows) == 3
    assert all(row["documents_per_second"] > 0 for row in found.rows)
