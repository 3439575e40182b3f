"""Bounds of years and numbers."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest

from pipeline.cleaning.numbers import BOUNDS, bound_number, bound_year, year_of_date


@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_values_outside_become_null(name: str) -> None:
    low, _ = BOUNDS[name]
    whole = name == "vote_count"
    values = [low - 1, 1, None] if whole else [low - 1, 1.0, None, math.nan, math.inf, -math.inf]
    column = pa.array(values, pa.int64() if whole else pa.float64())
    bounded, impossible = bound_number(name, column)
    assert bounded.type == column.type
    assert bounded.to_pylist() == [None, 1] + [None] * (len(values) - 2)
    assert impossible.tolist() == ([0] if whole else [0, 4, 5])


def test_zero() -> None:
    zero = pa.array([0.0])
    unknown = {name for name in BOUNDS if bound_number(name, zero)[0].to_pylist() == [None]}
    assert unknown == {"runtime_minutes", "budget_usd", "revenue_usd"}
    assert all(not len(bound_number(name, zero)[1]) for name in BOUNDS)


def test_years() -> None:
    years, impossible = bound_year(
        pa.array([1873, 1874, 2035, 2036, 0, None], pa.int32()), 1874, 2035
    )
    assert years.to_pylist() == [None, 1874, 2035, None, None, None]
    assert impossible.tolist() == [0, 3]


def test_years_of_dates() -> None:
    dates = pa.array(["1999-05-06", "1999", "19990506", "99-05-06", "", None, "0001-01-01"])
    assert year_of_date(dates).to_pylist() == [1999, 1999, None, None, None, None, 1]
