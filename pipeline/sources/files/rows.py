"""Rows as a file has them to rows as `tables.MOVIES` has them, or to rejects with their reason."""

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

__all__ = ["Malformed", "RawRow", "chunk", "derived_id"]

_SHOWN = 80  # characters of an offending value that a reject quotes


@dataclass(frozen=True)
class Malformed:
    """A row that is no row of this file, and why."""

    detail: str


RawRow = Mapping[str, object] | Malformed


class _Rejected(Exception):
    """A row's fate, not a failure."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


def derived_id(title: str, year: int | None) -> str:
    """A stable id for a film without one: `t-` and 16 hex digits of its title and year.

    Letter case and spacing of the title do not change it.
    """
    known = f"{' '.join(title.split()).casefold()}|{'' if year is None else year}"
    return "t-" + hashlib.blake2b(known.encode(), digest_size=8).hexdigest()


def _wrong(name: str, value: object, error: CellError) -> _Rejected:
    shown = repr(value)
    shown = shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "..."
    return _Rejected("wrong_type", f"column {name!r}: {shown} {error}")


def _value(raw: Mapping[str, object], column: Column) -> object:
    assert column.parse is not None
    gathered: list[object] = []
    for name in column.names:
        value = raw.get(name)
        try:
            parsed = column.parse(value)
        except CellError as error:
            raise _wrong(name, value, error) from error
        if parsed is not None and not column.gather:
            return parsed
        gathered.extend(parsed if isinstance(parsed, list) else [])
    return gathered or None


def _dated(
    raw: Mapping[str, object], column: Column, year: int | None, pivot: int
) -> tuple[str | None, int | None]:
    for name in column.names:
        value = raw.get(name)
        try:
            released, released_year = date(value, pivot=pivot, near=year)
        except CellError as error:
            raise _wrong(name, value, error) from error
        if released_year is not None:
            return released, year if year is not None else released_year
    return None, year


def _movie(raw: Mapping[str, object], plan: Plan, pivot: int, movie: dict[str, object]) -> None:
    """Fill `movie`, the id first, so that whatever stops it, the reject can tell the id."""
    for ours, column in plan.columns.items():
        if column.parse is not None:
            movie[ours] = _value(raw, column)
    if "release_date" in plan.columns:
        known = movie.get("year")
        movie["release_date"], movie["year"] = _dated(
            raw, plan.columns["release_date"], known if isinstance(known, int) else None, pivot
        )
    if movie.get("movie_id") is None:
        title, year = movie.get("title"), movie.get("year")
        if not isinstance(title, str):
            raise _Rejected("missing_id", "neither an id nor a title")
        movie["movie_id"] = derived_id(title, year if isinstance(year, int) else None)


def chunk(rows: Sequence[tuple[int, RawRow]], plan: Plan, *, label: str, pivot: int) -> SourceChunk:
    """Judge each row by its types alone and make the two tables.

    Parameters
    ----------
    rows : (1-based data row, row) pairs of one file.
    label : what column `source` says.
    pivot : see `SourceSettings.century_pivot`.
    """
    movies: list[dict[str, object]] = []
    rejects: list[dict[str, object]] = []
    for number, raw in rows:
        movie: dict[str, object] = {"source": label, "row": number}
        try:
            if isinstance(raw, Malformed):
                raise _Rejected("malformed_row", raw.detail)
            _movie(raw, plan, pivot, movie)
        except _Rejected as fate:
            rejects.append(
                {
                    "source": label,
                    "row": number,
                    "movie_id": movie.get("movie_id"),
                    "reason": fate.reason,
                    "detail": fate.detail,
                }
            )
        else:
            movies.append(movie)
    return SourceChunk(_table(movies, tables.MOVIES), _table(rejects, tables.REJECTS), len(rows))


def _table(rows: Sequence[Mapping[str, object]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist(
        [{name: row.get(name) for name in schema.names} for row in rows], schema
    )
