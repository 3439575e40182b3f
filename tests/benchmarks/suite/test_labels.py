from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.lib.harness import BenchOptions
from benchmarks.suite import labels
from benchmarks.suite.labels import load_clustered_films


def test_clusters_are_complete_and_numbered_from_0() -> None:
    films = load_clustered_films(None, 200, 1)
    sizes = Counter(films["cluster"].to_pylist())
    assert sorted(sizes) == list(range(len(sizes))) and len(films) <= 200


def test_ours_and_keybert_name_the_same_clusters(monkeypatch: pytest.MonkeyPatch) -> None:
    # BERTopic is not installed for the tests
    monkeypatch.setattr(
        labels, "find_missing", lambda *modules: "left out" if "bertopic" in modules else None
    )
    found = labels.measure(BenchOptions(sizes=(30,), repeats=1, quick=True))
    rows = {row["contender"]: row for row in found.rows}
    assert set(rows) == {"ours", "KeyBERT, cluster by cluster"}
    assert len(found.missing) == 3
    for row in rows.values():
        assert row["clusters"] == 3 and row["example"]
        assert 0 < row["own_centroid_share"] <= 1 and 0 < row["keyword_coverage"] <= 1
    assert found.figures["times_faster_than"].keys() == {"KeyBERT, cluster by cluster"}
