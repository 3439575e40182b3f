"""The form of a file, recognized from its content."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from pipeline.errors import NotATable, SourceError
from pipeline.settings import SourceSettings
from pipeline.sources.forms.base import RawTable
from pipeline.sources.forms.columnar import open_parquet
from pipeline.sources.forms.contents import Content, file_content, unpacked
from pipeline.sources.forms.damage import DAMAGE
from pipeline.sources.forms.delimited.sniffing import find_layout
from pipeline.sources.forms.delimited.table import DelimitedTable
from pipeline.sources.forms.documents.table import open_json
from pipeline.sources.forms.partitions import PartitionTable
from pipeline.sources.forms.paths import inspect_path
from pipeline.sources.forms.text.blocks import split_lines, text_pieces
from pipeline.sources.forms.text.encodings import Encoding, find_encoding

__all__ = ["open_tables"]

_JSON = re.compile(r"[\s,\ufeff\x1e]*[{\[]")


def open_tables(
    path: Path, settings: SourceSettings, partition: Mapping[str, str | None] | None = None
) -> list[RawTable]:
    """Return the tables of a file, at least one.

    Parameters
    ----------
    path : Path
        A file in any form that is read; its name decides nothing.
    partition : Mapping of str to str or None, optional
        Columns that the folders of the file give; see `FoundFile.partition`. A column of the same
        name in the file prevails.
    settings : SourceSettings
        `encoding`, `max_file_bytes`, and whether `column_map` has numbers of columns.

    Raises
    ------
    SourceError
        If it cannot be read or is no table; the message names the file and the cause.
    """
    inspect_path(path)
    try:
        tables = _tables(unpacked(file_content(path, settings.max_file_bytes)), settings)
    except DAMAGE as error:
        raise SourceError(
            f"{path}: cannot be read: {error}; the file is damaged or incomplete, fetch it again"
        ) from error
    return [PartitionTable(table, partition) for table in tables] if partition else tables


def _tables(content: Content, settings: SourceSettings) -> list[RawTable]:
    head = content.head(4096)
    if not head:
        raise SourceError(f"{content.name}: is empty")
    if head.startswith(b"PAR1"):
        return [open_parquet(content)]
    return _text_tables(content, settings)


def _text_tables(content: Content, settings: SourceSettings) -> list[RawTable]:
    encoding = find_encoding(content, settings.encoding)
    block = _first_block(content, encoding)
    lines = list(islice(split_lines(block), 2_000))
    looks_like_json = _JSON.match(block)
    if looks_like_json:
        try:
            return list(open_json(content, encoding))
        except NotATable:
            if block.lstrip()[:1] != "[":  # a title such as "[REC]" may start a table
                raise
    layout = find_layout(lines, mapped=tuple(settings.column_map.values()))
    if layout is None:
        raise NotATable(f"{content.name}: no separator of cells can be recognized")
    return [DelimitedTable(content, encoding, layout)]


def _first_block(content: Content, encoding: Encoding) -> str:
    """Return the first lines of a text; of one without line ends, its start."""
    text = ""
    for piece in text_pieces(content, encoding):
        text += piece
        if "\n" in piece or "\r" in piece or len(text) > 2**21:
            break
    return text
