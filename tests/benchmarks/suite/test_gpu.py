from __future__ import annotations

import pytest
import torch

from benchmarks.lib.harness import Asked
from benchmarks.suite import gpu


def test_without_a_card_it_says_so_and_measures_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    found = gpu.measure(Asked(sizes=(8,)))
    assert found.rows == []
    assert found.missing == {"gpu": "not measured: PyTorch sees no CUDA device here"}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch sees no CUDA device here")
def test_with_a_card_everyone_encodes() -> None:
    found = gpu.measure(Asked(sizes=(256,), repeats=1, quick=True))
    assert len(found.rows) == 3
    assert all(row["documents_per_second"] > 0 for row in found.rows)
