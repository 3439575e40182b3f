"""Print how files would be read: one block for each table, or one JSON object."""

from __future__ import annotations

import glob
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from microgenres.cli.console import standard_output, text
from microgenres.cli.exit_codes import complain
from microgenres.cli.output.tables import headed, number, plain_table, to_json
from pipeline.ingest.inspection import CleaningResult, InspectedCatalogue
from pipeline.report.reading import shortened, worth_saying
from pipeline.sources.inspection_result import RejectedRows, TableInspection, UnknownCells

__all__ = ["form_of", "show_inspected"]

_MISSING = 6  # most columns of a film to name that no column of the file gives
_DECIMALS = 6
_NOT_USED = 20  # most unused columns to list
_FIRST_CELL = 50  # most characters of the first cell of an unused column
_CELL = 160  # most characters of a film's cell
_YEAR = 9_999  # greater numbers get separators
_SEPARATORS = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "vertical bar", " ": "space"}
_ROLES = {
    "fills": "fills in the films of other tables",
    "not read": "not read",
    "unclear": "title or overview not found",
}
_NOT_SHOWN = ("title", "year", "source", "row")  # of a film, below its headline


def show_inspected(found: Sequence[InspectedCatalogue], *, as_json: bool) -> bool:
    """Print what was found; return whether films can be read.

    Parameters
    ----------
    found : sequence of InspectedCatalogue
        One for each source.
    as_json : bool
        Print one JSON object with `sources`.
    """
    has_films = any(not one.inspection.problem for one in found)
    # a side table alone has no films, but beside others it may fill theirs
    problems = [
        one.inspection.problem
        for one in found
        if one.inspection.problem and not (has_films and _only_fills(one))
    ]
    if as_json:
        to_json({"sources": [one.to_dict() for one in found]}, sys.stdout)
    else:
        console = standard_output()
        for one in found:
            _print_source(console, one)
    for problem in problems:
        complain(problem)
    return not problems


def form_of(table: TableInspection) -> str:
    """Return how a table is written, such as "CSV, gzip, utf-8, separated by semicolon".

    Examples
    --------
    >>> form_of(TableInspection("a.csv", "films", "CSV", encoding="cp1251", confidence=0.93))
    'CSV, cp1251 (guessed, 93 % sure)'
    """
    encoding = table.encoding
    if encoding and table.confidence is not None:
        encoding += f" (guessed, {table.confidence:.0%} sure)".replace("%", " %")
    separator = _SEPARATORS.get(table.separator, repr(table.separator))
    parts = [
        table.kind,
        table.compression,
        encoding,
        f"separated by {separator}" if table.separator else "",
    ]
    return ", ".join(part for part in parts if part)


def _only_fills(one: InspectedCatalogue) -> bool:
    return all(table.role in ("fills", "not read") for table in one.inspection.tables)


def _print_source(console: Console, one: InspectedCatalogue) -> None:
    for table in one.inspection.tables:
        _print_table(console, table)
    if not one.inspection.problem:
        _print_cleaning(console, one.cleaning, one.inspection.tables)
    _print_maps(console, one.inspection.tables)


def _print_table(console: Console, table: TableInspection) -> None:
    head = Text.assemble((table.name, "bold"), "  ", (form_of(table), "dim"))
    console.print(head, soft_wrap=True)
    notes = worth_saying(table.role, table.notes)
    if table.role == "not read":
        console.print(text("not read" + "".join(f": {note}" for note in notes[:1])))
        console.print()
        return
    rejected = table.rows - table.films
    counts = _count(table.rows, "row") + (f", {number(rejected)} rejected" if rejected else "")
    role = _ROLES.get(table.role)
    console.print(text(f"{role}; {counts}" if role else counts))
    for note in notes:
        console.print(text(f"note: {note}", "yellow"))
    console.print()
    if table.columns:
        console.print(_columns(table))
    if table.missing and table.role != "fills":
        console.print(text(f"No column for {shortened(table.missing, _MISSING)}", "dim"))
        console.print()
    if table.not_used:
        console.print(_not_used(table))
    what = "Rows" if table.role == "fills" else "Films"
    _print_films(console, f"{what} as they would be read", table.examples)
    _print_lost(console, "Rows that are rejected", table.rejected)
    _print_cells(
        console, "Cells that cannot be read: they are unknown, the film stays", table.unknown
    )


def _columns(table: TableInspection) -> Any:
    shown = plain_table()
    shown.add_column("Becomes", no_wrap=True)
    shown.add_column("Column of the file")
    shown.add_column("Why", style="dim")
    for column in table.columns:
        shown.add_row(
            text(column.column, "bold"), text(", ".join(column.file_columns)), text(column.reason)
        )
    return headed("Columns", shown)


def _not_used(table: TableInspection) -> Any:
    has_reasons = any(column.reason for column in table.not_used)
    shown = plain_table()
    shown.add_column("Column of the file")
    shown.add_column("Its first cell", style="dim")
    if has_reasons:
        shown.add_column("Why not", style="dim")
    for column in table.not_used[:_NOT_USED]:
        example = column.example
        example = example if len(example) <= _FIRST_CELL else example[: _FIRST_CELL - 3] + "..."
        cells = [text(column.name), text(example)]
        shown.add_row(*cells, *([text(column.reason)] if has_reasons else []))
    if len(table.not_used) > _NOT_USED:
        shown.add_row(text(f"and {len(table.not_used) - _NOT_USED} more"))
    return headed("Not used", shown)


def _print_films(console: Console, title: str, films: Sequence[Mapping[str, Any]]) -> None:
    if not films:
        return
    console.print(text(title, "bold"))
    for film in films:
        console.print()
        year = f" ({film['year']})" if film.get("year") is not None else ""
        title = film.get("title") or film.get("movie_id") or "(no title)"
        row = f"  row {number(film['row'])}" if film.get("row") is not None else ""
        console.print(Text.assemble((f"{title}{year}", "bold"), (row, "dim")))
        cells = Table.grid(padding=(0, 2))
        cells.add_column(style="dim", no_wrap=True)
        cells.add_column(overflow="fold")
        for name, value in film.items():
            if name not in _NOT_SHOWN:
                cells.add_row(f"  {name}", text(_cell(value)))
        console.print(cells)
    console.print()


def _cell(value: Any) -> str:
    if isinstance(value, list):
        shown = ", ".join(map(str, value[:8]))
        value = shown + (f" and {len(value) - 8} more" if len(value) > 8 else "")
    if isinstance(value, float):
        value = int(value) if value.is_integer() else round(value, _DECIMALS)
    shown = number(value) if isinstance(value, int) and value > _YEAR else str(value)
    return shown if len(shown) <= _CELL else shown[: _CELL - 3] + "..."


def _print_cleaning(
    console: Console, cleaning: CleaningResult, tables: Sequence[TableInspection]
) -> None:
    rows = sum(table.rows for table in tables if table.role == "films")
    of = f" of {_count(rows, 'row')}" if rows else ""
    console.print(text(f"The catalogue has {_count(cleaning.films, 'film')}{of}", "bold"))
    if cleaning.repeated is not None:
        repeated = cleaning.repeated
        what = "row is" if repeated.rows == 1 else "rows are"
        console.print(
            text(
                f"{number(repeated.rows)} {what} of films that another row describes more "
                f"completely, such as {repeated.file} row {number(repeated.example_row)} "
                f"({repeated.example})"
            )
        )
    for note in cleaning.notes:
        console.print(text(f"note: {note}", "yellow"))
    console.print()
    _print_lost(console, "Rows that cleaning rejects", cleaning.rejected)
    _print_cells(console, "Cells that cleaning changes", cleaning.cells)


def _print_lost(console: Console, title: str, rejected: Sequence[RejectedRows]) -> None:
    if not rejected:
        return
    shown = plain_table()
    shown.add_column("Reason")
    shown.add_column("Rows", justify="right", no_wrap=True)
    shown.add_column("Such as")
    for entry in rejected:
        where = f"{entry.file} row {number(entry.example_row)}".lstrip()
        example = f"{where}: {entry.example}"
        shown.add_row(text(entry.reason.replace("_", " ")), number(entry.rows), text(example))
    console.print(headed(title, shown))


def _print_cells(console: Console, title: str, cells: Sequence[UnknownCells]) -> None:
    if not cells:
        return
    shown = plain_table()
    shown.add_column("Column")
    shown.add_column("Cells", justify="right", no_wrap=True)
    shown.add_column("Such as")
    for entry in cells:
        name = entry.column
        if entry.file_column and entry.file_column != entry.column:
            name += f" ({entry.file_column})"
        where = f"{entry.file} row {number(entry.example_row)}".lstrip()
        example = f"{where}: {entry.example!r} {entry.detail}"
        shown.add_row(text(name), number(entry.cells), text(example))
    console.print(headed(title, shown))


def _count(count: int, noun: str) -> str:
    return f"{number(count)} {noun}" + ("" if count == 1 else "s")


def _print_maps(console: Console, tables: Sequence[TableInspection]) -> None:
    """Print the column maps of a source as one piece of TOML, which names each table once."""
    mapped = [table for table in tables if table.column_map and table.role in ("films", "unclear")]
    if not mapped:
        return
    guess = any(table.role == "unclear" for table in mapped)
    what = "A guess" if guess else "To read other columns"
    console.print(
        text(f"{what}: put these lines in a file, correct them, and give it with --settings")
    )
    alone = sum(table.role != "not read" for table in tables) == 1
    for table in mapped:
        # a JSON text is a basic string of TOML
        pattern = json.dumps(glob.escape(table.name), ensure_ascii=False)
        head = "column_map" if alone else f"table_maps.{pattern}"
        console.print()
        console.print(text(f"[source.{head}]"), soft_wrap=True)
        for column, name in table.column_map.items():
            value = json.dumps(name, ensure_ascii=False)
            console.print(text(f"{column} = {value}"), soft_wrap=True)
        for chosen in table.columns:
            if chosen.column not in table.column_map and len(chosen.file_columns) > 1:
                names = json.dumps(chosen.file_columns, ensure_ascii=False)[1:-1]
                line = f"# {chosen.column} is read from several columns: {names}"
                console.print(text(line), soft_wrap=True)
    console.print()
