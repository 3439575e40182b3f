"""Ratings by time: what is learnt from, what is measured on, and the weeks that come after.

Every border is half-open: a rating of the very second of a border belongs after it. So nothing
that is learnt from is later than anything that is measured on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import ModelError
from pipeline.settings import RecommendSettings

__all__ = ["WEEK", "Borders", "between", "borders", "cut", "random_parts", "week_name", "weeks"]

WEEK = 7 * 86_400
_MONDAY = 4 * 86_400  # 1970-01-05, seconds


@dataclass(frozen=True)
class Borders:
    """Seconds since 1970: training is before `test`, its tuning part from `validation` on;
    what is measured on is before `buffer`; the rest comes in weeks."""

    validation: int
    test: int
    buffer: int


def borders(timestamps: Iterable[np.ndarray], settings: RecommendSettings) -> Borders:
    """The borders that give the parts their shares, as nearly as whole seconds allow.

    Raises
    ------
    ModelError
        when the ratings are of so few moments that a part would be empty.
    """
    time = np.concatenate(list(timestamps))
    if not len(time):
        raise ModelError("there are no ratings to split")
    train = settings.train_share
    shares = (train * (1 - settings.validation_share), train, train + settings.test_share)
    at = [min(len(time) - 1, int(share * len(time))) for share in shares]
    time.partition(at)
    found = Borders(*(int(time[i]) for i in at))
    if not time.min() < found.validation < found.test < found.buffer:
        raise ModelError(
            "the ratings cannot be split by time: too many were made in the same second; "
            "give ratings of a longer time"
        )
    return found


def between(ratings: pa.Table, start: int | None, end: int | None) -> pa.Table:
    """The ratings with start <= timestamp < end."""
    time = ratings.column("timestamp")
    keep = pa.array(np.ones(ratings.num_rows, bool))
    if start is not None:
        keep = pc.and_(keep, pc.greater_equal(time, start))
    if end is not None:
        keep = pc.and_(keep, pc.less(time, end))
    return ratings.filter(keep)


def cut(ratings: pa.Table, at: Borders) -> dict[str, pa.Table]:
    """`train` (whose last part is `validation`), `fit` (train without it), `test`, `buffer`."""
    return {
        "fit": between(ratings, None, at.validation),
        "validation": between(ratings, at.validation, at.test),
        "train": between(ratings, None, at.test),
        "test": between(ratings, at.test, at.buffer),
        "buffer": between(ratings, at.buffer, None),
    }


def weeks(ratings: pa.Table) -> list[tuple[int, pa.Table]]:
    """Ratings by week, from Monday to Monday UTC, half-open: (its first second, its ratings)."""
    ordered = ratings.sort_by([(n, "ascending") for n in ("timestamp", "user_id", "film_id")])
    time = ordered.column("timestamp").to_numpy()
    if not len(time):
        return []
    number = (time - _MONDAY) // WEEK
    starts = np.flatnonzero(np.r_[True, number[1:] != number[:-1]])
    ends = [*starts[1:], len(time)]
    return [
        (int(number[a]) * WEEK + _MONDAY, ordered.slice(a, b - a))
        for a, b in zip(starts, ends, strict=True)
    ]


def week_name(second: int) -> str:
    """The date of a week's Monday, such as 2016-05-02."""
    start = (second - _MONDAY) // WEEK * WEEK + _MONDAY
    return datetime.fromtimestamp(start, UTC).strftime("%Y-%m-%d")


def random_parts(ratings: pa.Table, share: float, seed: int) -> tuple[pa.Table, pa.Table]:
    """A seeded random split: (1 - share, share) of the ratings."""
    held = np.random.default_rng(seed).random(ratings.num_rows) < share
    return ratings.filter(pa.array(~held)), ratings.filter(pa.array(held))
