"""A file of ratings in any layout: surveyed once as a whole, then read in chunks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import SourceError
from pipeline.schemas.ratings import RATING_REJECTS, RATINGS
from pipeline.sources.movielens.columns import fold_name
from pipeline.sources.movielens.data_files import DataFile
from pipeline.sources.movielens.layout import Layout, find_layout
from pipeline.sources.movielens.rows import RawRows, read_rows
from pipeline.sources.movielens.survey import (
    DAYS,
    LAST_SECOND,
    TYPES,
    Survey,
    are_days,
    survey_ratings,
)
from pipeline.sources.movielens.values import parse_ids, parse_scores, parse_times

__all__ = ["RatingRows", "RatingsFile", "check_ratings"]

_UNIT_NAMES = {1_000: "milliseconds", 1_000_000: "microseconds", 1_000_000_000: "nanoseconds"}
_WEEK = 7 * 86_400  # seconds
_PERSONS = {  # folded columns that only the export of one person has
    "Letterboxd": {"letterboxduri", "name", "year"},
    "IMDb": {"const", "yourrating"},
    "Trakt": {"traktid", "title"},
}


@dataclass(frozen=True)
class RatingRows:
    """Consecutive rows of a file.

    Attributes
    ----------
    good : pa.Table
        RATINGS, and the numbers of the rows in `row`, from 1.
    rejects : pa.Table
        Table of RATING_REJECTS.
    """

    good: pa.Table
    rejects: pa.Table


class RatingsFile:
    """A file of ratings.

    Parameters
    ----------
    file : DataFile
        The file.

    Raises
    ------
    SourceError
        If its columns are not those of ratings; the message names the file, its columns and what
        is expected.
    """

    def __init__(self, file: DataFile) -> None:
        self.file = file
        self.layout = find_layout(file, "ratings")
        fields = self.layout.fields
        _refuse_person(file, self.layout)
        if "film_id" not in fields and "title" in fields:
            fields["film_id"] = fields["title"]  # titles serve as ids
        if any(name not in fields for name in ("user_id", "film_id", "rating")):
            raise SourceError(
                f"{file.shown}: its columns are {', '.join(self.layout.columns)}; a file of "
                "ratings has userId, movieId, rating and, if known, timestamp: rename its columns"
            )
        self.fields = {name: fields[name] for name in RATINGS.names if name in fields}

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.file.name

    @cached_property
    def survey(self) -> Survey:
        """How its cells are to be read; the first use reads the whole file."""
        return survey_ratings(self.file, self.layout, self.fields)

    @property
    def notes(self) -> list[str]:
        """What a user should know about how the file is read."""
        survey, notes = self.survey, []
        if survey.scale != 5:
            notes.append(f"{self.name}: ratings up to {survey.scale} are scaled to 5 stars")
        if survey.unit in _UNIT_NAMES:
            notes.append(f"{self.name}: its times are {_UNIT_NAMES[survey.unit]}")
        if survey.unit is None:
            notes.append(
                f"{self.name}: it has no times, so ratings are divided at random, not by time"
            )
        for what, text in (("users", survey.text_users), ("films", survey.text_films)):
            if text:
                notes.append(f"{self.name}: ids of {what} are text and are numbered by a hash")
        return notes

    def rows(self) -> Iterator[RatingRows]:
        """Yield the valid ratings and the rejects, in chunks.

        Raises
        ------
        SourceError
            If the file cannot be read to its end; the message names it.
        """
        survey = self.survey
        types = TYPES if survey.typed else None
        for chunk in read_rows(self.file, survey.layout, self.fields, types):
            columns = _columns(chunk.cells, survey)
            yield check_ratings(_reject(chunk, columns, self.name), self.name)


def _columns(cells: pa.Table, survey: Survey) -> dict[str, pa.Array]:
    """Return the columns of RATINGS; null where a cell cannot be read."""
    if survey.typed:
        columns = {name: cells.column(name).combine_chunks() for name in cells.column_names}
        scores = columns["rating"].to_numpy()
    else:
        columns = {
            "user_id": parse_ids(cells.column("user_id"), text=survey.text_users),
            "film_id": parse_ids(cells.column("film_id"), text=survey.text_films),
        }
        values, highest = parse_scores(cells.column("rating"))
        scores = values.to_numpy(zero_copy_only=False)
        if highest.null_count < len(highest):
            scores = scores * survey.scale / highest.fill_null(survey.scale).to_numpy()
        if "timestamp" in cells.column_names:
            columns["timestamp"], dates = parse_times(cells.column("timestamp"))
            if dates != (survey.unit == 0):  # numbers among dates, or dates among numbers
                columns["timestamp"] = pa.nulls(cells.num_rows, pa.int64())
    if survey.scale != 5:
        scores = _to_stars(scores, survey.scale)
    # a number that is none, such as "nan", is out of range; an unreadable cell is null
    unreadable = None if survey.typed else values.is_null().to_numpy(zero_copy_only=False)
    columns["rating"] = pa.array(np.clip(scores, -1e9, 1e9).astype(np.float32), mask=unreadable)
    if survey.unit is None:
        columns["timestamp"] = _random_times(columns["user_id"], columns["film_id"])
    elif survey.unit == DAYS:
        columns["timestamp"] = _seconds_of_days(columns["timestamp"])
    elif survey.unit > 1:
        columns["timestamp"] = pc.divide(columns["timestamp"], survey.unit)
    return columns


def _reject(chunk: RawRows, columns: dict[str, pa.Array], name: str) -> RatingRows:
    """Return the rows whose cells can be read, and the others as rejects."""
    wrong: dict[int, str] = {}
    for field in RATINGS.names:
        if columns[field].null_count:
            for at in np.flatnonzero(columns[field].is_null().to_numpy(zero_copy_only=False)):
                cell = chunk.cells.column(field)[int(at)].as_py()
                wrong.setdefault(int(at), f"{field} is {(cell or '')[:40]!r}")
    good = pa.table(
        [*(columns[field] for field in RATINGS.names), chunk.rows], names=[*RATINGS.names, "row"]
    )
    if wrong:
        keep = np.ones(len(chunk.rows), bool)
        keep[list(wrong)] = False
        good = good.filter(pa.array(keep))
    rejects = [
        *((row, "malformed_row", detail) for row, detail in chunk.malformed),
        *((int(chunk.rows[at]), "wrong_type", detail) for at, detail in wrong.items()),
    ]
    table = pa.Table.from_pylist(
        [
            {"file": name, "row": row, "reason": reason, "detail": detail}
            for row, reason, detail in sorted(rejects)
        ],
        RATING_REJECTS,
    )
    return RatingRows(good, table)


def _to_stars(scores: np.ndarray, scale: int) -> np.ndarray:
    """Return ratings of another scale as stars; what is above 0 is at least half a star."""
    stars = scores * 5 / scale
    return np.where((scores > 0) & (stars < 0.5), 0.5, stars)


def _seconds_of_days(days: pa.Array) -> pa.Array:
    """Return the seconds of days such as 20050402; null where a number is none."""
    values = days.fill_null(0).to_numpy()
    good = are_days(values)
    months = (values // 10_000 - 1970) * 12 + values // 100 % 100 - 1
    dates = months.astype("M8[M]").astype("M8[D]") + (values % 100 - 1)
    return pa.array(dates.astype("M8[s]").astype(np.int64), mask=~good)


def _random_times(users: pa.Array, films: pa.Array) -> pa.Array:
    """Return seconds of the first week of 1970 by a hash: they split ratings at random."""
    user, film = (column.fill_null(0).to_numpy().astype(np.uint64) for column in (users, films))
    mixed = user * np.uint64(0x9E3779B97F4A7C15) ^ film * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return pa.array(1 + ((mixed >> np.uint64(32)) % np.uint64(_WEEK - 1)).astype(np.int64))


def _refuse_person(file: DataFile, layout: Layout) -> None:
    """Raise SourceError if the file is the export of one person."""
    names = {fold_name(name) for name in layout.columns}
    service = next((name for name, own in _PERSONS.items() if own <= names), None)
    if service is not None:
        raise SourceError(
            f"{file.shown}: is the export of one person from {service}, and a recommender learns "
            "from many: train on MovieLens, then run `microgenres ratings recommend --ratings "
            f"{file.path}`"
        )


def check_ratings(chunk: RatingRows, name: str) -> RatingRows:
    """Move ratings with an impossible value or time to the rejects.

    Parameters
    ----------
    chunk : RatingRows
        Rows of RATINGS.
    name : str
        Name of the file.

    Returns
    -------
    RatingRows
        Reason `rating_out_of_range` is a rating outside 0.5 to 5 stars; `impossible_time` is a
        timestamp outside 1970 to 2100.
    """
    good = chunk.good
    rating, time = (good.column(c).to_numpy() for c in ("rating", "timestamp"))
    bounds = {
        "rating_out_of_range": ~((rating >= 0.5) & (rating <= 5.0)),
        "impossible_time": (time <= 0) | (time >= LAST_SECOND),
    }
    bad = np.zeros(len(rating), bool)
    rejects = [chunk.rejects]
    for (reason, out), value in zip(bounds.items(), (rating, time), strict=True):
        rows = np.flatnonzero(out & ~bad)
        bad |= out
        if len(rows):
            columns = [
                [name] * len(rows),
                good.column("row").to_numpy()[rows],
                [reason] * len(rows),
                [f"{float(value[i]):g}" for i in rows],
            ]
            rejects.append(pa.table(columns, schema=RATING_REJECTS))
    valid = good.filter(pa.array(~bad)) if bad.any() else good
    return RatingRows(valid, pa.concat_tables(rejects))
