from __future__ import annotations

import numpy as np
import pytest

from benchmarks.lib.encoders import ENCODERS, chosen_dtype, token_counts
from benchmarks.lib.harness import BenchOptions
from benchmarks.lib.vectors import synthetic_texts
from benchmarks.suite import embedding
from benchmarks.suite.embedding import flops


def test_the_operations_of_matrix_products_are_counted() -> None:
    # One layer of width 2, feed-forward width 3, one text of 5 tokens. Per token: four products of
    # 2 by 2 and two of 2 by 3. Attention: queries by keys, weights by values, 5 by 5 by 2 each.
    expected = 2 * 5 * (4 * 2 * 2 + 2 * 2 * 3) + 2 * 2 * 5 * 5 * 2
    assert flops(np.array([5]), layers=1, dim=2, wide=3) == expected


def test_synthetic_texts_have_as_many_tokens_as_real_ones() -> None:
    counts = token_counts(synthetic_texts(200, 1))
    assert 40 <= np.median(counts) <= 80


def test_a_quick_run_gets_the_same_vectors_from_each_encoder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = {name: ENCODERS[name] for name in ("ours", "sentence-transformers")}
    monkeypatch.setattr(embedding, "ENCODERS", few | {"peer": (list, ("no_such_library",))})
    found = embedding.measure(BenchOptions(sizes=(24,), repeats=1, quick=True))
    rows = {row["contender"]: row for row in found.rows}
    assert found.missing["peer"] == "not installed: no_such_library"
    for name, row in rows.items():
        if name == "sentence-transformers" or chosen_dtype() == "float32":
            assert row["mean_cosine"] == pytest.approx(1, abs=1e-4)
            assert row["same_neighbours"] > 0.99
        else:  # ties may be ordered differently
            assert row["mean_cosine"] == pytest.approx(1, abs=5e-4)
            assert row["same_neighbours"] > 0.95
        assert row["documents_per_second"] == pytest.approx(24 / row["seconds"])
        assert 0 < row["share_of_gemm_peak"] < 1.5
    assert found.figures["times_the_defaults"] > 0
