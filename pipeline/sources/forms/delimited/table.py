"""A table of delimited text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from pipeline.sources.forms.base import RawChunk, TableForm
from pipeline.sources.forms.contents import Content
from pipeline.sources.forms.delimited.layout import Layout, allow_long_cells
from pipeline.sources.forms.delimited.records import read_batches
from pipeline.sources.forms.delimited.rewriting import PLAIN, Rewriting
from pipeline.sources.forms.file_table import FileTable
from pipeline.sources.forms.text.blocks import text_lines
from pipeline.sources.forms.text.encodings import Encoding

__all__ = ["DelimitedTable"]


@dataclass(frozen=True)
class DelimitedTable(FileTable):
    """Rows of delimited text."""

    content: Content
    encoding: Encoding
    layout: Layout
    rewriting: Rewriting = PLAIN

    @property
    def name(self) -> str:
        """Name of the file, and of the member of an archive."""
        return self.content.name

    @property
    def form(self) -> TableForm:
        """How the table is written."""
        separator = self.rewriting.separator or self.layout.separator
        return TableForm(
            "TSV" if separator == "\t" else "CSV",
            compression=self.content.compression,
            encoding=self.encoding.name,
            confidence=self.encoding.confidence,
            separator=separator,
            notes=self.encoding.notes + self.layout.notes,
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the header, in order."""
        return self.layout.columns

    def _chunks(self, wanted: Sequence[str] | None, size: int) -> Iterator[RawChunk]:
        allow_long_cells()
        named = frozenset(self.layout.columns if wanted is None else wanted)
        keep = [(i, name) for i, name in enumerate(self.layout.columns) if name in named]
        written = self.rewriting.lines(text_lines(self.content, self.encoding))
        lines = islice(written, self.layout.skipped, None)
        first = 1
        missing = [None] * self.layout.width
        for batch in read_batches(lines, self.layout, size):
            rows = [cells or missing for cells in batch.rows] if batch.malformed else batch.rows
            columns = list(zip(*rows, strict=True))
            cells = {name: self.rewriting.restored(list(columns[i])) for i, name in keep}
            yield RawChunk(first, len(rows), cells, batch.malformed, batch.repaired)
            first += len(rows)
