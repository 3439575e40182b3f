"""A table of JSON objects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from pipeline.errors import SourceError
from pipeline.sources.forms.base import RawChunk, TableForm
from pipeline.sources.forms.contents import Content
from pipeline.sources.forms.damage import reported
from pipeline.sources.forms.text.blocks import text_lines
from pipeline.sources.forms.text.encodings import Encoding

__all__ = ["JsonTable", "open_json"]

_FIRST_ROWS = 200


@dataclass(frozen=True)
class JsonTable:
    """Objects, each a row."""

    content: Content
    encoding: Encoding
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of the file, and of the member of an archive."""
        return self.content.name

    @property
    def form(self) -> TableForm:
        """How the table is written."""
        return TableForm(
            "JSON lines",
            compression=self.content.compression,
            encoding=self.encoding.name,
            confidence=self.encoding.confidence,
            notes=self.encoding.notes,
        )

    @property
    def sparse(self) -> bool:
        """Return True: later objects may have other keys."""
        return True

    @property
    def attribution(self) -> str:
        """Return "": a text has no metadata."""
        return ""

    def chunks(self, wanted: Sequence[str] | None, rows: int) -> Iterator[RawChunk]:
        """Yield all rows in order; see `RawTable`."""
        return reported(self._chunks(wanted, rows), self.name)

    def _chunks(self, wanted: Sequence[str] | None, size: int) -> Iterator[RawChunk]:
        first = 1
        lines = enumerate(text_lines(self.content, self.encoding), start=1)
        filled = ((number, line) for number, line in lines if not line.isspace())
        while batch := list(islice(filled, size)):
            rows: list[dict[str, object]] = []
            malformed = {}
            for number, line in batch:
                try:
                    row = json.loads(line)
                except (ValueError, RecursionError) as error:
                    malformed[len(rows)] = f"line {number} is not JSON: {error}"
                    row = {}
                if not isinstance(row, dict):
                    kind = type(row).__name__
                    malformed[len(rows)] = f"line {number} is not a JSON object but {kind}"
                    row = {}
                rows.append(row)
            names = dict.fromkeys(key for row in rows for key in row)
            cells = {
                name: [row.get(name) for row in rows]
                for name in names
                if wanted is None or name in wanted
            }
            yield RawChunk(first, len(rows), cells, malformed)
            first += len(rows)


def open_json(content: Content, encoding: Encoding) -> JsonTable:
    """Return the table of a JSON text."""
    table = JsonTable(content, encoding, ())
    first = next(table.chunks(None, _FIRST_ROWS), None)
    if first is None:
        raise SourceError(f"{content.name}: has no rows")
    if not first.cells:
        raise SourceError(
            f"{content.name}: none of its first lines is a JSON object; write one object per line"
        )
    return JsonTable(content, encoding, tuple(first.cells))
