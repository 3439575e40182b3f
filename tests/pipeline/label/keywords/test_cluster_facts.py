"""Numbers of films of clusters: counted over partitions, added up by family."""

from __future__ import annotations

import pyarrow as pa

from pipeline.label.keywords.cluster_facts import (
    ClusterFacts,
    count_cluster_facts,
    merge_cluster_facts,
    size_table,
)


def part(*films: tuple[int, list[str] | None]) -> tuple[pa.Table, pa.Table]:
    """A partition of films: cluster and keywords."""
    keywords = pa.array([own for _, own in films], pa.list_(pa.string()))
    clusters = pa.array([cluster for cluster, _ in films], pa.int32())
    return pa.table({"keywords": keywords}), pa.table({"cluster": clusters})


def test_films_and_keywords_are_counted_over_partitions() -> None:
    facts = count_cluster_facts(
        [part((0, ["spy"]), (2, None), (0, [])), part(), part((2, ["sea"]), (0, None))]
    )
    assert facts == [ClusterFacts(3, 1), ClusterFacts(), ClusterFacts(2, 1)]


def test_facts_add_up_by_family() -> None:
    facts = [ClusterFacts(5, 4), ClusterFacts(2, 0), ClusterFacts(1, 1)]
    assert merge_cluster_facts(facts, [1, 0, 1]) == [ClusterFacts(2, 0), ClusterFacts(6, 5)]
    assert facts[0] == ClusterFacts(5, 4)  # unchanged


def test_sizes_are_a_table_by_cluster() -> None:
    table = size_table([ClusterFacts(5, 4), ClusterFacts(2, 0)])
    assert table.schema.types == [pa.int32(), pa.int64(), pa.int64()]
    assert table.to_pylist() == [
        {"cluster": 0, "films": 5, "keyword_films": 4},
        {"cluster": 1, "films": 2, "keyword_films": 0},
    ]
