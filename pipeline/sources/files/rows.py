"""Convert the rows of a table to rows of MOVIES column by column, or to rejects with a reason."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import pyarrow as pa

from pipeline.schemas import mining as tables
from pipeline.schemas.reading import REPAIRED, ROW_KEYS, UNKNOWN, WHOLE_ROW, LossTally
from pipeline.settings import SourceSettings
from pipeline.sources.base import SourceChunk
from pipeline.sources.files.cell_reader import CellReader
from pipeline.sources.files.column_plan import KEYS, ColumnPlan
from pipeline.sources.files.details.currency import drop_other_currencies
from pipeline.sources.files.details.later import late_columns
from pipeline.sources.files.film_types import fold_type
from pipeline.sources.files.nested import pick
from pipeline.sources.files.side_tables import JOBS
from pipeline.sources.forms import RawChunk
from pipeline.sources.parsing import cells as parse
from pipeline.sources.parsing.dates import date
from pipeline.sources.parsing.literals import CellError

__all__ = ["RowReader", "derive_id"]

FIRST_YEAR, LAST_YEAR = 1874, 2035  # the first film; cleaning decides over years outside
_ABOUT = re.compile(r"\s*(?:[~\u2248]|(?:c|ca|circa|about|approx|um|vers|около|ок)\b\.?)\s*", re.I)
_SHOWN = 80  # characters of a value that a reject quotes


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


def _possible(year: object) -> bool:
    return isinstance(year, int) and FIRST_YEAR <= year <= LAST_YEAR


class RowReader:
    """Converts the chunks of one table, in order.

    Parameters
    ----------
    plan : ColumnPlan
        Which columns are read.
    label : str
        Value of column `source`.
    settings : SourceSettings
        `century_pivot` and `types`.
    decimal_comma : bool
        Whether numbers have a decimal comma.
    fills : bool
        Whether the table is a side table.
    """

    def __init__(
        self,
        plan: ColumnPlan,
        *,
        label: str,
        settings: SourceSettings,
        decimal_comma: bool = False,
        fills: bool = False,
    ) -> None:
        self._plan, self._label, self._fills = plan, label, fills
        self._decimal_comma, self._pivot = decimal_comma, settings.century_pivot
        self._types = frozenset(map(fold_type, settings.types))
        self._readers: dict[tuple[str, str], CellReader] = {}
        self._dates: dict[tuple[str, int | None, bool], tuple[str | None, int | None] | str] = {}

    @property
    def plan(self) -> ColumnPlan:
        """The plan, with the columns that later rows of a sparse table have."""
        return self._plan

    def read(self, chunk: RawChunk) -> SourceChunk:
        """Return the films and rejects of a chunk."""
        plan = late_columns(self._plan, chunk.cells, decimal_comma=self._decimal_comma)
        if plan is not self._plan:
            self._plan = plan
            self._readers.clear()  # scales and separators may be others
        tally = LossTally()
        values = {
            target: self._column(target, chunk, tally)
            for target in self._plan.uses
            if target != "release_date"
        }
        nothing: list[object] = [None] * chunk.rows
        if self._plan.job:
            self._keep_jobs(values, self._cells(self._plan.job, chunk))
        if self._plan.currency:
            cells = self._cells(self._plan.currency, chunk)
            names = {target: use.names[0] for target, use in self._plan.uses.items()}
            drop_other_currencies(values, names, cells, chunk.first_row, tally, self._label)
        titles = values.setdefault("title", list(nothing))
        for i, why in chunk.repaired.items():
            row = chunk.first_row + i
            tally.add(self._label, WHOLE_ROW, None, REPAIRED, row, titles[i] or "", why)
        years = values.setdefault("year", list(nothing))
        self._fill_years(chunk, values, years, tally)
        self._years_of_titles(titles, years)
        ids, has_id = self._ids(values, chunk.rows)
        rejects = self._rejects(chunk, ids, values.get("type", nothing))
        kept = [i for i in range(chunk.rows) if i not in rejects]
        values |= {
            "movie_id": ids,
            "source": [self._label] * chunk.rows,
            "row": [*range(chunk.first_row, chunk.first_row + chunk.rows)],
        }
        whole = len(kept) == chunk.rows

        def column(name: str, kind: pa.DataType) -> pa.Array:
            found = values.get(name)
            if found is None:
                return pa.nulls(len(kept), kind)
            return pa.array(found if whole else [found[i] for i in kept], kind)

        movies = pa.table([column(f.name, f.type) for f in tables.MOVIES], schema=tables.MOVIES)
        known = [has_id[i] for i in kept]
        keyed = any(key in values for key in KEYS) or not all(known)
        keys = [*(column(key, pa.string()) for key in KEYS), pa.array(known, pa.bool_())]
        return SourceChunk(
            movies,
            pa.Table.from_pylist([rejects[i] for i in sorted(rejects)], tables.REJECTS),
            chunk.rows,
            tally.table(),
            pa.table(keys, schema=ROW_KEYS) if keyed else ROW_KEYS.empty_table(),
            self._fills,
        )

    def _cells(self, name: str, chunk: RawChunk) -> Sequence[object]:
        path = self._plan.paths.get(name)
        if path is not None:
            return [pick(cell, path[1:]) for cell in chunk.cells.get(path[0], ())] or (
                [None] * chunk.rows
            )
        return chunk.cells.get(name) or [None] * chunk.rows

    def _column(self, target: str, chunk: RawChunk, tally: LossTally) -> list[object]:
        use = self._plan.uses[target]
        values: list[object] = []
        for name in use.names:
            reader = self._readers.get((target, name))
            if reader is None:
                reader = CellReader(target, name, use, decimal_comma=self._decimal_comma)
                self._readers[target, name] = reader
            cells = self._cells(name, chunk)
            if not values:
                values = reader.read(cells, chunk.first_row, tally, self._label)
            elif use.gather:
                found = reader.read(cells, chunk.first_row, tally, self._label)
                values = [_joined(a, b) for a, b in zip(values, found, strict=True)]
            elif None in values:
                needed = [
                    cell if value is None else None
                    for cell, value in zip(cells, values, strict=True)
                ]
                found = reader.read(needed, chunk.first_row, tally, self._label)
                values = [b if a is None else a for a, b in zip(values, found, strict=True)]
        return values

    @staticmethod
    def _keep_jobs(values: dict[str, list[object]], jobs: Sequence[object]) -> None:
        """Leave in each column of persons those of its jobs only."""
        known = [" ".join(str(job or "").lower().split()) for job in jobs]
        for target, own in JOBS.items():
            if target in values:
                pairs = zip(values[target], known, strict=True)
                values[target] = [value if job in own else None for value, job in pairs]

    def _fill_years(
        self,
        chunk: RawChunk,
        values: dict[str, list[object]],
        years: list[object],
        tally: LossTally,
    ) -> None:
        """Read the dates of release, and take the year from them where there is no possible one."""
        use = self._plan.uses.get("release_date")
        if use is None:
            return
        found: list[object] = [None] * chunk.rows
        known: list[int | None] = [None] * chunk.rows  # years of the dates
        for name in use.names:
            for i, cell in enumerate(self._cells(name, chunk)):
                if cell is None or cell == "" or known[i] is not None:
                    continue
                own = years[i]
                near = own if isinstance(own, int) and _possible(own) else None
                read = self._date(cell, near, name in use.day_first)
                if isinstance(read, str):
                    row = chunk.first_row + i
                    tally.add(self._label, "release_date", name, UNKNOWN, row, cell, read)
                else:
                    found[i], known[i] = read
        values["release_date"] = found
        own_use = self._plan.uses.get("year")
        own_name = own_use.names[0] if own_use else ""
        own_cells = self._cells(own_name, chunk) if own_use else [None] * chunk.rows
        for i, year in enumerate(known):
            own, cell = years[i], own_cells[i]
            if year is None or not _possible(year):
                continue
            if own is None:
                years[i] = year
            elif not _possible(own):
                years[i] = year
                detail = f"is outside {FIRST_YEAR} to {LAST_YEAR}"
                row = chunk.first_row + i
                tally.add(self._label, "year", own_name, UNKNOWN, row, cell, detail)
            elif own != year and isinstance(cell, str) and _ABOUT.match(cell):
                years[i] = year
                detail = "is less exact than the date of release, which gives the year"
                tally.add(self._label, "year", own_name, UNKNOWN, chunk.first_row + i, cell, detail)

    def _date(
        self, cell: object, near: int | None, day_first: bool
    ) -> tuple[str | None, int | None] | str:
        """Return the date and year of a cell, or why it cannot be read."""
        if not isinstance(cell, str):
            return self._parse_date(cell, near, day_first)
        key = (cell, near, day_first)
        if key not in self._dates:
            if len(self._dates) > 100_000:
                self._dates.clear()
            self._dates[key] = self._parse_date(cell, near, day_first)
        return self._dates[key]

    def _parse_date(
        self, cell: object, near: int | None, day_first: bool
    ) -> tuple[str | None, int | None] | str:
        try:
            return date(cell, pivot=self._pivot, near=near, day_first=day_first)
        except CellError as error:
            return str(error)

    @staticmethod
    def _years_of_titles(titles: list[object], years: list[object]) -> None:
        """Take the year from titles such as "Salt Lamp (1999)" where there is no other."""
        for i, title in enumerate(titles):
            if years[i] is None and isinstance(title, str) and title[-1] in ")]\uff09":
                bare, year = parse.title_and_year(title)
                if year is not None and _possible(year):
                    titles[i], years[i] = bare, year

    def _ids(self, values: dict[str, list[object]], rows: int) -> tuple[list[object], list[bool]]:
        """Return the ids, None where nothing gives one, and whether they are the file's own."""
        ids = list(values.get("movie_id") or [None] * rows)
        has_id = [value is not None for value in ids]
        titles, years = values["title"], values["year"]
        for i, known in enumerate(has_id):
            if known:
                continue
            title, year = titles[i], years[i]
            if self._fills:
                others = (values[key][i] for key in KEYS if key in values)
                ids[i] = next((other for other in others if other is not None), None)
            if ids[i] is None and isinstance(title, str):
                own = year if isinstance(year, int) and _possible(year) else None
                ids[i] = derive_id(title, own)
        return ids, has_id

    def _rejects(
        self, chunk: RawChunk, ids: Sequence[object], types: Sequence[object]
    ) -> dict[int, dict[str, object]]:
        found: dict[int, tuple[str, str]] = {}
        for i, detail in chunk.malformed.items():
            found[i] = ("malformed_row", detail or "not a row of this table")
        if None in ids:
            for i, value in enumerate(ids):
                if value is None:
                    found.setdefault(i, ("missing_id", "neither an id nor a title"))
        if self._types:
            for i, kind in enumerate(types):
                if isinstance(kind, str) and fold_type(kind) not in self._types:
                    detail = f"type {kind[:_SHOWN]!r} is none of source.types"
                    found.setdefault(i, ("other_type", detail))
        return {
            i: {
                "source": self._label,
                "row": chunk.first_row + i,
                "movie_id": None if reason == "malformed_row" else ids[i],
                "reason": reason,
                "detail": detail,
            }
            for i, (reason, detail) in found.items()
        }


def _joined(first: object, second: object) -> object:
    """Return two lists as one, each entry once; None if both are missing."""
    lists = [part for part in (first, second) if isinstance(part, list)]
    return [*dict.fromkeys(entry for part in lists for entry in part)] or None
