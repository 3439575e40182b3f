"""Facts of clusters: counted over partitions, added up by family, turned into shares and nouns."""

from __future__ import annotations

import csv
from collections import Counter

import pyarrow as pa
import pytest

from pipeline.label.keywords.cluster_facts import (
    ClusterFacts,
    count_cluster_facts,
    genre_nouns,
    genre_shares,
    merge_cluster_facts,
    size_table,
)
from tests.support.cases import case

MOVIES = pa.schema([("keywords", pa.list_(pa.string())), ("genres", pa.list_(pa.string()))])


def part(*films: tuple[int, list[str] | None, list[str] | None]) -> tuple[pa.Table, pa.Table]:
    """A partition of films: cluster, keywords, genres."""
    rows = [{"keywords": keywords, "genres": genres} for _, keywords, genres in films]
    clusters = pa.array([cluster for cluster, _, _ in films], pa.int32())
    return pa.Table.from_pylist(rows, MOVIES), pa.table({"cluster": clusters})


def test_films_keywords_and_genres_are_counted_over_partitions() -> None:
    facts = count_cluster_facts(
        [
            part((0, ["spy"], ["War", "Drama"]), (2, None, None), (0, [], ["War"])),
            part(),
            part((2, ["sea"], ["Drama", "Drama"])),
        ]
    )
    assert facts == [
        ClusterFacts(2, 1, Counter(War=2, Drama=1)),
        ClusterFacts(),  # no film
        ClusterFacts(2, 1, Counter(Drama=1)),  # a genre listed twice counts once
    ]


def test_facts_add_up_by_family() -> None:
    facts = [
        ClusterFacts(5, 4, Counter(War=3)),
        ClusterFacts(2, 0, Counter(Drama=1)),
        ClusterFacts(1, 1, Counter(War=1, Drama=1)),
    ]
    assert merge_cluster_facts(facts, [1, 0, 1]) == [
        ClusterFacts(2, 0, Counter(Drama=1)),
        ClusterFacts(6, 5, Counter(War=4, Drama=1)),
    ]
    assert facts[0] == ClusterFacts(5, 4, Counter(War=3))  # unchanged


def test_sizes_are_a_table_by_cluster() -> None:
    table = size_table([ClusterFacts(5, 4), ClusterFacts(2, 0)])
    assert table.schema.types == [pa.int32(), pa.int64(), pa.int64()]
    assert table.to_pylist() == [
        {"cluster": 0, "films": 5, "keyword_films": 4},
        {"cluster": 1, "films": 2, "keyword_films": 0},
    ]


def test_shares_are_of_the_films_of_all_clusters_given() -> None:
    facts = [ClusterFacts(6, 0, Counter(War=6, Drama=2)), ClusterFacts(2, 0, Counter(Drama=2))]
    assert genre_shares(facts) == {"War": pytest.approx(0.75), "Drama": pytest.approx(0.5)}


def test_the_noun_of_a_cluster_is_compared_with_all_films() -> None:
    facts = [
        ClusterFacts(10, 0, Counter(Drama=9, War=8)),
        ClusterFacts(90, 0, Counter(Drama=80)),
        ClusterFacts(5, 0, Counter()),
    ]
    assert genre_nouns(facts) == ["War Film", "Drama", ""]


def test_labels_of_one_genre_are_counted_together() -> None:
    facts = count_cluster_facts(
        [part((0, None, ["Horror Movies", "International Movies"]), (0, None, ["Horrorfilm"]))]
    )
    assert facts[0].genres == Counter(Horror=2)


def test_case_17_gives_nouns_of_genres() -> None:
    """A cluster of each theme, and one of half crime, half horror, as the mining forms it."""
    for name in ("films.csv", "lowercase.csv"):
        with case(f"17-genre-words/{name}").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        number = {"Crime": 0, "Ghost": 1, "War": 2, "Love": 3}
        films = [(number[row["title"].split()[0]], None, row["genres"].split(", ")) for row in rows]
        apart = genre_nouns(count_cluster_facts([part(*films)]))
        assert apart == ["Crime Story", "Horror", "War Film", "Romance"]
        halves = [(max(cluster, 1) - 1, keywords, genres) for cluster, keywords, genres in films]
        together = genre_nouns(count_cluster_facts([part(*halves)]))
        assert together[0] in ("Crime Story", "Horror")
        assert together[1:] == ["War Film", "Romance"]


def test_case_18_names_films_that_are_mostly_not_animated_by_their_majority() -> None:
    with case("18-genre-of-a-minority/films.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    films = [
        (int(row["title"].startswith("Girl")), None, row["genres"].split(", ")) for row in rows
    ]
    assert genre_nouns(count_cluster_facts([part(*films)])) == ["Drama", "Drama"]
