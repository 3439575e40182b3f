"""Tables of candidates and keywords, read and cut by cluster."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.label.keywords.by_cluster import (
    candidate_terms,
    chosen_keywords,
    distinct_terms,
    scored_keywords,
    split_clusters,
)
from pipeline.label.keywords.candidates import CANDIDATES
from pipeline.label.keywords.selection import KEYWORDS

RANKED = pa.Table.from_pylist(
    [
        {"cluster": 0, "term": "submarine"},
        {"cluster": 0, "term": "sea"},
        {"cluster": 2, "term": "ghost"},
        {"cluster": 2, "term": "sea"},
    ],
    CANDIDATES,
)
SELECTED = pa.Table.from_pylist(
    [
        {"cluster": 0, "keyword": "sea", "chosen": True, "score": 2.0, "contrast": 0.1},
        {"cluster": 0, "keyword": "boat", "chosen": False, "score": 1.0, "contrast": 0.2},
        {"cluster": 2, "keyword": "ghost", "chosen": True, "score": 1.5, "contrast": 0.3},
        {"cluster": 2, "keyword": "house", "chosen": True, "score": 0.5, "contrast": 0.4},
    ],
    KEYWORDS,
)


def test_candidate_terms_keep_their_order() -> None:
    assert candidate_terms(RANKED, 3) == {0: ["submarine", "sea"], 1: [], 2: ["ghost", "sea"]}


def test_distinct_terms_are_sorted() -> None:
    assert distinct_terms(RANKED) == ["ghost", "sea", "submarine"]


def test_chosen_keywords_are_without_the_other_candidates() -> None:
    assert chosen_keywords(SELECTED, 3) == {0: ["sea"], 1: [], 2: ["ghost", "house"]}


def test_scored_keywords_are_all() -> None:
    assert scored_keywords(SELECTED, 3) == {
        0: [("sea", 2.0, 0.1), ("boat", 1.0, 0.2)],
        1: [],
        2: [("ghost", 1.5, 0.3), ("house", 0.5, 0.4)],
    }


@pytest.mark.parametrize(("size", "groups"), [(1, [2, 0, 2]), (2, [2, 2]), (3, [4]), (16, [4])])
def test_each_table_has_the_rows_of_its_clusters(size: int, groups: list[int]) -> None:
    parts = list(split_clusters(RANKED, 3, size))
    assert [len(part) for part in parts] == groups
    assert pa.concat_tables(parts).equals(RANKED)
    for number, part in enumerate(parts):
        assert {cluster // size for cluster in part["cluster"].to_pylist()} <= {number}
