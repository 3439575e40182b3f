"""SQLite databases: each table or view with rows is a table."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from pipeline.errors import SourceError
from pipeline.sources.forms.base import RawChunk, TableForm
from pipeline.sources.forms.contents import Content
from pipeline.sources.forms.delimited.sniffing import unique_names
from pipeline.sources.forms.file_table import FileTable
from pipeline.sources.parsing.literals import restore_bytes

__all__ = ["DatabaseTable", "open_database"]

# Tables in which SQLite keeps a full-text or spatial index.
_SHADOW = re.compile(
    r"(.+)_(content|data|idx|docsize|config|segments|segdir|stat|node|parent|rowid)"
)
_STEPS = 1_000_000
_MOST_STEPS = 2_000  # times a million steps without a row: a view that never ends


@dataclass(frozen=True)
class DatabaseTable(FileTable):
    """The rows of a table or view.

    Attributes
    ----------
    content : Content
        The bytes of the database.
    table : str
        Name of the table or view.
    columns : tuple of str
        Its columns.
    """

    content: Content
    table: str
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """Names of the file and the table."""
        return f"{self.content.name}: {self.table}"

    @property
    def form(self) -> TableForm:
        """How the table is written."""
        return TableForm("SQLite table", compression=self.content.compression)

    def _chunks(self, wanted: Sequence[str] | None, size: int) -> Iterator[RawChunk]:
        first = 1
        with _connected(self.content) as database:
            cursor = database.execute(f"SELECT * FROM {_quoted(self.table)}")
            while batch := cursor.fetchmany(size):
                _limit_steps(database)
                columns = list(zip(*batch, strict=True))
                cells: dict[str, list[object]] = {
                    name: [_text(c) if type(c) is bytes else c for c in columns[i]]
                    for i, name in enumerate(self.columns)
                    if wanted is None or name in wanted
                }
                yield RawChunk(first, len(batch), cells)
                first += len(batch)


def _text(data: bytes) -> str:
    return restore_bytes(data.decode("utf-8", "surrogateescape"))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _connected(content: Content) -> Iterator[sqlite3.Connection]:
    with content.local() as path:
        address = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as database:
            database.text_factory = _text
            _limit_steps(database)
            yield database


def _limit_steps(database: sqlite3.Connection) -> None:
    """Stop a query that gives no row for a long time."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return steps > _MOST_STEPS

    database.set_progress_handler(count, _STEPS)


def open_database(content: Content) -> list[DatabaseTable]:
    """Return the tables of an SQLite database that have rows, ordered by name.

    Raises
    ------
    SourceError
        If there are none.
    sqlite3.Error
        If it is damaged.
    """
    found = []
    with _connected(content) as database:
        rows = database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
        ).fetchall()
        virtual = {name for name, sql in rows if str(sql).upper().startswith("CREATE VIRTUAL")}
        for name, _ in rows:
            shadow = _SHADOW.fullmatch(name)
            if name.startswith("sqlite_") or (shadow and shadow[1] in virtual):
                continue
            cursor = database.execute(f"SELECT * FROM {_quoted(name)} LIMIT 1")
            if cursor.fetchone():
                columns = unique_names([str(column[0]) for column in cursor.description])
                found.append(DatabaseTable(content, name, columns))
    if not found:
        raise SourceError(f"{content.name}: the database has no table with rows")
    return found
