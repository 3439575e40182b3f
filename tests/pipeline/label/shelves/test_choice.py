"""One name for each cluster: no two alike, the best first, a number as the last resort."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.label.naming.unique_names import compared_form
from pipeline.label.shelves.choice import (
    ChosenName,
    NameCandidates,
    best_proposals,
    lasting_names,
    many_nameless,
    nameless_clusters,
    numbered_name,
    own_margins,
    split_names,
)
from pipeline.label.shelves.proposals import PROPOSED_NAMES
from pipeline.schemas.name_parts import NameParts


def proposals(
    rows: Sequence[tuple[int, NameParts, float]], films: int = 10, whole: float = 1.0
) -> pa.Table:
    """Return PROPOSED_NAMES of clusters, names and values."""
    return pa.Table.from_pylist(
        [
            {
                "cluster": cluster,
                "films": films,
                "subjects": list(name.subjects),
                "words": list(name.words or name.subjects),
                "genres": list(name.genres),
                "every_genre": name.every_genre,
                "facets": list(name.facets),
                "value": value,
                "whole": whole,
            }
            for cluster, name, value in rows
        ],
        PROPOSED_NAMES,
    )


def candidates(
    rows: list[tuple[int, str, float]],
    margins: list[float] | None = None,
    taken: tuple[str, ...] = (),
) -> NameCandidates:
    """Return candidates: cluster, printed name and value."""
    return NameCandidates(
        [cluster for cluster, _, _ in rows],
        np.array([value for _, _, value in rows]),
        [NameParts((n,)) for n in range(len(rows))],
        [name for _, name, _ in rows],
        np.array(margins or [1.0] * len(rows)),
        taken,
    )


GHOST, SHARK, HORROR = NameParts((1,)), NameParts((2,)), NameParts((), (5,))


@pytest.mark.parametrize(("most", "left"), [(0, []), (1, [0, 2]), (2, [0, 1, 2, 3]), (9, range(5))])
def test_the_best_proposals_of_each_cluster(most: int, left: list[int]) -> None:
    rows = [(0, GHOST, 3.0), (0, SHARK, 2.0), (4, GHOST, 9.0), (4, SHARK, 8.0), (4, HORROR, 7.0)]
    table = proposals(rows)
    assert best_proposals(table, most).equals(table.take(pa.array(left, pa.int64())))
    assert best_proposals(proposals([]), most).num_rows == 0


def test_a_name_near_its_own_centroid_is_preferred() -> None:
    rows = [(0, "Ghost Horror", 1.2), (0, "House Horror", 1.0)]
    assert candidates(rows, [-0.1, 0.1]).choose(1, {})[0].printed == "House Horror"
    assert candidates(rows, [0.1, 0.1]).choose(1, {})[0].printed == "Ghost Horror"
    assert candidates(rows, [-0.2, -0.1]).choose(1, {})[0].printed == "Ghost Horror"


def test_names_that_look_alike_are_given_once() -> None:
    rows = [
        (0, "Ghost & Vampire Horror", 3.0),
        (1, "Vampire & Ghosts: Horror", 2.0),
        (1, "Horror Films", 1.0),
    ]
    names = [own.printed for own in candidates(rows).choose(2, {})]
    assert names == ["Ghost & Vampire Horror", "Horror Films"]


def test_a_number_is_the_last_resort() -> None:
    rows = [(0, "Dramas", 1.0), (1, "Dramas", 2.0), (2, "Drama", 0.5), (2, "Dramas", 0.4)]
    names = candidates(rows).choose(4, {})
    assert [own.printed for own in names] == ["Dramas 2", "Dramas", "Drama 3", "Films"]
    assert names[0].parts == NameParts((0,))  # what it says is still checked
    assert names[3] == ChosenName(NameParts(), "Films")
    taken = candidates(rows, taken=("Dramas", "Dramas 2")).choose(2, {})
    assert sorted(own.printed for own in taken) == ["Dramas 3", "Dramas 4"]


def test_fixed_names_stay_and_are_given_to_no_other() -> None:
    kept = ChosenName(NameParts((9,)), "Ghost Horror", "kept")
    rows = [(0, "Ghost Horror", 3.0), (0, "Horror", 1.0), (1, "Shark Horror", 2.0)]
    names = candidates(rows).choose(2, {1: kept})
    assert [own.printed for own in names] == ["Horror", "Ghost Horror"]
    assert names[1] == kept


def test_alternatives_are_names_of_no_group() -> None:
    rows = [
        (0, "Ghost Horror", 4.0),
        (0, "Horror", 3.0),
        (0, "Ghosts: Horror", 2.5),
        (0, "Shark Horror", 2.0),
        (0, "House Horror", 1.0),
        (1, "Shark Horror", 5.0),
    ]
    own = candidates(rows, taken=("Horror",))
    chosen = own.choose(2, {})
    assert own.alternatives(chosen, 2) == [["House Horror"], []]
    assert candidates(rows).alternatives(chosen, 1) == [["Horror"], []]
    assert candidates(rows).alternatives(chosen, 0) == [[], []]


PRINTED = st.sampled_from(["Ghosts", "Ghost", "Films", "Films 2", "Horror", "Horrors", "Dramas 2"])
PRINTED_ROWS = st.lists(
    st.tuples(st.integers(0, 5), PRINTED, st.sampled_from([0.0, 1.0])), max_size=20
)


@settings(deadline=None)  # words of a language are loaded once
@given(PRINTED_ROWS, st.frozensets(PRINTED, max_size=3), st.sampled_from(["en", "de", "ja"]))
def test_printed_names_are_unique_whatever_is_offered(
    rows: list[tuple[int, str, float]], taken: frozenset[str], language: str
) -> None:
    own = candidates(rows, taken=tuple(sorted(taken)))
    own = NameCandidates(
        own.clusters, own.values, own.parts, own.printed, own.margins, own.taken, language
    )
    names = [name.printed for name in own.choose(6, {})]
    forms = [compared_form(name, language) for name in names]
    assert len(set(forms)) == 6
    assert not set(forms) & {compared_form(name, language) for name in taken}
    for cluster, found in enumerate(own.alternatives(own.choose(6, {}), 3)):
        assert not {compared_form(name, language) for name in found} & set(forms)
        assert len(found) <= 3
        assert set(found) <= {name for n, name, _ in rows if n == cluster}


@pytest.mark.parametrize(
    "language", ["en", "de", "fr", "es", "it", "pt", "ru", "hi", "ja", "zh", "pl"]
)
def test_numbers_distinguish_names_in_every_language(language: str) -> None:
    for name in ("Films", "映画", "Фильмы", "फ़िल्में", ""):
        forms: set[frozenset[str]] = set()
        names = []
        for _ in range(3):
            names.append(numbered_name(name, forms, language))
            forms.add(compared_form(names[-1], language))
        assert names == [name, f"{name} 2", f"{name} 3"]


def test_margins_of_names() -> None:
    centroids = np.eye(3, dtype=np.float32)
    names = np.array([[1, 0, 0], [0.6, 0.8, 0]], np.float32)
    margins = own_margins(np.array([0, 0]), names, centroids)
    np.testing.assert_allclose(margins, [1.0, -0.2], atol=1e-6)
    np.testing.assert_allclose(own_margins(np.array([0]), names[1:], centroids[:1]), [0.6])
    assert own_margins(np.zeros(0, int), names[:0], centroids).tolist() == []


def test_clusters_without_a_name_of_their_own() -> None:
    ghosts, sharks, plain = NameParts((0,), (9,)), NameParts((1,), (9,)), NameParts((), (9,))
    rows = [(0, ghosts, 3.0), (1, ghosts, 2.0), (1, plain, 1.0), (2, plain, 0.9), (3, sharks, 2.5)]
    assert nameless_clusters(proposals(rows), 4) == [2]
    # as many as half of the clusters: the catalogue has no names, and its clusters stay
    assert nameless_clusters(proposals([*rows, (4, plain, 0.1), (5, plain, 0.1)]), 6) == []


def test_a_name_of_few_films_is_no_name_of_its_own() -> None:
    rows = [(0, NameParts((0,)), 3.0), (1, NameParts((1,)), 2.0), (2, NameParts((2,)), 2.0)]
    table = proposals(rows)
    shares = pa.array([0.8, 0.3, 0.7], pa.float64())
    table = table.set_column(table.schema.get_field_index("whole"), "whole", shares)
    assert nameless_clusters(table, 3) == [1]


# --- names that can keep their films

ONE, TWO = NameParts((0,), (9,)), NameParts((1,), (9,))


def test_lasting_names_are_distinct_and_the_best_proposals_come_first() -> None:
    rows = [(0, ONE, 2.0), (0, TWO, 1.0), (1, ONE, 3.0), (1, TWO, 2.5), (3, ONE, 1.0)]
    # the third cluster has no proposal, and others have the only name of the last one
    assert lasting_names(proposals(rows), 4, 1) == [TWO, ONE, NameParts(), NameParts()]
    assert lasting_names(proposals([]), 2, 1) == [NameParts()] * 2


def test_a_lasting_name_keeps_the_words_that_it_prints() -> None:
    (name,) = lasting_names(proposals([(0, NameParts((0,), (9,), words=(14,)), 1.0)]), 1, 1)
    assert name.words == (14,)


@pytest.mark.parametrize(
    ("name", "lasts"),
    [
        (NameParts((0,)), True),
        (NameParts((), (9,)), False),  # a genre, an era or a language alone is no theme
        (NameParts((), (9,), facets=(20,)), False),
        (NameParts(facets=(20,)), False),
        (NameParts(), False),
    ],
)
def test_a_lasting_name_has_a_subject(name: NameParts, lasts: bool) -> None:
    assert lasting_names(proposals([(0, name, 1.0)]), 1, 1) == [name if lasts else NameParts()]


def test_small_clusters_and_names_of_few_films_do_not_last() -> None:
    rows = [(0, ONE, 1.0)]
    assert lasting_names(proposals(rows, films=6), 1, 6) == [ONE]
    assert lasting_names(proposals(rows, films=5), 1, 6) == [NameParts()]
    assert lasting_names(proposals(rows, whole=0.35), 1, 1) == [ONE]
    assert lasting_names(proposals(rows, whole=0.34), 1, 1) == [NameParts()]


@pytest.mark.parametrize(("named", "many"), [(6, False), (4, False), (3, True), (0, True)])
def test_names_say_little_if_more_than_a_third_of_the_clusters_have_none(
    named: int, many: bool
) -> None:
    """Six of nine clusters have films."""
    rows = [(cluster, ONE, 1.0) for cluster in (0, 2, 3, 5, 6, 8)]
    names = [NameParts()] * 9
    for cluster, name, _ in rows[:named]:
        names[cluster] = name
    assert many_nameless(proposals(rows), names) is many
    assert not many_nameless(proposals([]), names)


NAMES = st.sampled_from(
    [ONE, TWO, NameParts((0, 1), (9,)), NameParts((1, 0), (9,)), NameParts((), (9,)), NameParts()]
)
PROPOSED = st.lists(
    st.tuples(st.integers(0, 5), NAMES, st.sampled_from([0.0, 0.5, 1.0])), max_size=24
)


@settings(deadline=None)
@given(PROPOSED, st.randoms(use_true_random=False))
def test_lasting_names_do_not_depend_on_the_order_of_clusters(
    rows: list[tuple[int, NameParts, float]], chance: Any
) -> None:
    names = lasting_names(proposals(rows), 6, 1)
    known = [(frozenset(name.subjects), name.genres) for name in names if name.all_numbers]
    assert len(set(known)) == len(known)
    for cluster, name in enumerate(names):
        assert not name.all_numbers or name in [own for n, own, _ in rows if n == cluster]
    order = list(range(6))
    chance.shuffle(order)
    # proposals of one cluster keep their order: they are sorted, the best first
    mixed = [row for cluster in order for row in rows if row[0] == cluster]
    assert lasting_names(proposals(mixed), 6, 1) == names


# --- names of films that left a cluster


def test_films_that_left_have_a_name_of_their_own_if_enough_of_them_have_it_in_common() -> None:
    rows = [(2, ONE, 2.0), (2, TWO, 1.0), (5, ONE, 3.0), (5, NameParts((), (9,)), 9.0)]
    assert split_names(proposals(rows, films=10), 10, []) == {2: TWO, 5: ONE}
    assert split_names(proposals(rows, films=10), 11, []) == {}
    # the name must be true of that many, not of their cluster
    assert split_names(proposals(rows, films=20, whole=0.5), 10, []) == {2: TWO, 5: ONE}
    assert split_names(proposals(rows, films=20, whole=0.45), 10, []) == {}


def test_a_split_name_is_that_of_no_other_shelf() -> None:
    rows = [(2, NameParts((0, 1), (9,)), 2.0), (2, ONE, 1.0)]
    assert split_names(proposals(rows), 1, [NameParts((1, 0), (9,)), NameParts()]) == {2: ONE}
    assert split_names(proposals(rows), 1, [NameParts((1, 0), (9,)), ONE]) == {}


@pytest.mark.parametrize("name", [NameParts((0,)), NameParts((), (9,)), NameParts()])
def test_a_split_name_has_a_subject_and_a_genre(name: NameParts) -> None:
    assert split_names(proposals([(0, name, 1.0)]), 1, []) == {}
