"""Facts of clusters that naming needs: their films, films with keywords, and films by genre."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from pipeline.label.names import genre_noun
from pipeline.schemas.words.genre_words import fold_genres

__all__ = [
    "ClusterFacts",
    "count_cluster_facts",
    "genre_nouns",
    "genre_shares",
    "merge_cluster_facts",
    "size_table",
]


@dataclass
class ClusterFacts:
    """Counts of the films of one cluster, or of one family.

    Attributes
    ----------
    films : int
        Number of films.
    keyword_films : int
        Number of films with at least one keyword.
    genres : Counter of str
        Number of films by genre, as `fold_genre` returns it; a film with several genres counts in
        each.
    """

    films: int = 0
    keyword_films: int = 0
    genres: Counter[str] = field(default_factory=Counter)


def count_cluster_facts(partitions: Iterable[tuple[pa.Table, pa.Table]]) -> list[ClusterFacts]:
    """Count the films of each cluster over all partitions.

    Parameters
    ----------
    partitions : iterable of (pa.Table, pa.Table)
        For each partition its movies (columns `keywords` and `genres`) and its assignments (column
        `cluster`), row by row the same films. There is at least one film.

    Returns
    -------
    list of ClusterFacts
        One for each cluster, from 0 to the highest number.

    Examples
    --------
    >>> movies = pa.table({"keywords": [["spy"], None], "genres": [["War", "Drama"], ["War"]]})
    >>> (facts,) = count_cluster_facts([(movies, pa.table({"cluster": [0, 0]}))])
    >>> facts.films, facts.keyword_films, facts.genres["War"]
    (2, 1, 2)
    """
    facts: defaultdict[int, ClusterFacts] = defaultdict(ClusterFacts)
    for movies, assignments in partitions:
        rows = movies.select(["keywords", "genres"]).to_pylist()
        for row, cluster in zip(rows, assignments.column("cluster").to_pylist(), strict=True):
            own = facts[cluster]
            own.films += 1
            own.keyword_films += bool(row["keywords"])
            own.genres.update(fold_genres(row["genres"]))
    return [facts[cluster] for cluster in range(max(facts) + 1)]


def merge_cluster_facts(
    facts: Sequence[ClusterFacts], families: Sequence[int]
) -> list[ClusterFacts]:
    """Add up the facts of the clusters of each family.

    Parameters
    ----------
    facts : sequence of ClusterFacts
        One for each cluster.
    families : sequence of int
        The family of each cluster, numbered from 0.

    Returns
    -------
    list of ClusterFacts
        One for each family.
    """
    merged = [ClusterFacts() for _ in range(max(families) + 1)]
    for own, family in zip(facts, families, strict=True):
        merged[family].films += own.films
        merged[family].keyword_films += own.keyword_films
        merged[family].genres.update(own.genres)
    return merged


def size_table(facts: Sequence[ClusterFacts]) -> pa.Table:
    """Return the input `sizes` of the stage `candidates`.

    Parameters
    ----------
    facts : sequence of ClusterFacts
        One for each cluster.

    Returns
    -------
    pa.Table
        Columns cluster (int32), films (int64) and keyword_films (int64), by cluster.
    """
    columns = [
        pa.array(range(len(facts)), pa.int32()),
        pa.array([own.films for own in facts], pa.int64()),
        pa.array([own.keyword_films for own in facts], pa.int64()),
    ]
    return pa.table(columns, names=["cluster", "films", "keyword_films"])


def genre_shares(facts: Iterable[ClusterFacts]) -> dict[str, float]:
    """Return the share of the films of some clusters that have each genre, 0 to 1.

    Examples
    --------
    >>> genre_shares([ClusterFacts(4, 0, Counter(War=3)), ClusterFacts(4, 0, Counter(War=1))])
    {'War': 0.5}
    """
    films = 0
    total: Counter[str] = Counter()
    for own in facts:
        films += own.films
        total.update(own.genres)
    return {genre: count / films for genre, count in total.items()}


def genre_nouns(facts: Sequence[ClusterFacts]) -> list[str]:
    """Return `genre_noun` of each cluster, compared with the genres of all clusters together."""
    base = genre_shares(facts)
    return [genre_noun(genre_shares([own]), base) for own in facts]
