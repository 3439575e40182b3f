"""Shares by decade: all decades, shrunk and marked where there are few films."""

from __future__ import annotations

import pytest

from serve.catalogue.catalogue import Catalogue
from serve.catalogue.statistics.decade_shares import SMALL_BASE, count_films, decade_shares

ROWS = [
    {"cluster": 0, "decade": 1950, "films": 2},
    {"cluster": 0, "decade": 1970, "films": 100},
    {"cluster": 1, "decade": 1970, "films": 900},
]


def test_every_decade_is_there_and_small_ones_are_shrunk_and_marked() -> None:
    early, empty, late = decade_shares(ROWS, 0)
    mean = 102 / 1_002
    assert (early["raw"], early["small"], late["small"]) == (1.0, True, False)
    assert mean < early["share"] < 0.25  # two films of two say little
    assert (empty["base"], empty["raw"]) == (0, None)
    assert empty["share"] == pytest.approx(mean)
    assert late["share"] == pytest.approx(0.1, abs=0.001)
    for row in (early, empty, late):
        assert 0 <= row["low"] < row["share"] < row["high"] <= 1
    assert late["high"] - late["low"] < early["high"] - early["low"]


def test_shares_of_all_micro_genres_of_a_release_add_up_to_one(catalogue: Catalogue) -> None:
    rows = catalogue.trends.films_by("decade")
    shares = [decade_shares(rows, genre["cluster"]) for genre in catalogue.micro_genres()]
    for decade, base in enumerate(count_films(rows).values()):
        assert sum(share[decade]["share"] for share in shares) == pytest.approx(1)
        assert shares[0][decade]["small"] == (base < SMALL_BASE)


def test_there_are_no_decades_without_years() -> None:
    assert decade_shares([], 0) == []
