"""What only the whole file of ratings shows: scale, unit of the times, ids that are text.

A rating of 8 is out of range among stars, and high among marks of 10.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.sources.movielens.data_files import DataFile
from pipeline.sources.movielens.layout import Layout, find_encoding
from pipeline.sources.movielens.rows import read_rows
from pipeline.sources.movielens.values import parse_ids, parse_scores, parse_times

__all__ = ["DAYS", "LAST_SECOND", "TYPES", "Survey", "are_days", "survey_ratings"]

LAST_SECOND = 4_102_444_800  # 2100-01-01
TYPES = {
    "user_id": pa.int64(),
    "film_id": pa.int64(),
    "rating": pa.float64(),
    "timestamp": pa.int64(),
}
DAYS = -1
_UNITS = (1, 1_000, 1_000_000, 1_000_000_000)  # per second
_FIRST_SECOND = 100_000_000  # 1973: smaller numbers do not decide the unit
_SCALE_SHARE = 0.2  # of the ratings above 5, or above 10, that make another scale
_TEXT_SHARE = 0.5  # of the ids that are no numbers, from which ids are text


@dataclass(frozen=True)
class Survey:
    """How the cells of a file of ratings are to be read.

    Attributes
    ----------
    typed : bool
        Whether every cell is a plain number.
    layout : Layout
        With the encoding of the whole file, unless it is typed.
    scale : int
        Highest rating: 1, 5, 10 or 100.
    unit : int or None
        Units of the times per second; 0 if they are dates, DAYS if they are numbers such as
        20050402, None if there are none.
    text_users, text_films : bool
        Whether most of the ids are text.
    """

    typed: bool
    layout: Layout
    scale: int
    unit: int | None
    text_users: bool
    text_films: bool


class _Counts:
    def __init__(self) -> None:
        self.rows = self.known = self.positive = self.dates = self.days = 0
        self.most, self.fractions = 0.0, 0  # fractions are neither whole nor half stars
        self.text = {"user_id": 0, "film_id": 0}
        self.above = np.zeros(3, np.int64)  # ratings above 5, 10 and 100
        self.units = np.zeros(len(_UNITS), np.int64)

    def add_scores(self, values: np.ndarray) -> None:
        """Count ratings; NaN is none."""
        self.known += int(np.count_nonzero(~np.isnan(values)))
        self.most = max(self.most, float(np.nanmax(values, initial=0)))
        if self.most <= 1:
            self.fractions += int(np.count_nonzero(values * 2 % 1 > 0))
        if len(values) and np.nanmax(values, initial=0) > 5:
            self.above += [np.count_nonzero(values > limit) for limit in (5, 10, 100)]

    def add_times(self, values: np.ndarray) -> None:
        """Count times by the unit that makes them a moment from 1973 to 2100."""
        if len(values) and values.min() >= _FIRST_SECOND and values.max() < LAST_SECOND:
            self.units[0] += len(values)
            return
        self.positive += int(np.count_nonzero(values > 0))
        self.days += int(np.count_nonzero(are_days(values)))
        self.units += [
            np.count_nonzero((values >= _FIRST_SECOND * unit) & (values < LAST_SECOND * unit))
            for unit in _UNITS
        ]

    def survey(self, layout: Layout, *, typed: bool) -> Survey:
        """Return what these counts say."""
        over_5, over_10, over_100 = (self.above / max(1, self.known)).tolist()
        scale = 5
        if over_5 > _SCALE_SHARE and over_100 <= _SCALE_SHARE:
            scale = 100 if over_10 > _SCALE_SHARE else 10
        if self.most <= 1 and self.fractions:
            scale = 1
        unit: int | None = None
        if self.days > self.units.sum():
            unit = DAYS
        elif self.units.any() or self.positive:
            unit = _UNITS[int(self.units.argmax())]
        if self.dates > self.units.sum():
            unit = 0
        users, films = (self.text[f] > _TEXT_SHARE * self.rows for f in ("user_id", "film_id"))
        return Survey(typed, layout, scale, unit, users, films)


def are_days(values: np.ndarray) -> np.ndarray:
    """Return which numbers are days such as 20050402, bool (n,).

    Examples
    --------
    >>> are_days(np.array([20050402, 20051302, 964982703])).tolist()
    [True, False, False]
    """
    month, day = values // 100 % 100, values % 100
    inside = (values >= 19_000_101) & (values < 21_000_000)
    return np.asarray(inside & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31), bool)


def survey_ratings(file: DataFile, layout: Layout, fields: Mapping[str, int]) -> Survey:
    """Read a file of ratings once, to find how its cells are to be read.

    Parameters
    ----------
    file : DataFile
        The file.
    layout : Layout
        How it is written.
    fields : Mapping of str to int
        Field -> number of its column.

    Raises
    ------
    SourceError
        If the file cannot be read to its end; the message names it.
    """
    counts = _Counts()
    try:
        for chunk in read_rows(file, layout, fields, TYPES):
            counts.rows += chunk.cells.num_rows
            counts.add_scores(chunk.cells.column("rating").to_numpy())
            if "timestamp" in fields:
                counts.add_times(chunk.cells.column("timestamp").to_numpy())
        return counts.survey(layout, typed=True)
    except pa.ArrowInvalid:
        pass  # a cell is no plain number: all are read as text
    if layout.kind == "text":
        layout = replace(layout, encoding=find_encoding(file))
    counts = _Counts()
    for chunk in read_rows(file, layout, fields):
        counts.rows += chunk.cells.num_rows
        _count_texts(chunk.cells, counts)
    return counts.survey(layout, typed=False)


def _count_texts(cells: pa.Table, counts: _Counts) -> None:
    values, highest = parse_scores(cells.column("rating"))
    counts.add_scores(values.filter(pc.is_null(highest)).to_numpy(zero_copy_only=False))
    if "timestamp" in cells.column_names:
        times, dates = parse_times(cells.column("timestamp"))
        known = times.drop_null().to_numpy(zero_copy_only=False)
        if dates:
            counts.dates += len(known)
        else:
            counts.add_times(known)
    for field in counts.text:
        texts = pc.utf8_trim_whitespace(cells.column(field))
        empty = pc.sum(pc.equal(texts, "")).as_py() or 0
        counts.text[field] += parse_ids(texts, text=False).null_count - empty
