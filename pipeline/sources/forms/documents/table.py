"""A table of JSON objects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from operator import itemgetter

from pipeline.errors import NotATable, SourceError
from pipeline.sources.forms.base import RawChunk, TableForm
from pipeline.sources.forms.contents import Content
from pipeline.sources.forms.documents.row_starts import row_start
from pipeline.sources.forms.documents.rows import (
    Row,
    line_rows,
    stream_rows,
    table_rows,
    without_actions,
)
from pipeline.sources.forms.documents.scripts import trimmed
from pipeline.sources.forms.documents.stream import Broken, RowStart
from pipeline.sources.forms.documents.structure import Structure, find_structures
from pipeline.sources.forms.documents.values import dotted_columns
from pipeline.sources.forms.file_table import FileTable
from pipeline.sources.forms.text.blocks import text_lines, text_pieces
from pipeline.sources.forms.text.encodings import Encoding

__all__ = ["JsonTable", "open_json"]

_FIRST_ROWS = 200  # rows whose keys are the columns: an object may omit missing values
_MOST_COLUMNS = 1_000  # more keys than that are values, such as the name of each person who voted
_HEADS = (2**17, 2**22, 2**25)  # characters in which the rows are looked for


@dataclass(frozen=True)
class JsonTable(FileTable):
    """Objects, each a row.

    Attributes
    ----------
    content : Content
        The bytes of the document.
    encoding : Encoding
        Their encoding.
    structure : Structure
        Where the rows are.
    start : RowStart
        How rows start.
    label : str
        Name of the file, of the member of an archive, and of the list where there are several.
    columns : tuple of str
        Keys of the first rows; members of objects in them as "imdb.rating".
    skipped : int
        Characters of a script before the document.
    """

    content: Content
    encoding: Encoding
    structure: Structure
    start: RowStart
    label: str
    columns: tuple[str, ...] = ()
    skipped: int = 0

    @property
    def name(self) -> str:
        """Name of the table, as `label`."""
        return self.label

    @property
    def form(self) -> TableForm:
        """How the table is written."""
        return TableForm(
            self.structure.kind,
            compression=self.content.compression,
            encoding=self.encoding.name,
            confidence=self.encoding.confidence,
            notes=self.encoding.notes,
        )

    @property
    def sparse(self) -> bool:
        """Return True: later objects may have other keys."""
        return True

    def rows(self) -> Iterator[Row]:
        """Yield each row, or what is in its place."""
        structure = self.structure
        rows: Iterator[Row]
        if structure.layout == "lines":
            rows = line_rows(text_lines(self.content, self.encoding), structure)
        elif structure.layout in ("columns", "split", "arrays"):
            rows = table_rows(self._pieces(), structure)
        else:
            rows = stream_rows(self._pieces(), structure, self.start)
        return without_actions(rows) if structure.bulk else rows

    def _pieces(self) -> Iterator[str]:
        pieces = text_pieces(self.content, self.encoding)
        return trimmed(pieces, self.skipped) if self.skipped else pieces

    def _chunks(self, wanted: Sequence[str] | None, size: int) -> Iterator[RawChunk]:
        first = 1
        rows = self.rows()
        while batch := list(islice(rows, size)):
            malformed = {i: row.detail for i, row in enumerate(batch) if isinstance(row, Broken)}
            objects = [row if isinstance(row, dict) else {} for row in batch]
            cells = _columns(objects, wanted, self.columns)
            yield RawChunk(first, len(batch), cells, malformed)
            first += len(batch)


def _columns(
    rows: Sequence[dict[str, object]], wanted: Sequence[str] | None, first: Sequence[str] = ()
) -> dict[str, list[object]]:
    """Return the cells of rows by their keys; of very many keys, `first` and the most frequent."""
    names: dict[str, object] = {}
    for row in rows:
        names.update(row)
    if len(names) > _MOST_COLUMNS:
        frequent = Counter(chain.from_iterable(rows)).most_common(_MOST_COLUMNS)
        kept = {name for name, _ in frequent} | {*first, *(wanted or ())}
        names = {name: None for name in names if name in kept}
    keep = None if wanted is None else {*wanted, *(name.partition(".")[0] for name in wanted)}
    used = [name for name in names if keep is None or name in keep]
    cells: dict[str, list[object]]
    if len(used) > 1 and all(len(row) == len(names) for row in rows):
        # All rows have all keys: a fifth of the time of a look-up for each cell.
        columns = zip(*map(itemgetter(*used), rows), strict=True)
        cells = dict(zip(used, map(list, columns), strict=True))
    else:
        cells = {name: [row.get(name) for row in rows] for name in used}
    cells |= dotted_columns(cells)
    return cells if wanted is None else {n: v for n, v in cells.items() if n in set(wanted)}


def open_json(content: Content, encoding: Encoding, skipped: int = 0) -> list[JsonTable]:
    """Return the tables of a JSON document.

    Parameters
    ----------
    content : Content
        The bytes.
    encoding : Encoding
        Their encoding.
    skipped : int
        Characters of a script before the document, such as `var films =`.

    Raises
    ------
    SourceError
        If it holds no objects, or no rows.
    """
    structures: list[Structure] = []
    text = ""
    for size in _HEADS:
        text, whole = _head(content, encoding, size)
        text = text[skipped:].rstrip(" ;)\r\n\t") if skipped else text
        structures = find_structures(text)
        if whole or (structures and structures[0].layout != "values"):
            break
        if structures and structures[0].kind != "JSON object":
            break
    if not structures and not text.strip(" \t\r\n\ufeff,[]{}"):
        raise SourceError(f"{content.name}: has no rows")
    if not structures:
        raise NotATable(
            f"{content.name}: none of its first values is a JSON object; write one object per "
            "film, in an array or one per line"
        )
    tables: list[JsonTable] = []
    why = ""
    for found in structures:
        structure = found
        if skipped and structure.layout == "lines":  # the script is on the first line
            structure = replace(structure, layout="values")
        name = content.name
        if len(structures) > 1:
            name += ": " + ".".join(structure.path)
        table = JsonTable(
            content, encoding, structure, row_start(text, structure), name, (), skipped
        )
        head = list(islice(table.rows(), _FIRST_ROWS))
        rows = [row for row in head if isinstance(row, dict)]
        if rows:
            tables.append(replace(table, columns=tuple(_columns(rows, None))))
        else:
            why = next((row.detail for row in head if isinstance(row, Broken)), why)
    if not tables and why:
        raise NotATable(f"{content.name}: looks like JSON, but {why}")
    if not tables or not any(table.columns for table in tables):
        raise SourceError(f"{content.name}: has no rows")
    return tables


def _head(content: Content, encoding: Encoding, size: int) -> tuple[str, bool]:
    """Return the first characters of a text, and whether they are all."""
    pieces, length = [], 0
    for piece in text_pieces(content, encoding):
        pieces.append(piece)
        length += len(piece)
        if length > size:
            return "".join(pieces)[:size], False
    return "".join(pieces), True
