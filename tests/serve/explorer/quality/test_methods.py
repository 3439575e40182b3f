"""Methods that a release was compared with, and peers that were not run."""

from __future__ import annotations

from serve.explorer.quality.methods import compare_methods
from tests.support.full_release import FIGURES


def test_each_peer_is_listed_once() -> None:
    rows = compare_methods(FIGURES)
    assert [(row.name, row.measured) for row in rows] == [
        ("This release", True),
        ("Agglomerative (Ward)", True),
        ("HDBSCAN", True),
        ("BERTopic", False),
        ("EVoC", False),
    ]
    assert rows[0].silhouette == FIGURES["clusters"]["points_silhouette"]


def test_a_peer_that_was_run_is_measured() -> None:
    report = {"comparison": [{"method": "BERTopic", "outlier_share": 0.6}]}
    rows = {row.name: row for row in compare_methods(report)}
    assert rows["BERTopic"].measured and rows["BERTopic"].left_out == 0.6
