"""Years and numbers within bounds: a value outside becomes unknown, and so does a 0 for unknown."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["BOUNDS", "bound_number", "bound_year", "year_of_date"]

# Column -> smallest and largest possible value.
BOUNDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "runtime_minutes": (0.0, math.inf),
        "vote_average": (0.0, 10.0),
        "vote_count": (0.0, math.inf),
        "popularity": (0.0, math.inf),
        "budget_usd": (0.0, math.inf),
        "revenue_usd": (0.0, math.inf),
    }
)
_ZERO_IS_UNKNOWN = frozenset({"runtime_minutes", "budget_usd", "revenue_usd"})
_YEAR = r"^[0-9]{4}(?:-|$)"


def bound_number(name: str, column: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Replace impossible values by null.

    Parameters
    ----------
    name : str
        Column of BOUNDS.
    column : pa.Array
        Its values, or null.

    Returns
    -------
    values : pa.Array
        The values within bounds; null for NaN, and for a 0 that means unknown.
    impossible : np.ndarray
        Positions of the values outside the bounds, without NaN.

    Examples
    --------
    >>> values, impossible = bound_number("vote_average", pa.array([7.5, 11.0, None]))
    >>> values.to_pylist(), impossible.tolist()
    ([7.5, None, None], [1])
    """
    low, high = BOUNDS[name]
    valid = pc.and_(pc.greater_equal(column, low), pc.less_equal(column, high))
    number = pc.is_valid(column)
    if pa.types.is_floating(column.type):
        number = pc.and_(number, pc.invert(pc.is_nan(column)))
        valid = pc.and_(valid, pc.is_finite(column))
    impossible = np.flatnonzero(
        pc.and_not(number, valid).fill_null(False).to_numpy(zero_copy_only=False)
    )
    if name in _ZERO_IS_UNKNOWN:
        valid = pc.and_(valid, pc.not_equal(column, 0))
    return pc.if_else(valid, column, pa.scalar(None, column.type)), impossible


def bound_year(column: pa.Array, first: int, last: int) -> tuple[pa.Array, np.ndarray]:
    """Replace years outside `first` to `last` by null; return also their positions, without 0.

    Examples
    --------
    >>> years, impossible = bound_year(pa.array([1999, 2099, 0], pa.int32()), 1874, 2035)
    >>> years.to_pylist(), impossible.tolist()
    ([1999, None, None], [1])
    """
    valid = pc.and_(pc.greater_equal(column, first), pc.less_equal(column, last))
    wrong = pc.and_(pc.invert(valid), pc.not_equal(column, 0)).fill_null(False)
    impossible = np.flatnonzero(wrong.to_numpy(zero_copy_only=False))
    return pc.if_else(valid, column, pa.scalar(None, column.type)), impossible


def year_of_date(dates: pa.Array) -> pa.Array:
    """Return the year of each ISO date as int32; null if it has none.

    Examples
    --------
    >>> year_of_date(pa.array(["1999-05-06", "May", None])).to_pylist()
    [1999, None, None]
    """
    dated = pc.match_substring_regex(dates, _YEAR)
    digits = pc.if_else(dated, pc.utf8_slice_codeunits(dates, 0, 4), pa.scalar(None, pa.string()))
    return digits.cast(pa.int32())
