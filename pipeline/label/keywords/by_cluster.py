"""Tables of candidates and keywords, read or cut by cluster."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

__all__ = [
    "candidate_terms",
    "chosen_keywords",
    "distinct_terms",
    "scored_keywords",
    "split_clusters",
]


def candidate_terms(candidates: pa.Table, clusters: int) -> dict[int, list[str]]:
    """Return the candidates of each cluster, best first.

    Parameters
    ----------
    candidates : pa.Table
        CANDIDATES, sorted by cluster, best first.
    clusters : int
        Number of clusters; one without candidates gets an empty list.
    """
    terms: dict[int, list[str]] = {cluster: [] for cluster in range(clusters)}
    for row in candidates.select(["cluster", "term"]).to_pylist():
        terms[row["cluster"]].append(row["term"])
    return terms


def distinct_terms(candidates: pa.Table) -> list[str]:
    """Return the distinct values of the column `term`, sorted."""
    return sorted(set(candidates.column("term").to_pylist()))


def chosen_keywords(keywords: pa.Table, clusters: int) -> dict[int, list[str]]:
    """Return the chosen keywords of each cluster, best first.

    Parameters
    ----------
    keywords : pa.Table
        KEYWORDS of all clusters.
    clusters : int
        Number of clusters; one without keywords gets an empty list.
    """
    chosen: dict[int, list[str]] = {cluster: [] for cluster in range(clusters)}
    for row in keywords.filter(keywords["chosen"]).select(["cluster", "keyword"]).to_pylist():
        chosen[row["cluster"]].append(row["keyword"])
    return chosen


def scored_keywords(keywords: pa.Table, clusters: int) -> dict[int, list[tuple[str, float, float]]]:
    """Return (keyword, score, contrast) of each cluster, chosen and not chosen, best first.

    Parameters
    ----------
    keywords : pa.Table
        KEYWORDS of all clusters.
    clusters : int
        Number of clusters; one without keywords gets an empty list.
    """
    scored: dict[int, list[tuple[str, float, float]]] = {c: [] for c in range(clusters)}
    for row in keywords.to_pylist():
        scored[row["cluster"]].append((row["keyword"], row["score"], row["contrast"]))
    return scored


def split_clusters(table: pa.Table, clusters: int, size: int) -> Iterator[pa.Table]:
    """Yield the rows of `size` consecutive clusters at a time, in their order.

    Parameters
    ----------
    table : pa.Table
        A table with a column `cluster` (int32).
    clusters : int
        Number of clusters.
    size : int
        Number of clusters in each table but the last.
    """
    for start in range(0, clusters, size):
        group = pa.array(range(start, min(start + size, clusters)), pa.int32())
        own = table.filter(pc.is_in(table.column("cluster"), value_set=group))
        yield own.combine_chunks()
