"""Catalogues in the user's files: a file, every table of a folder or archive, or a pattern."""

from __future__ import annotations

import hashlib
import logging
import os
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from glob import has_magic
from pathlib import Path, PurePosixPath

from pipeline.errors import NotATable, SourceError
from pipeline.settings import SourceSettings
from pipeline.sources.base import SourceChunk, TableSummary
from pipeline.sources.files.column_maps import (
    check_mapped,
    check_maps,
    fitting_map,
    map_of,
    resolve_map,
)
from pipeline.sources.files.column_names import nearest_names
from pipeline.sources.files.column_plan import ColumnPlan
from pipeline.sources.files.columns import choose_columns
from pipeline.sources.files.details.more_rows import first_rows, settle_dates
from pipeline.sources.files.rows import RowReader
from pipeline.sources.files.table_roles import PlannedTable, assign_roles
from pipeline.sources.forms import (
    FoundFile,
    RawChunk,
    RawTable,
    file_hash,
    find_files,
    inspect_path,
    open_tables,
)

__all__ = ["FilesSource", "nearest_file", "read_table", "row_reader"]

log = logging.getLogger(__name__)

_SAMPLE_ROWS = 500  # first rows whose cells decide which column is which
_MORE_ROWS = 20_000  # of documents whose first rows lack titles or overviews


class FilesSource:
    """The films of a file, of all tables of a folder or archive, or of the files of a pattern.

    Parameters
    ----------
    path : Path
        A file, a folder, or a pattern such as `data/*.csv`. Column `source` is the name of each
        file (with its folders where names repeat), and rows are numbered from 1 in each.
    settings : SourceSettings
        How to read it.
    label : str
        Value of column `source` for the only table; its file name if empty.
    """

    def __init__(self, path: Path, settings: SourceSettings, *, label: str = "") -> None:
        self._path, self._settings, self._label = path, settings, label

    @property
    def name(self) -> str:
        """Name of the file or folder, or the last part of the pattern."""
        return self._path.name or self._path.resolve().name or "root"

    @property
    def attribution(self) -> str:
        """Notices that the files require, each once."""
        notices = (t.table.attribution for t in self.planned if t.table is not None)
        return " ".join(dict.fromkeys(filter(None, notices)))

    def gone(self) -> frozenset[str]:
        """Return no ids: files report no removed films."""
        return frozenset()

    @cached_property
    def _files(self) -> list[FoundFile]:
        path = self._path
        if not os.path.lexists(path) and not has_magic(str(path)):
            raise SourceError(f"{path}: there is no such file{nearest_file(path)}")
        files = find_files(path)
        for file in files:
            inspect_path(file.path)
        return files

    @cached_property
    def _opened(self) -> tuple[list[tuple[FoundFile, RawTable]], dict[str, str]]:
        """The tables of all files, and why other files hold none."""
        check_maps(self._settings)
        tables: list[tuple[FoundFile, RawTable]] = []
        passed: dict[str, str] = {}
        files = self._files
        for file in files:
            own = map_of(file.label, self._settings)
            settings = self._settings.model_copy(update={"column_map": own})
            try:
                found = open_tables(file.path, settings, file.partition or None)
            except NotATable as error:
                if len(files) == 1:
                    raise
                passed[file.label] = str(error)
                continue
            tables += [(file, table) for table in found]
        if not tables:
            raise SourceError(
                f"{self._path}: has no catalogue, not one table; {next(iter(passed.values()), '')}"
            )
        return tables, passed

    @cached_property
    def planned(self) -> list[PlannedTable]:
        """How each table is read, in order; files that hold no table come last.

        Raises
        ------
        SourceError
            If a file cannot be read.
        """
        opened, passed = self._opened
        labels = self._labels(opened)
        found = [
            self._plan(file, table, label, alone=len(opened) == 1)
            for (file, table), label in zip(opened, labels, strict=True)
        ]
        self._check_map(opened)
        planned = assign_roles(found)
        skipped = [
            PlannedTable(label, None, None, "not read", (f"not read: {why}",))
            for label, why in passed.items()
        ]
        return planned + skipped

    def _labels(self, opened: list[tuple[FoundFile, RawTable]]) -> list[str]:
        if self._label and len(opened) == 1:
            return [self._label]
        names = Counter(PurePosixPath(label).name for label in {f.label for f, _ in opened})
        tables = Counter(file.label for file, _ in opened)
        labels: list[str] = []
        for file, table in opened:
            short = PurePosixPath(file.label).name
            label = file.label if names[short] > 1 else short
            if tables[file.label] > 1:
                inner = table.name.removeprefix(str(file.path)).strip(" :!/#()[]")
                label = f"{label}:{inner or labels.count(label) + 1}"
            while label in labels:
                label += "'"
            labels.append(label)
        return labels

    def _plan(self, file: FoundFile, table: RawTable, label: str, *, alone: bool) -> PlannedTable:
        first = first_rows(table, _SAMPLE_ROWS)
        if first is None or not first.rows:
            if alone:
                raise SourceError(f"{file.path}: has no rows")
            return PlannedTable(label, table, None, "not read", ("not read: has no rows",))
        columns = [*table.columns, *first.cells]
        mapped = resolve_map(map_of(file.label, self._settings), columns)
        plan = self._choose(table, first, mapped, alone=alone)
        if table.sparse and first.rows == _SAMPLE_ROWS and not plan.has_films and alone:
            longer = first_rows(table, _MORE_ROWS) or first
            found = self._choose(table, longer, mapped, alone=alone)
            plan = found if found.has_films else plan
        plan, notes = settle_dates(plan, table)
        if self._settings.types and "type" not in plan.uses:
            notes = (*notes, "no column of types, so source.types does not apply")
        return PlannedTable(label, table, plan, "", notes)

    def _choose(
        self, table: RawTable, first: RawChunk, mapped: dict[str, str], *, alone: bool
    ) -> ColumnPlan:
        bad = first.malformed
        sample = {
            name: [cell for i, cell in enumerate(cells) if i not in bad] if bad else cells
            for name, cells in first.cells.items()
        }
        return choose_columns(
            list(dict.fromkeys([*table.columns, *first.cells])),
            sample,
            # One map of numbers may be that of several files without headers.
            mapped=mapped if alone else fitting_map(mapped, sample),
            dialect=self._settings.dialect,
            decimal_comma=table.form.decimal_comma,
        )

    def _check_map(self, opened: list[tuple[FoundFile, RawTable]]) -> None:
        general = self._settings.column_map
        tables = [table for file, table in opened if map_of(file.label, self._settings) == general]
        if general and not any(table.sparse for table in tables):
            strict = self._settings.dialect == "columns"
            check_mapped(general, [t.columns for t in tables], str(self._path), strict=strict)

    def check(self) -> None:
        """Raise `SourceError` unless every file can be read and a table has films or fills some."""
        for table in self.planned:
            columns = sorted(table.plan.uses) if table.plan else []
            log.info("%s: %s, columns for %s", table.label, table.role, ", ".join(columns))
        self._tables()

    def _tables(self) -> list[PlannedTable]:
        """Return the tables that are read."""
        read = [table for table in self.planned if table.role in ("films", "fills")]
        unclear = [table for table in self.planned if table.role == "unclear"]
        if unclear:
            where = unclear[0].table.name if unclear[0].table is not None else str(self._path)
            raise SourceError(f"{where}: {unclear[0].missing}")
        if not read:
            notes = [f"{table.label} is {note}" for table in self.planned for note in table.notes]
            raise SourceError(f"{self._path}: has no films; {'; '.join(notes[:3])}")
        return read

    def tables(self) -> list[TableSummary]:
        """Return what each table is, in the order in which they are read."""
        return [table.summary() for table in self.planned]

    def content_hash(self) -> str:
        """Return the SHA-256 (hex) of the file, or of the names and hashes of several."""
        files = self._files
        if [file.path for file in files] == [self._path]:
            return file_hash(self._path)
        lines = "".join(f"{file_hash(file.path)}  {file.label}\n" for file in files)
        return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()

    def read(self) -> Iterator[SourceChunk]:
        """Yield the rows of the tables in chunks, the files sorted by name."""
        for table in self._tables():
            yield from read_table(table, self._settings)


def row_reader(planned: PlannedTable, settings: SourceSettings) -> RowReader:
    """Return the reader of the rows of a table that is read."""
    assert planned.table is not None and planned.plan is not None
    return RowReader(
        planned.plan,
        label=planned.label,
        settings=settings,
        decimal_comma=planned.table.form.decimal_comma,
        fills=planned.role == "fills",
    )


def read_table(
    planned: PlannedTable, settings: SourceSettings, reader: RowReader | None = None
) -> Iterator[SourceChunk]:
    """Yield the rows of one table in chunks of `settings.chunk_rows`."""
    table = planned.table
    assert table is not None
    reader = reader or row_reader(planned, settings)
    wanted = None if table.sparse else reader.plan.wanted
    for chunk in table.chunks(wanted, settings.chunk_rows):
        if chunk.rows:
            yield reader.read(chunk)


def nearest_file(path: Path) -> str:
    """Return "; did you mean 'films.csv'?" of the folder of a path that does not exist, or ""."""
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return ""
    near = nearest_names(path.name, names)
    return f"; did you mean {near[0]!r}?" if near else ""
