"""Raw tables of small files: rows as dictionaries, and workbooks written without a library."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from pipeline.settings import SourceSettings
from pipeline.sources.forms import RawTable, open_tables

__all__ = ["malformed", "one_table", "rows_of", "titles", "write_ods", "write_xlsx"]

SETTINGS = SourceSettings()
_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Default Extension="xml" ContentType="application/xml"/><Default '
    'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def one_table(file: Path | str | bytes, folder: Path, **settings: Any) -> RawTable:
    """Return the only table of a file, or of a text or bytes that are written to one."""
    if not isinstance(file, Path):
        path = folder / "films.csv"
        path.write_bytes(file.encode() if isinstance(file, str) else file)
        file = path
    (table,) = open_tables(file, SourceSettings(**settings))
    return table


def rows_of(table: RawTable, size: int = 2) -> list[dict[str, Any]]:
    """Return the rows that are not malformed, read in chunks of `size`; check the chunks."""
    found: list[dict[str, Any]] = []
    number = 1
    for chunk in table.chunks(None, size):
        assert chunk.first_row == number and 0 < chunk.rows <= size
        assert all(len(cells) == chunk.rows for cells in chunk.cells.values())
        number += chunk.rows
        found += [
            {name: cells[i] for name, cells in chunk.cells.items()}
            for i in range(chunk.rows)
            if i not in chunk.malformed
        ]
    return found


def titles(table: RawTable) -> list[Any]:
    """Return column `title`."""
    return [row["title"] for row in rows_of(table)]


def malformed(table: RawTable) -> list[str]:
    """Return why rows are malformed."""
    return [why for chunk in table.chunks(None, 100) for why in chunk.malformed.values()]


def write_xlsx(path: Path, sheets: dict[str, Sequence[Sequence[object]]]) -> Path:
    """Write a workbook; numbers as numbers, all else as text, None as no cell."""
    names = [f'<sheet name="{n}" sheetId="{i}" r:id="r{i}"/>' for i, n in enumerate(sheets, 1)]
    links = [
        f'<Relationship Id="r{i}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    ]
    root = f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{_PACKAGE}">{root}</Relationships>')
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>{"".join(names)}</sheets>'
            "</workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_PACKAGE}">{"".join(links)}</Relationships>',
        )
        for i, rows in enumerate(sheets.values(), 1):
            body = "".join(f"<row>{''.join(map(_xlsx_cell, row))}</row>" for row in rows)
            archive.writestr(
                f"xl/worksheets/sheet{i}.xml",
                f'<worksheet xmlns="{_SHEET}"><sheetData>{body}</sheetData></worksheet>',
            )
    return path


def _xlsx_cell(value: object) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def write_ods(path: Path, sheets: dict[str, Sequence[Sequence[object]]]) -> Path:
    """Write a spreadsheet of OpenDocument; numbers as numbers, all else as text."""
    tables = "".join(
        f'<table:table table:name="{name}">'
        + "".join(
            f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows
        )
        + "</table:table>"
        for name, rows in sheets.items()
    )
    office = "urn:oasis:names:tc:opendocument:xmlns"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{office}:manifest:1.0"/>',
        )
        archive.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{office}:office:1.0" '
            f'xmlns:table="{office}:table:1.0" xmlns:text="{office}:text:1.0"><office:body>'
            f"<office:spreadsheet>{tables}</office:spreadsheet></office:body>"
            "</office:document-content>",
        )
    return path


def _ods_cell(value: object) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, int | float):
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
    text = escape(str(value))
    return (
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
    )
