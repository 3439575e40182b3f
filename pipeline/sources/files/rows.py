"""Convert rows of a file to rows of MOVIES, or to rejects with a reason."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pipeline.schemas import mining as tables
from pipeline.sources.base import SourceChunk
from pipeline.sources.files.dialects import Column, Plan
from pipeline.sources.parsing.dates import date
from pipeline.sources.parsing.literals import CellError

__all__ = ["Malformed", "RawRow", "build_chunk", "derive_id"]

_SHOWN = 80  # characters of an offending value that a reject quotes


@dataclass(frozen=True)
class Malformed:
    """A line that is not a row of this file, and why."""

    detail: str


RawRow = Mapping[str, object] | Malformed


class _Rejected(Exception):
    """A row is rejected; caught for each row, never raised to a caller."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


def derive_id(title: str, year: int | None) -> str:
    """Return a stable id for a film without one: `t-` and 16 hex digits of its title and year.

    Upper case and spacing of the title do not change it.

    Examples
    --------
    >>> derive_id("The Wall", 1963) == derive_id(" the  WALL", 1963)
    True
    """
    known = f"{' '.join(title.split()).casefold()}|{'' if year is None else year}"
    return "t-" + hashlib.blake2b(known.encode(), digest_size=8).hexdigest()


def _wrong_type(name: str, value: object, error: CellError) -> _Rejected:
    shown = repr(value)
    shown = shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "..."
    return _Rejected("wrong_type", f"column {name!r}: {shown} {error}")


def _parse_cells(raw: Mapping[str, object], column: Column) -> object:
    assert column.parse is not None
    joined: list[object] = []
    for name in column.names:
        value = raw.get(name)
        try:
            parsed = column.parse(value)
        except CellError as error:
            raise _wrong_type(name, value, error) from error
        if parsed is not None and not column.gather:
            return parsed
        joined.extend(parsed if isinstance(parsed, list) else [])
    return joined or None


def _parse_release(
    raw: Mapping[str, object], column: Column, year: int | None, pivot: int
) -> tuple[str | None, int | None]:
    for name in column.names:
        value = raw.get(name)
        try:
            released, released_year = date(value, pivot=pivot, near=year)
        except CellError as error:
            raise _wrong_type(name, value, error) from error
        if released_year is not None:
            return released, year if year is not None else released_year
    return None, year


def _parse_movie(
    raw: Mapping[str, object], plan: Plan, pivot: int, movie: dict[str, object]
) -> None:
    """Fill `movie`, the id first, so that a reject has the id whatever the reason."""
    for target, column in plan.columns.items():
        if column.parse is not None:
            movie[target] = _parse_cells(raw, column)
    if "release_date" in plan.columns:
        known = movie.get("year")
        movie["release_date"], movie["year"] = _parse_release(
            raw, plan.columns["release_date"], known if isinstance(known, int) else None, pivot
        )
    if movie.get("movie_id") is None:
        title, year = movie.get("title"), movie.get("year")
        if not isinstance(title, str):
            raise _Rejected("missing_id", "neither an id nor a title")
        movie["movie_id"] = derive_id(title, year if isinstance(year, int) else None)


def build_chunk(
    rows: Sequence[tuple[int, RawRow]], plan: Plan, *, label: str, pivot: int
) -> SourceChunk:
    """Convert rows to films, or to rejects if a cell has the wrong type.

    Parameters
    ----------
    rows : sequence of (int, RawRow)
        Number of the data row, from 1, and the row.
    plan : Plan
        The columns to read.
    label : str
        Value of column `source`.
    pivot : int
        See `SourceSettings.century_pivot`.
    """
    movies: list[dict[str, object]] = []
    rejects: list[dict[str, object]] = []
    for number, raw in rows:
        movie: dict[str, object] = {"source": label, "row": number}
        try:
            if isinstance(raw, Malformed):
                raise _Rejected("malformed_row", raw.detail)
            _parse_movie(raw, plan, pivot, movie)
        except _Rejected as rejected:
            rejects.append(
                {
                    "source": label,
                    "row": number,
                    "movie_id": movie.get("movie_id"),
                    "reason": rejected.reason,
                    "detail": rejected.detail,
                }
            )
        else:
            movies.append(movie)
    return SourceChunk(_table(movies, tables.MOVIES), _table(rejects, tables.REJECTS), len(rows))


def _table(rows: Sequence[Mapping[str, object]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist(
        [{name: row.get(name) for name in schema.names} for row in rows], schema
    )
