"""Splits of ratings by time: training, test, and the weeks that arrive afterwards.

All intervals are half-open: a rating in the same second as a boundary belongs to the later part. So
no training rating is as late as a test rating.
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

__all__ = [
    "WEEK",
    "Boundaries",
    "find_boundaries",
    "select_between",
    "split_at_random",
    "split_by_time",
    "split_by_week",
    "week_name",
]

WEEK = 7 * 86_400  # seconds
_MONDAY = 4 * 86_400  # 1970-01-05, seconds


@dataclass(frozen=True)
class Boundaries:
    """Where the parts of a temporal split begin, in seconds since 1970.

    Attributes
    ----------
    validation : int
        The part of the training ratings that tunes begins here.
    test : int
        Training ends and the test part begins here.
    buffer : int
        The test part ends here; later ratings arrive week by week.
    """

    validation: int
    test: int
    buffer: int


def find_boundaries(timestamps: Iterable[np.ndarray], settings: RecommendSettings) -> Boundaries:
    """Return the boundaries that give the parts their shares, as close as whole seconds allow.

    Parameters
    ----------
    timestamps : iterable of ndarray of shape (n,), int64
        Seconds since 1970, in any order.
    settings : RecommendSettings
        Gives `train_share`, `validation_share` and `test_share`.

    Raises
    ------
    ModelError
        If there are no ratings, or so few different seconds that a part would be empty.
    """
    time = np.concatenate(list(timestamps))
    if not len(time):
        raise ModelError("there are no ratings to split")
    train = settings.train_share
    shares = (train * (1 - settings.validation_share), train, train + settings.test_share)
    at = [min(len(time) - 1, int(share * len(time))) for share in shares]
    time.partition(at)
    boundaries = Boundaries(*(int(time[i]) for i in at))
    if not time.min() < boundaries.validation < boundaries.test < boundaries.buffer:
        raise ModelError(
            "the ratings cannot be split by time: too many have the same second; "
            "use ratings from a longer period"
        )
    return boundaries


def select_between(ratings: pa.Table, start: int | None, end: int | None) -> pa.Table:
    """Return the ratings with start <= timestamp < end.

    Parameters
    ----------
    ratings : pa.Table of RATINGS
        In any row order.
    start, end : int or None
        Seconds since 1970; None: unlimited.

    Returns
    -------
    pa.Table of RATINGS
        In the same row order.
    """
    time = ratings.column("timestamp")
    keep = pa.array(np.ones(ratings.num_rows, bool))
    if start is not None:
        keep = pc.and_(keep, pc.greater_equal(time, start))
    if end is not None:
        keep = pc.and_(keep, pc.less(time, end))
    return ratings.filter(keep)


def split_by_time(ratings: pa.Table, at: Boundaries) -> dict[str, pa.Table]:
    """Split ratings at boundaries.

    Parameters
    ----------
    ratings : pa.Table of RATINGS
        In any row order.
    at : Boundaries
        From `find_boundaries`.

    Returns
    -------
    dict of str to pa.Table of RATINGS
        `fit`, `validation`, `train` (both of these), `test` and `buffer`.
    """
    return {
        "fit": select_between(ratings, None, at.validation),
        "validation": select_between(ratings, at.validation, at.test),
        "train": select_between(ratings, None, at.test),
        "test": select_between(ratings, at.test, at.buffer),
        "buffer": select_between(ratings, at.buffer, None),
    }


def split_by_week(ratings: pa.Table) -> list[tuple[int, pa.Table]]:
    """Split ratings into weeks, Monday 00:00 to Monday 00:00 UTC.

    Parameters
    ----------
    ratings : pa.Table of RATINGS
        In any row order.

    Returns
    -------
    list of (int, pa.Table of RATINGS)
        First second of each week, and its ratings sorted by time, user and film. Weeks ascend;
        weeks without ratings are left out.
    """
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
    """Return the date of the Monday of a week, UTC.

    Examples
    --------
    >>> week_name(1_461_801_600)  # Thursday 2016-04-28
    '2016-04-25'
    """
    start = (second - _MONDAY) // WEEK * WEEK + _MONDAY
    return datetime.fromtimestamp(start, UTC).strftime("%Y-%m-%d")


def split_at_random(ratings: pa.Table, share: float, seed: int) -> tuple[pa.Table, pa.Table]:
    """Split ratings at random, whatever their time.

    Parameters
    ----------
    ratings : pa.Table
        Any rows.
    share : float
        Expected share of the second part, 0 to 1.
    seed : int
        Seed of the random generator.

    Returns
    -------
    first, second : pa.Table
        In the same row order.
    """
    second = np.random.default_rng(seed).random(ratings.num_rows) < share
    return ratings.filter(pa.array(~second)), ratings.filter(pa.array(second))
