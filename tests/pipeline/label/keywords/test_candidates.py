"""The candidates of a cluster: its own themes, no names of persons, no boilerplate."""

from __future__ import annotations

from collections.abc import Mapping
from math import log

import numpy as np
import pyarrow as pa
import pytest

from pipeline.label.keywords.candidates import CANDIDATES, rank_candidates
from pipeline.label.terms.film_terms import WORD_COUNTS
from pipeline.label.terms.term_counts import TERM_COUNTS
from pipeline.settings import LabelSettings

Counts = Mapping[tuple[int, str], tuple[int, int, int]]
SETTINGS = LabelSettings()


def ranked(
    counts: Counts,
    films: Mapping[int, int],
    *,
    with_keywords: Mapping[int, int] | None = None,
    words: Mapping[str, tuple[int, int, int]] | None = None,
    settings: LabelSettings = SETTINGS,
) -> pa.Table:
    terms = pa.Table.from_pylist(
        [
            dict(zip(TERM_COUNTS.names, (*key, *numbers), strict=True))
            for key, numbers in counts.items()
        ],
        TERM_COUNTS,
    )
    spoken = [
        dict(zip(WORD_COUNTS.names, (word, *numbers), strict=True))
        for word, numbers in (words or {}).items()
    ]
    keyword_films = films if with_keywords is None else with_keywords
    sizes = pa.table(
        [
            pa.array(list(films), pa.int32()),
            pa.array(list(films.values()), pa.int64()),
            pa.array([keyword_films[cluster] for cluster in films], pa.int64()),
        ],
        names=["cluster", "films", "keyword_films"],
    )
    return rank_candidates(terms, pa.Table.from_pylist(spoken, WORD_COUNTS), sizes, settings)[
        "candidates"
    ]


def names(table: pa.Table, cluster: int = 0) -> list[str]:
    rows = table.to_pylist()
    return [row["term"] for row in rows if row["cluster"] == cluster]


TWO = {0: 20, 1: 20}
TEN = {cluster: 20 for cluster in range(10)}


def test_terms_more_likely_here_than_elsewhere_are_ranked_best_first() -> None:
    table = ranked(
        {
            (0, "submarine"): (12, 12, 12),
            (0, "sea"): (12, 12, 12),
            (0, "love"): (12, 12, 12),
            (1, "sea"): (4, 4, 4),
            (1, "love"): (12, 12, 12),
        },
        TWO,
    )
    assert table.schema == CANDIDATES
    assert names(table, 0) == ["submarine", "sea"]  # love is as likely in both
    assert names(table, 1) == []


def test_share_and_gains() -> None:
    table = ranked({(0, "submarine"): (10, 5, 5), (1, "submarine"): (2, 1, 1)}, TWO)
    (row,) = table.to_pylist()
    share, base = (10 + 12 / 40) / 21, 12 / 40
    assert row["share"] == pytest.approx(0.5)
    assert row["gain"] == pytest.approx(share * log(share / base))
    share, base = (5 + 6 / 40) / 21, 6 / 40
    assert row["keyword_gain"] == pytest.approx(share * log(share / base))


def test_names_of_persons_are_excluded() -> None:
    counts = {
        (0, term): (10, 2, 2)
        for term in (
            "hanks",
            "tom hanks",
            "hanks film",
            "maria",
            "rose",
            "rose garden",
            "war maria",
            "war",
        )
    }
    table = ranked(
        counts,
        TWO,
        words={
            "hanks": (0, 0, 5),  # in the credits, not in the texts
            "tom": (0, 3, 4),
            "maria": (1, 9, 3),  # nearly always with a capital
            "rose": (5, 9, 8),  # often a flower
            "war": (40, 9, 0),
        },
    )
    assert sorted(names(table)) == ["rose", "rose garden", "war"]


def test_a_name_that_is_rare_in_the_credits_is_a_candidate() -> None:
    table = ranked({(0, "falcon"): (10, 2, 2)}, TWO, words={"falcon": (0, 9, 2)})
    assert names(table) == ["falcon"]


@pytest.mark.parametrize(
    "term",
    ["sequel", "woman director", "based on novel or book", "aftercreditsstinger", "tense"],
)
def test_boilerplate_is_excluded(term: str) -> None:
    assert names(ranked({(0, term): (15, 15, 15), (0, "spy"): (9, 9, 9)}, TWO)) == ["spy"]


@pytest.mark.parametrize("term", ["one against many five six", "of the", "1961", "young man"])
def test_long_and_meaningless_terms_are_excluded(term: str) -> None:
    assert names(ranked({(0, term): (15, 15, 15), (0, "spy"): (9, 9, 9)}, TWO)) == ["spy"]


def test_a_term_of_one_film_is_excluded() -> None:
    settings = LabelSettings(min_films=1)
    table = ranked({(0, "spy"): (1, 1, 1), (0, "sea"): (2, 2, 2)}, TWO, settings=settings)
    assert names(table) == ["sea"]


@pytest.mark.parametrize(("films", "included"), [(20, False), (8, True)])
def test_fewer_films_suffice_in_a_small_cluster(films: int, included: bool) -> None:
    table = ranked({(0, "spy"): (2, 2, 2)}, {0: films, 1: 50})
    assert names(table) == (["spy"] if included else [])


def test_phrases_outside_keywords_are_excluded_if_films_have_keywords() -> None:
    counts = {(0, "crew dives"): (9, 0, 0), (0, "crew"): (9, 0, 2), (0, "submarine"): (9, 2, 2)}
    assert sorted(names(ranked(counts, TWO))) == ["crew", "submarine"]


def test_a_catalogue_without_keywords_has_candidates() -> None:
    table = ranked(
        {(0, "crew dives"): (9, 0, 0), (1, "haunted house"): (9, 0, 0)},
        TWO,
        with_keywords={0: 0, 1: 0},
    )
    assert names(table, 0) == ["crew dives"]
    assert names(table, 1) == ["haunted house"]
    assert table.column("keyword_gain").to_pylist() == [0.0, 0.0]


def test_partitions_add_up_in_any_order() -> None:
    whole = ranked({(0, "spy"): (9, 6, 6), (0, "sea"): (9, 6, 6), (1, "sea"): (5, 0, 0)}, TWO)
    rows = [
        (0, "sea", 4, 3, 3),
        (1, "sea", 5, 0, 0),
        (0, "spy", 8, 6, 6),
        (0, "spy", 1, 0, 0),
        (0, "sea", 5, 3, 3),
    ]
    sizes = pa.table(
        [pa.array([0, 1], pa.int32()), pa.array([20, 20]), pa.array([20, 20])],
        names=["cluster", "films", "keyword_films"],
    )
    for some in (rows, rows[::-1]):
        terms = pa.table([list(c) for c in zip(*some, strict=True)], schema=TERM_COUNTS)
        parts = rank_candidates(terms, WORD_COUNTS.empty_table(), sizes, SETTINGS)["candidates"]
        assert parts.equals(whole)


def test_number_of_candidates_is_limited() -> None:
    counts = {(c, f"theme{n:02d}"): (9 + n, 0, 2) for n in range(10) for c in (0,)}
    table = ranked(counts, TWO, settings=LabelSettings(candidates=5))
    assert names(table) == [f"theme{n:02d}" for n in (9, 8, 7, 6, 5)]


def test_no_terms_give_no_candidates() -> None:
    assert ranked({}, TWO).num_rows == 0


def test_ranges_of_terms_give_the_same_candidates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = np.random.default_rng(5)
    rows = [
        (int(cluster), f"theme {term}", int(films), int(films) // 2, int(films) // 2)
        for cluster, term, films in zip(
            chance.integers(0, 6, 900),
            chance.integers(0, 60, 900),
            chance.integers(1, 5, 900),
            strict=True,
        )
    ]
    spoken = [(f"theme{n % 7}", n % 3, 9 * (n % 2), 2) for n in range(40)]
    terms = pa.table([list(c) for c in zip(*rows, strict=True)], schema=TERM_COUNTS)
    words = pa.table([list(c) for c in zip(*spoken, strict=True)], schema=WORD_COUNTS)
    family = np.array([0, 1, 0, 2, 1, 1], np.int32)
    above = pa.table({"cluster": family})
    lifted = terms.set_column(0, TERM_COUNTS.field(0), [family[terms["cluster"].to_numpy()]])

    settings = LabelSettings(candidates=12)

    def rank(counts: pa.Table, groups: int, given: pa.Table | None = None) -> pa.Table:
        each = pa.array([400] * groups, pa.int64())
        sizes = pa.table(
            [pa.array(range(groups), pa.int32()), each, each],
            names=["cluster", "films", "keyword_films"],
        )
        return rank_candidates(counts, words, sizes, settings, given)["candidates"]

    whole, families = rank(terms, 6), rank(lifted, 3)
    assert len(whole) == 6 * 12
    assert rank(terms, 3, above).equals(families)
    monkeypatch.setattr("pipeline.label.keywords.candidates._RANGE_ROWS", 40)
    for pending in (2**18, 25, 0):  # how many candidates stay in memory beside the best
        monkeypatch.setattr("pipeline.label.keywords.candidates._PENDING", pending)
        assert rank(terms, 6).equals(whole)
        assert rank(terms, 3, above).equals(families)


def test_words_of_form_are_no_candidates_unless_the_catalogue_lists_them() -> None:
    found = {
        (0, "horror film directed"): (9, 0, 0),
        (0, "starring"): (9, 0, 0),
        (0, "negative reviews"): (9, 0, 0),
        (0, "ghost"): (9, 0, 0),
    }
    assert names(ranked(found, TWO, with_keywords={0: 0, 1: 0})) == ["ghost"]
    listed = {(0, "film festival"): (9, 4, 9), (0, "film crew"): (9, 0, 0)}
    assert names(ranked(listed, TWO)) == ["film festival"]


def test_what_most_clusters_say_alike_is_no_candidate() -> None:
    """A catalogue's way of speaking, or function words of a language without a list."""
    alike = {(cluster, "kwa"): (8 + (cluster == 0), 0, 0) for cluster in TEN}
    theme = {(cluster, "ghost"): (12 if cluster == 0 else 2, 0, 0) for cluster in TEN}
    none = dict.fromkeys(TEN, 0)
    assert names(ranked({**alike, **theme}, TEN, with_keywords=none)) == ["ghost"]


def test_a_keyword_of_the_catalogue_may_be_said_everywhere() -> None:
    alike = {(cluster, "life"): (8 + (cluster == 0), 3, 3) for cluster in TEN}
    assert names(ranked(alike, TEN)) == ["life"]
