"""What is known of the films of groups, and their descriptions."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.label.naming.vocabulary import PartVocabulary
from pipeline.label.shelves.facts import (
    Describer,
    FilmFacts,
    count_parts,
    find_shelf_facts,
    middle_years,
)
from pipeline.schemas.name_parts import PARTS, NameParts

KINDS = ["subject", "subject", "genre", "facet"]
KEYS = ["ghost", "haunted house", "Horror", "country:US"]
TABLE = pa.Table.from_pylist(
    [
        {"number": n, "kind": kind, "key": key, "printed": key, "terms": [], "films": films}
        for n, (kind, key, films) in enumerate(zip(KINDS, KEYS, (3, 2, 4, 5), strict=True))
    ],
    PARTS,
)
FILMS = [{0, 2, 3}, {0, 1, 2, 3}, {0, 1, 2}, {2, 3}, {3}, {3}, set()]
CLUSTERS = [0, 0, 0, 0, 1, 1, 2]


def partition(rows: range) -> tuple[pa.Table, pa.Table]:
    parts = pa.array([sorted(FILMS[row]) for row in rows], pa.list_(pa.int32()))
    clusters = pa.array([CLUSTERS[row] for row in rows], pa.int32())
    return pa.table({"parts": parts}), pa.table({"cluster": clusters})


def known() -> FilmFacts:
    counts = count_parts([partition(range(7))], 3, len(KEYS))
    years = pa.chunked_array([[1971, 1975, 1979, 1984, 2001, None, None]])
    return FilmFacts(TABLE, counts, np.array(CLUSTERS), years)


@given(st.integers(0, 7), st.integers(0, 7))
def test_counts_do_not_depend_on_the_partitions(one: int, other: int) -> None:
    first, second = sorted((one, other))
    cuts = [range(first), range(first, second), range(second, 7)]
    counts = count_parts(map(partition, cuts), 3, len(KEYS))
    assert counts.toarray().tolist() == [[3, 2, 4, 3], [0, 0, 0, 2], [0, 0, 0, 0]]


def test_shares_are_of_the_films_of_a_cluster_and_of_the_catalogue() -> None:
    ghosts, others, nothing = known().of_clusters(thin={1})
    assert ghosts.shares == {0: 0.75, 1: 0.5, 2: 1.0, 3: 0.75}
    assert ghosts.catalogue_shares == pytest.approx({0: 3 / 7, 1: 2 / 7, 2: 4 / 7, 3: 5 / 7})
    assert (ghosts.thin, others.thin) == (False, True)
    assert (others.shares, nothing.shares) == ({3: 1.0}, {})
    assert (ghosts.years, others.years, nothing.years) == ((1971, 1984), (2001, 2001), None)


def test_rare_parts_are_left_out() -> None:
    counts = count_parts([partition(range(7))], 3, len(KEYS))
    (facts,) = find_shelf_facts(counts[:1], [20], TABLE, [None])
    assert facts.shares == {2: 0.2}


def test_families_add_up_their_clusters() -> None:
    one, other = known().of_families([1, 1, 0])
    assert one.shares == {}
    assert other.shares == pytest.approx({0: 0.5, 1: 2 / 6, 2: 4 / 6, 3: 5 / 6})
    assert other.years == (1971, 2001)


@given(st.lists(st.one_of(st.none(), st.integers(1890, 2030)), max_size=40))
def test_middle_years_hold_four_fifths_of_the_films(years: list[int | None]) -> None:
    column = pa.chunked_array([pa.array(years, pa.int32())])
    (found,) = middle_years(column, np.zeros(len(years), np.int64), 1)
    dated = [year for year in years if year is not None]
    if not dated:
        assert found is None
        return
    assert found is not None
    first, last = found
    assert {first, last} <= set(dated)
    assert sum(first <= year <= last for year in dated) >= 0.8 * len(dated)


def test_a_description_has_three_exemplars_and_that_of_a_family_none() -> None:
    names = [NameParts((0,), (2,)), NameParts(facets=(3,)), NameParts()]
    describer = Describer(names, known().of_clusters(thin={1}), PartVocabulary(TABLE))
    titles = ["The Others (2001)", "Poltergeist (1982)", "Sinister (2012)", "Mama (2013)"]
    text = describer.describe(0, titles)
    assert text.startswith("Horror films about ghosts")
    assert text.endswith(": The Others (2001), Poltergeist (1982), Sinister (2012).")
    assert describer.describe(0).endswith("from the 1970s to the 1980s.")
    assert "on various subjects" in describer.describe(1, titles)
    assert describer.describe(2) == "Films."
