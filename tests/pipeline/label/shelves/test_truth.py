"""Of how many films a name is true, counted by partition and added up."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.label.shelves.truth import NameTruth, add_truth, check_names
from pipeline.schemas.name_parts import NameParts, shelf_table
from tests.pipeline.label.shelves.parts_of_films import KEYS, WIDTH, film_parts, name

NAMES = [
    name("ghost|Horror|decade:1970"),
    name("ghost|shark"),
    name("Comedy|Drama", every=True),
    name("Comedy|Drama"),
    NameParts(),
]
FILM = st.lists(st.sampled_from(KEYS), max_size=6, unique=True).map("|".join)
SHELVED = st.lists(st.tuples(FILM, st.integers(0, len(NAMES) - 1)), max_size=20)


def check(shelved: list[tuple[str, int]]) -> dict[str, pa.Table]:
    clusters = pa.table({"cluster": pa.array([cluster for _, cluster in shelved], pa.int32())})
    films = film_parts([film for film, _ in shelved])
    return check_names(films, clusters, shelf_table(NAMES), WIDTH)


def test_shares_by_part_of_the_name() -> None:
    films = ["ghost|Horror|decade:1970", "ghost|Horror", "Horror|decade:1970", "ghost|spectre", ""]
    found = check([(film, 0) for film in films] + [("Comedy", 2), ("Comedy", 3)])
    assert found["name_true"].column("name_true").to_pylist() == [True] + [False] * 5 + [True]
    truth = add_truth([found["truth"]], NAMES)
    assert truth[0] == NameTruth(5, 0.2, 0.6, 0.6, 0.4)
    assert truth[1] == NameTruth(0, 0.0, 0.0, None, None)  # no film
    assert truth[2] == NameTruth(1, 0.0, None, 0.0, None)
    assert truth[3] == NameTruth(1, 1.0, None, 1.0, None)
    assert truth[4] == NameTruth(0, 0.0, None, None, None)


@given(SHELVED, st.lists(st.integers(0, 20), max_size=3).map(sorted))
def test_partitions_add_up(shelved: list[tuple[str, int]], cuts: list[int]) -> None:
    bounds = [0, *cuts, len(shelved)]
    parts = [check(shelved[a:b]) for a, b in pairwise(bounds)]
    whole = check(shelved)
    assert add_truth([part["truth"] for part in parts], NAMES) == add_truth([whole["truth"]], NAMES)
    together = pa.concat_tables(part["name_true"] for part in parts)
    expected = [
        NAMES[cluster].is_true_of(set(own))
        for (_, cluster), own in zip(
            shelved,
            film_parts([film for film, _ in shelved]).column("parts").to_pylist(),
            strict=True,
        )
    ]
    assert together.column("name_true").to_pylist() == expected[: together.num_rows]
    if not cuts or cuts[-1] <= len(shelved):
        assert whole["name_true"].equals(together)


@pytest.mark.parametrize(
    ("truth", "enough"),
    [
        (NameTruth(10, 0.6, 0.6, 0.6, 0.6), True),
        (NameTruth(10, 0.6, None, 1.0, None), True),
        (NameTruth(10, 0.59, 0.9, 0.9, 0.9), False),
        (NameTruth(10, 0.6, 0.9, 0.59, None), False),
        (NameTruth(0, 0.0, None, None, None), False),
    ],
)
def test_every_part_is_true_of_enough_films(truth: NameTruth, enough: bool) -> None:
    assert truth.all_at_least(0.6) is enough


def test_no_partitions_have_no_truth() -> None:
    assert add_truth([], NAMES[:2]) == [
        NameTruth(0, 0.0, 0.0, 0.0, 0.0),
        NameTruth(0, 0.0, 0.0, None, None),
    ]
    assert np.isfinite([own.whole for own in add_truth([], NAMES)]).all()
